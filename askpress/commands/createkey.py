"""`askpress createkey`: make or revoke an API key."""

from __future__ import annotations

import argparse
import json

from askpress import errors, keys, sites

HELP = "make an API key, shown this once; --revoke ends one"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", default="", help="what the key is for")
    parser.add_argument(
        "--scopes",
        default="search,ask",
        help=f"comma-separated, of {', '.join(keys.SCOPES)} (default search,ask)",
    )
    parser.add_argument(
        "--daily-budget", type=float, metavar="USD", help="what answers to this key may cost a day (UTC), in US dollars"
    )
    parser.add_argument(
        "--site",
        action="append",
        metavar="NAME",
        help="only for the site with this short name (may be repeated; default: every site, also later ones)",
    )
    parser.add_argument("--revoke", metavar="PREFIX", help="revoke the keys that begin with these eight characters")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    if args.revoke:
        count = keys.revoke(args.revoke)
        said = f"{count} revoked; it takes up to five seconds." if count else f"No key begins with {args.revoke[:8]}."
        print(json.dumps({"revoked": count}) if args.json else said)
        return 0 if count else 1
    if not args.name:
        raise errors.UsageError("say what the key is for: askpress createkey NAME")
    scopes = [scope.strip() for scope in args.scopes.split(",") if scope.strip()]
    if args.daily_budget is not None and not 0 <= args.daily_budget < float("inf"):
        raise errors.UsageError(f"--daily-budget is {args.daily_budget}: give an amount in US dollars, 0 or more.")
    bound = [sites.named(name) for name in args.site] if args.site else None
    text = keys.create(
        args.name, scopes, sites=[site.id for site in bound] if bound else None, daily_budget_usd=args.daily_budget
    )
    if args.json:
        print(json.dumps({"key": text, "scopes": scopes, "sites": bound and [site.name for site in bound]}))
    else:
        print(text)
    return 0
