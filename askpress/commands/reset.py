"""`askpress reset`: forget everything that was ingested; keys stay."""

from __future__ import annotations

import argparse
import sys

from askpress import errors
from askpress.retrieval import versions

HELP = "forget the site and its index; API keys stay"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(args: argparse.Namespace) -> int:
    if not args.yes:
        if not sys.stdin.isatty():
            raise errors.UsageError("this forgets the whole index; add --yes to say you mean it.")
        if input("Forget the site and its whole index? Type yes: ").strip().lower() != "yes":
            print("Nothing was done.")
            return 1
    versions.reset()
    print("Forgotten. `askpress sync` ingests anew; texts that were embedded before cost nothing again.")
    return 0
