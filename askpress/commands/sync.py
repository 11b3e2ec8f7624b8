"""`askpress sync`: make the index equal to the site, or bring single posts up to date."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from askpress import errors
from askpress.commands import given, plan, which
from askpress.counted import counted
from askpress.sync import runs
from askpress.sync import site as site_trip

HELP = "read the site and make the index equal to it"
EPILOG = (
    "Exit status: 0 all well, 1 some posts failed, the run stopped early or did not believe the site, 2 wrong usage or "
    "settings."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--post", type=given.post, action="append", metavar="ID", help="only this post (may be repeated)"
    )
    parser.add_argument("--full", action="store_true", help="the complete listing, deletions included: the default")
    parser.add_argument(
        "--since",
        type=given.moment,
        metavar="TIME",
        help="only what was modified after it (ISO 8601; UTC without a zone)",
    )
    plan.add_choices(parser)
    parser.add_argument("--dry-run", action="store_true", help="show what it would do and cost: `askpress plan`")
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")


def run(args: argparse.Namespace) -> int:
    if args.post and (args.dry_run or args.max_cost is not None):
        raise errors.UsageError("--dry-run and --max-cost are for the whole site; leave --post out.")
    if args.since and (args.full or args.post or args.dry_run or args.force or args.max_cost is not None):
        raise errors.UsageError("--since looks for edits alone; leave --full, --post, --force and the plan out.")
    if args.since:
        return _since(args)
    if args.dry_run:
        return plan.run(args)
    if args.post:
        return _posts(args, as_json=args.json)
    progress = _progress(quiet=args.json)
    with progress:
        bar = progress.add_task("listing the site", total=None)

        def show(run: runs.Run) -> None:
            if run.total is not None:
                progress.update(bar, total=run.total, completed=run.done, description="ingesting")

        finished = site_trip.sync(
            which.to_sync(args),
            force=args.force,
            allow_mass_removal=args.allow_mass_removal,
            max_cost=args.max_cost,
            on_change=show,
        )
    print(json.dumps(summary(finished)) if args.json else "\n".join(lines(finished)))
    return 1 if finished.error or finished.alarm or finished.failed else 0


def summary(run: runs.Run) -> dict[str, Any]:
    """Return a run as JSON-ready values."""
    counts = ("total", "added", "changed", "unchanged", "removed", "failed", "tokens", "reused")
    names = (*counts, "details", "error", "alarm")
    return {name: getattr(run, name) for name in names}


def lines(run: runs.Run) -> list[str]:
    """Return a run as the lines a person reads."""
    said = [
        f"{run.added} new, {run.changed} changed, {run.unchanged} unchanged, {run.removed} removed, "
        f"{run.failed} failed; {run.tokens:,} tokens embedded, {run.reused:,} vectors reused."
    ]
    for reason, posts in sorted(run.details.items()):
        said += [f"  {reason}: post {post}: {text}" for post, text in posts.items()]
    if run.error:
        said.append(f"Stopped early: {run.error}")
    if run.alarm and run.alarm != run.error:
        said.append(f"Alarm: {run.alarm}")
    return said


def _since(args: argparse.Namespace) -> int:
    found = site_trip.poll(which.to_sync(args), since=args.since)
    since = f"{args.since:%Y-%m-%d %H:%M:%S} UTC"
    said = [f"{counted(found.read, 'post')} new or modified since {since}, {found.failed} failed."]
    said += [f"Stopped early: {found.error}"] if found.error else []
    told = {"read": found.read, "failed": found.failed, "error": found.error}
    print(json.dumps(told) if args.json else "\n".join(said))
    return 1 if found.failed or found.error else 0


def _posts(args: argparse.Namespace, *, as_json: bool) -> int:
    outcomes = site_trip.sync_posts(args.post, which.to_sync(args))
    for outcome in outcomes:
        if as_json:
            print(json.dumps({"post": outcome.post_id, "outcome": outcome.kind, "reason": outcome.reason}))
        else:
            print(f"post {outcome.post_id}: {outcome.kind}" + (f" ({outcome.reason})" if outcome.reason else ""))
    return 1 if any(outcome.kind in {"failed", "unknown"} for outcome in outcomes) else 0


def _progress(*, quiet: bool) -> Progress:
    """A bar for a terminal; nothing for a pipe, where the summary says it all."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=console, transient=True, disable=quiet or not sys.stderr.isatty(),
    )  # fmt: skip
