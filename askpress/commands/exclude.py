"""`askpress exclude`: keep posts out of the index that readers of the site may see."""

from __future__ import annotations

import argparse
import json

from askpress import errors, tasks
from askpress.commands import given, which
from askpress.counted import counted
from askpress.sync import exclusions

HELP = "keep addresses, categories or single posts out of the index"
EPILOG = "A pattern is compared with the path of a post's address; * stands for any characters, / among them."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("list", "add", "remove"), nargs="?", default="list")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--url", metavar="PATTERN", help="posts whose path fits, such as '/internal/*'")
    what.add_argument("--category", metavar="SLUG", help="posts in the category with this slug or number")
    what.add_argument("--post", type=given.post, metavar="ID", help="the post with this number")
    which.add_argument(parser)
    parser.add_argument("--yes", action="store_true", help="with add: however many posts it takes out")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    site = which.to_sync(args)
    if args.action == "list":
        counts = exclusions.counts(site.id)
        told = [(one, counts.get(one.evidence, 0)) for one in exclusions.of(site.id)]
        found = [{"kind": one.kind, "value": one.value, "posts": posts} for one, posts in told]
        lines = [f"{one.kind} {one.value}  ({counted(posts, 'post')})" for one, posts in told]
        print(json.dumps({"site": site.name, "exclusions": found}) if args.json else "\n".join(lines) or "Nothing.")
        return 0
    kind, value = _named(args)
    if args.action == "add":
        removed = exclusions.add(site, kind, value, allow_many=args.yes)
        # Posts that were never here, too, are looked at: a plan tells which.
        line = f"Kept out from now on; {counted(removed, 'post')} taken out."
        print(json.dumps({"removed": removed}) if args.json else line)
        return 0
    ended = exclusions.remove(site.id, kind, value)
    if ended:
        tasks.defer_sync(site.id)
    line = "Ended; the next sync brings back what it kept out." if ended else f"There is no exclusion {kind} {value}."
    print(json.dumps({"ended": ended}) if args.json else line)
    return 0 if ended else 1


def _named(args: argparse.Namespace) -> tuple[str, str]:
    for kind in exclusions.KINDS:
        if value := getattr(args, kind):
            return kind, str(value)
    raise errors.UsageError("say what: --url PATTERN, --category SLUG or --post ID.")
