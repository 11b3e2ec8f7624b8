"""Which site a command is for: `--site NAME`; without it each says in its help which."""

from __future__ import annotations

import argparse

from askpress import sites
from askpress.sync import site as site_trip


def add_argument(parser: argparse.ArgumentParser, *, default: str = "that of WP_URL, else the first") -> None:
    parser.add_argument(
        "--site", default="", metavar="NAME", help=f"its short name (`askpress sites list`; default: {default})"
    )


def to_sync(args: argparse.Namespace) -> sites.Site:
    """Return the site; that of WP_URL is made when there is none at all."""
    return sites.named(args.site) if args.site else site_trip.default()


def to_compare(args: argparse.Namespace) -> sites.Site:
    """Return the site without making one: with the id 0 before its first sync."""
    return sites.named(args.site) if args.site else site_trip.default_to_read()
