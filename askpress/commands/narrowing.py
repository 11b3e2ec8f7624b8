"""The arguments of `search` and `ask` that say which documents are looked at."""

from __future__ import annotations

import argparse

from askpress import errors
from askpress.commands import given
from askpress.retrieval.filters import Filters

_SEVERAL = {
    "type": "of these post types",
    "category": "in these categories, by number, slug or name",
    "tag": "with these tags, by number, slug or name",
    "author": "by these authors, by number, slug or name",
    "language": "in these languages, ISO 639-1",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add an option for each filter."""
    group = parser.add_argument_group("which documents", "several values are separated by commas: any of them")
    for name, meaning in _SEVERAL.items():
        group.add_argument(f"--{name}", type=given.names, default=(), metavar="A,B", help=meaning)
    group.add_argument("--after", type=given.moment, metavar="DATE", help="published then or later, ISO 8601")
    group.add_argument("--before", type=given.moment, metavar="DATE", help="published earlier")
    group.add_argument(
        "--url", type=given.prefix, metavar="PREFIX", help="whose address begins so: https://... or /..."
    )


def read(args: argparse.Namespace) -> Filters:
    """Return the filters; raises UsageError for those nothing can fit."""
    several = {name: getattr(args, name) for name in _SEVERAL}
    narrowed = Filters(**several, after=args.after, before=args.before, url=args.url or "")
    if narrowed.contradiction:
        raise errors.UsageError(f"--before {narrowed.contradiction}")
    return narrowed
