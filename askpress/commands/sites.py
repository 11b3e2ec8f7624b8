"""`askpress sites`: the sites that this service answers for."""

from __future__ import annotations

import argparse
import getpass
import json
import re
import sys
from typing import Any

from django.conf import settings

from askpress import errors, report, sites, tasks
from askpress.answer import sweeping
from askpress.counted import counted
from askpress.sync import roster

HELP = "list, add, change and remove the sites it answers for"
EPILOG = "A site has a short name that stays when its host moves: `askpress sites set NAME --url NEW`."
_DEFAULT = "default"
_MODES = (sites.POLLING, sites.WEBHOOK)
# A day; and as finely as the worker looks whose turn it is.
_LONGEST_SECONDS, _SHORTEST_SECONDS = 86_400, 10
# As ASKPRESS_ANSWER_CACHE_SECONDS.
_LONGEST_TERM_SECONDS = 2_592_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="list|add|set|remove")
    listing = actions.add_parser("list", help="show all sites")
    adding = actions.add_parser("add", help="answer for one more site; its first sync is queued")
    adding.add_argument("url", metavar="URL")
    adding.add_argument("--name", default="", help="short name (default: made of the address)")
    changing = actions.add_parser("set", help="change what is kept of a site")
    changing.add_argument("name", metavar="NAME")
    changing.add_argument("--url", default="", help="its new address; nothing is embedded again")
    changing.add_argument("--rename", default="", metavar="NEW", help="another short name")
    removing = actions.add_parser("remove", help="forget a site and all that was made of it")
    removing.add_argument("name", metavar="NAME")
    removing.add_argument("--yes", action="store_true", help="do not ask")
    for one in (adding, changing):
        _add_choices(one)
    for one in (parser, listing, adding, changing, removing):
        one.add_argument("--json", action="store_true", help="print one JSON object", default=argparse.SUPPRESS)


