"""`askpress createkey`: make, list or revoke API keys."""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import json
from typing import Any

from askpress import errors, keys, sites
from askpress.commands import given

HELP = "make an API key, shown this once; --list shows what there are, --revoke ends one"
EPILOG = (
    "To change a key without a gap: make another, hand it out, see with --list who still uses the old one, revoke it."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", default="", help="what the key is for")
    parser.add_argument(
        "--scopes",
        default="search,ask",
        help=f"comma-separated, of {', '.join(keys.SCOPES)} (default search,ask)",
    )
    parser.add_argument(
        "--daily-budget",
        type=given.dollars,
        metavar="USD",
        help="what answers to this key may cost a day (UTC), in US dollars",
    )
    parser.add_argument(
        "--site",
        action="append",
        metavar="NAME",
        help="only for the site with this short name (may be repeated; default: every site, also later ones)",
    )
    parser.add_argument(
        "--expires", type=given.moment, metavar="DATE", help="when it ends, such as 2027-01-31 (default: never)"
    )
    parser.add_argument("--list", action="store_true", help="show the keys: what for, last used, until when")
    parser.add_argument("--revoke", metavar="PREFIX", help="revoke the keys that begin with these eight characters")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    if args.list:
        return _list(as_json=args.json)
    if args.revoke:
        count = keys.revoke(args.revoke)
        said = f"{count} revoked; it takes up to five seconds." if count else f"No key begins with {args.revoke[:8]}."
        print(json.dumps({"revoked": count}) if args.json else said)
        return 0 if count else 1
    if not args.name:
        raise errors.UsageError("say what the key is for: askpress createkey NAME")
    scopes = [scope.strip() for scope in args.scopes.split(",") if scope.strip()]
    if args.expires is not None and args.expires <= dt.datetime.now(dt.UTC):
        raise errors.UsageError(f"--expires is {args.expires:%Y-%m-%d %H:%M} UTC: give a time to come.")
    bound = [sites.named(name) for name in args.site] if args.site else None
    text = keys.create(
        args.name,
        scopes,
        sites=[site.id for site in bound] if bound else None,
        daily_budget_usd=args.daily_budget,
        expires_at=args.expires,
    )
    if args.json:
        print(json.dumps({"key": text, "scopes": scopes, "sites": bound and [site.name for site in bound]}))
    else:
        print(text)
    return 0


def _list(*, as_json: bool) -> int:
    names = {site.id: site.name for site in sites.every()}
    found = [
        {**dataclasses.asdict(key), "sites": key.sites and [names[one] for one in key.sites if one in names]}
        for key in keys.every()
    ]
    lines = [_line(key) for key in found]
    print(json.dumps({"keys": found}, default=dt.datetime.isoformat) if as_json else "\n".join(lines) or "No key.")
    return 0


def _line(key: dict[str, Any]) -> str:
    over = key["expires_at"] and key["expires_at"] <= dt.datetime.now(dt.UTC)
    states = (
        ("revoked", "revoked_at"),
        ("expired" if over else "expires", "expires_at"),
        ("last used", "last_used_at"),
    )
    told = [f"{word} {key[when]:%Y-%m-%d %H:%M}" for word, when in states if key[when]]
    if not key["last_used_at"]:
        told.append("never used")
    where = "every site" if key["sites"] is None else ", ".join(key["sites"]) or "no site"
    return f"{key['prefix']}…  {key['name']}  ({', '.join(key['scopes'])}; {where}; {', '.join(told)})"
