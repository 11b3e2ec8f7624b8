"""`askpress purge`: take remembered answers out of Redis at once."""

from __future__ import annotations

import argparse
import dataclasses
import json

from askpress import errors, redis_client, sites
from askpress.answer import sweeping
from askpress.commands import given, which

HELP = "forget remembered answers: those of one post, or those that hold no more"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--post", type=given.post, metavar="ID", help="also those that rest on this post")
    which.add_argument(parser, default="the first")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    if not redis_client.reachable():
        raise errors.StoreUnavailable("Redis does not answer: nothing is remembered there that could be taken out.")
    swept = sweeping.sweep() if args.post is None else sweeping.purge(sites.named(args.site).id, args.post)
    if args.json:
        print(json.dumps(dataclasses.asdict(swept)))
    else:
        print(f"{swept.removed} of {swept.seen} remembered answers were taken out.")
    return 0