def _add_choices(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--mode", choices=_MODES, help="how changes are heard of (a webhook secret sets it too)")
    parser.add_argument(
        "--freshness", metavar="SECONDS", help="how often it is polled, or `default`: ASKPRESS_SYNC_INTERVAL_SECONDS"
    )
    parser.add_argument("--types", metavar="A,B", help="types that are read, or `default`: ASKPRESS_POST_TYPES")
    parser.add_argument(
        "--answer-cache",
        metavar="SECONDS",
        help="how long answers are kept, or `default`: ASKPRESS_ANSWER_CACHE_SECONDS",
    )
    parser.add_argument(
        "--daily-budget",
        metavar="USD",
        help="what answers may cost a day (UTC), or `default`: ASKPRESS_DAILY_BUDGET_USD",
    )
    parser.add_argument(
        "--login", metavar="USER", help="read it with USER's application password, asked for; `none`: as a stranger"
    )


def run(args: argparse.Namespace) -> int:
    as_json = getattr(args, "json", False)
    if args.action == "add":
        changes = _changes(args)
        site = roster.add(args.url, name=args.name)
        site = roster.change(site, changes) if changes else site
        tasks.defer_sync(site.id)
        _say(_shown(site), f"{site.name} is added; the worker begins with its first sync.", as_json=as_json)
    elif args.action == "set":
        _set(args, as_json=as_json)
    elif args.action == "remove":
        return _remove(args, as_json=as_json)
    else:
        found = [_shown(site) for site in sites.every()]
        _say({"sites": found}, "\n".join(_line(site) for site in found), as_json=as_json)
    return 0


def _set(args: argparse.Namespace, *, as_json: bool) -> None:
    changes = _changes(args)
    changes |= {"url": args.url} if args.url else {}
    changes |= {"name": args.rename} if args.rename else {}
    if not changes:
        raise errors.UsageError("say what to change: see `askpress sites set --help`.")
    before = sites.named(args.name)
    site = roster.change(before, changes)
    tasks.defer_sync(site.id)
    told = _line(_shown(site))
    if args.url and settings.WP_URL and sites.normalised(settings.WP_URL) == before.url != site.url:
        told += f"\n    WP_URL still says {before.url}: change it too (`make up SITE={site.url}`, or in .env)."
    _say(_shown(site), told, as_json=as_json)


def _remove(args: argparse.Namespace, *, as_json: bool) -> int:
    site = sites.named(args.name)
    if not args.yes:
        if not sys.stdin.isatty():
            raise errors.UsageError(f"this forgets {site.name} and its whole index; add --yes to say you mean it.")
        if input(f"Forget {site.name} ({site.url}) and its whole index? Type yes: ").strip().lower() != "yes":
            print("Nothing was done.")
            return 1
    removed = roster.remove(site)
    # Nobody is told its answers any more; now they are not kept either.
    sweeping.sweep()
    _say({"removed": site.name, "documents": removed}, f"{site.name} and {counted(removed, 'document')} forgotten.",
         as_json=as_json)  # fmt: skip
    return 0


def _changes(args: argparse.Namespace) -> dict[str, Any]:
    """Return the columns that the choices set."""
    changes: dict[str, Any] = {"mode": args.mode} if args.mode else {}
    if args.freshness:
        changes["freshness_seconds"] = None if args.freshness == _DEFAULT else _seconds(args.freshness)
    if args.types:
        words = [word.strip() for word in args.types.split(",") if word.strip()]
        changes["post_types"] = None if args.types == _DEFAULT else words
    if args.answer_cache:
        changes["answer_cache_seconds"] = None if args.answer_cache == _DEFAULT else _term(args.answer_cache)
    if args.daily_budget:
        changes["daily_budget_usd"] = None if args.daily_budget == _DEFAULT else _dollars(args.daily_budget)
    if args.login == "none":
        changes |= {"wordpress_user": "", "wordpress_password": ""}
    elif args.login:
        changes |= {"wordpress_user": args.login, "wordpress_password": _password(args.login)}
    return changes


def _seconds(text: str) -> int:
    if not text.isdecimal() or not _SHORTEST_SECONDS <= int(text) <= _LONGEST_SECONDS:
        raise errors.UsageError(
            f"--freshness is {text!r}: give {_SHORTEST_SECONDS} to {_LONGEST_SECONDS} seconds, or `default`."
        )
    return int(text)


def _term(text: str) -> int:
    if not text.isdecimal() or int(text) > _LONGEST_TERM_SECONDS:
        raise errors.UsageError(
            f"--answer-cache is {text!r}: give 0 (keep none) to {_LONGEST_TERM_SECONDS} seconds, or `default`."
        )
    return int(text)


def _dollars(text: str) -> float:
    if not re.fullmatch(r"\d{1,7}(\.\d+)?", text, re.ASCII):
        raise errors.UsageError(f"--daily-budget is {text!r}: give an amount in US dollars such as 2.50, or `default`.")
    return float(text)


def _password(user: str) -> str:
    """Read the password where nobody sees it: not from the command line, which every user of the machine can read."""
    asked = f"Application password of {user} (Users > Profile in WordPress): "
    password = getpass.getpass(asked) if sys.stdin.isatty() else sys.stdin.readline()
    if not password.strip():
        raise errors.UsageError("no password was given; write it to the standard input.")
    return password.strip()


def _shown(site: sites.Site) -> dict[str, Any]:
    """Return what may be told of a site: never its password."""
    return {
        "name": site.name,
        "url": site.url,
        "mode": site.mode,
        "freshness_seconds": site.freshness_seconds,
        "post_types": site.post_types,
        "answer_cache_seconds": site.answer_cache_seconds,
        "daily_budget_usd": site.daily_budget_usd,
        "login": site.wordpress_user or None,
        "documents": report.documents(site.id),
        "reconciled_at": site.reconciled_at.isoformat() if site.reconciled_at else None,
        "alarm": site.alarm,
    }


def _line(site: dict[str, Any]) -> str:
    since = f"true as of {site['reconciled_at'][:16]} UTC" if site["reconciled_at"] else "never fully synced"
    said = f"{site['name']}  {site['url']}  {site['mode']}, {counted(site['documents'], 'document')}, {since}"
    return f"{said}\n    alarm: {site['alarm']}" if site["alarm"] else said


def _say(body: dict[str, Any], line: str, *, as_json: bool) -> None:
    print(json.dumps(body) if as_json else line)
