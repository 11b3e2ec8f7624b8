"""`askpress plan`: what a sync would do and cost, post by post, before it does anything."""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Sequence
from typing import Any

from askpress.commands import given, which
from askpress.counted import counted
from askpress.providers import prices
from askpress.providers.contract import EmbeddingTraits
from askpress.sync import site as site_trip
from askpress.sync.preview import Named, Preview

HELP = "show what a sync would do and cost; write nothing"
EPILOG = (
    "Exit status: 0 all well, 1 posts fail, too many vanished or --max-cost would stop it, 2 wrong usage or settings."
)
# Lines of a kind that a person reads; --json has them all.
_MOST = 10
_SIGNS = {"new": "+", "changed": "~", "gone": "-", "failing": "!", "left_out": "o", "unchanged": "="}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_choices(parser)
    parser.add_argument("--json", action="store_true", help="print every post as one JSON object")


def add_choices(parser: argparse.ArgumentParser) -> None:
    """Add what a sync and its plan are told alike."""
    which.add_argument(parser)
    parser.add_argument(
        "--force",
        action="store_true",
        help="read every post again, changed or not; known texts are not paid again",
    )
    parser.add_argument(
        "--allow-mass-removal", action="store_true", help="believe the site even if many posts vanished"
    )
    add_max_cost(parser)


def add_max_cost(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--max-cost", type=given.dollars, metavar="USD", help="stop before embedding costs more than so many US dollars"
    )


def run(args: argparse.Namespace) -> int:
    found = site_trip.foresee(
        which.to_compare(args),
        force=args.force,
        allow_mass_removal=args.allow_mass_removal,
        max_cost=args.max_cost,
    )
    stops = found.cost is not None and args.max_cost is not None and found.cost > args.max_cost
    print(json.dumps(summary(found) | {"stops": stops}) if args.json else "\n".join(lines(found)))
    if stops and not args.json:
        print(f"The sync would stop before it costs more than {prices.dollars(args.max_cost)}.")
    return 1 if found.failing or found.alarm or stops else 0


def summary(found: Preview) -> dict[str, Any]:
    """Return a preview as JSON-ready values, every post in it."""
    posts = {kind: [dataclasses.asdict(post) for post in getattr(found, kind)] for kind in _SIGNS}
    return {
        "site": found.url,
        **posts,
        "chunks": found.chunks,
        "reused": found.reused,
        "tokens": found.tokens,
        "model": found.traits.model,
        "cost_usd": found.cost,
        "price_per_million_usd": found.traits.price_per_million,
        "prices_read_on": prices.READ_ON,
        "alarm": found.alarm,
    }


def lines(found: Preview) -> list[str]:
    """Return a preview as the lines a person reads."""
    said = [f"A sync of {found.url} would find:"]
    for kind in _SIGNS:
        posts = getattr(found, kind)
        said.append(f"  {_SIGNS[kind]} {len(posts)} {kind.replace('_', ' ')}")
        said += [] if kind == "unchanged" else _named(posts)
    said.append(
        f"{counted(found.chunks, 'chunk')} to embed, {counted(found.reused, 'vector')} reused; "
        f"{counted(found.tokens, 'token')} for {found.traits.model}: {price(found.cost, found.traits)}"
    )
    return [*said, f"Nothing would be removed: {found.alarm}"] if found.alarm else said


def _named(posts: Sequence[Named]) -> list[str]:
    said = [f"      {post.type} {post.id}  {_told(post)}" for post in posts[:_MOST]]
    return [*said, f"      and {len(posts) - _MOST} more (--json)"] if len(posts) > _MOST else said


def _told(post: Named) -> str:
    title, reason = printable(post.title)[:100], printable(post.reason)[:300]
    return f"{title}: {reason}" if reason else title


def price(cost: float | None, traits: EmbeddingTraits) -> str:
    """Return what embedding costs, and where that is known from."""
    if cost is None:
        return "unknown price."
    if not traits.price_per_million:
        return "no cost, it runs here."
    return (
        f"{prices.dollars(cost)} at {prices.dollars(traits.price_per_million)} a million tokens, "
        f"the list price of {prices.READ_ON}."
    )


def printable(text: str) -> str:
    """Return a site's text in one line without the characters by which it could steer a terminal."""
    return "".join(char if char.isprintable() else " " for char in text)
