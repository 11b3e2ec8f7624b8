"""`askpress audit`: prove that the index equals the site, or say post by post where it does not."""

from __future__ import annotations

import argparse
import json

from askpress.commands import which
from askpress.commands.plan import printable
from askpress.sync import audit, repair, sides

HELP = "compare the site's complete listing with the index"
EPILOG = "Exit status: 0 equal, 1 they differ or the site could not be read whole, 2 wrong usage or settings."
# Posts of a set that a person reads; --json has them all.
_MOST = 20
_MEANS = {
    "missing": "the site shows them, no search finds them",
    "stale": "the site shows another state of them",
    "orphaned": "searchable, and not on the site any more",
    "leaked": "searchable, and not for readers",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--deep", action="store_true", help="read every post and compare contents too")
    parser.add_argument("--repair", action="store_true", help="bring what differs up to date, and audit again")
    parser.add_argument(
        "--allow-mass-removal", action="store_true", help="with --repair: take posts out however many they are"
    )
    which.add_argument(parser)
    parser.add_argument("--json", action="store_true", help="print the audit as one JSON object")


def run(args: argparse.Namespace) -> int:
    found = repair.audit(
        which.to_compare(args), deep=args.deep, repair=args.repair, allow_mass_removal=args.allow_mass_removal
    )
    print(json.dumps(found.body() | {"refusal": found.refusal}) if args.json else "\n".join(lines(found)))
    return 0 if found.verdict == audit.EQUAL else 1


def lines(found: audit.Audit) -> list[str]:
    """Return an audit as the lines a person reads."""
    by = "by ids, dates and contents" if found.proof == audit.DEEP else "by ids and dates"
    if found.verdict == audit.INCOMPLETE:
        return [f"Incomplete, so that nothing is proven: {printable(found.reason)}"]
    if found.verdict == audit.EQUAL:
        return [f"Equal, {by}. Digest of both sides: {found.site_digest}"]
    said = [f"They differ, {by}:"]
    for name in sides.SETS:
        said += _set(name, getattr(found, name))
    said += [f"Digest of the site:  {found.site_digest}", f"Digest of the index: {found.index_digest}"]
    return [*said, found.refusal] if found.refusal else said


def _set(name: str, posts: tuple[sides.Difference, ...]) -> list[str]:
    said = [f"  {len(posts)} {name}" + (f": {_MEANS[name]}" if posts else "")]
    said += [f"      {post.type} {post.id}: {printable(post.reason)}" for post in posts[:_MOST]]
    return [*said, f"      and {len(posts) - _MOST} more (--json)"] if len(posts) > _MOST else said
