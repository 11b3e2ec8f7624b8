"""`askpress reset`: forget everything that was ingested; keys stay."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from askpress import commands, embedded, errors
from askpress.embedded import lock, place
from askpress.retrieval import versions

NEEDS_DATABASE = False  # it may start its own
HELP = "forget the site and its index; API keys stay"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--data", type=Path, metavar="DIR", help="what `askpress up --data DIR` was given")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    where = f" in {args.data}" if args.data else ""
    if not args.yes:
        if not sys.stdin.isatty():
            raise errors.UsageError("this forgets the whole index; add --yes to say you mean it.")
        if input(f"Forget the site and its whole index{where}? Type yes: ").strip().lower() != "yes":
            print("Nothing was done.")
            return 1
    addresses = embedded.running(args.data) if args.data else {"DATABASE_URL": settings.DATABASE_URL}
    if not addresses.get("DATABASE_URL"):
        return _reset_stopped(args.data or settings.DATA_DIR / "site", as_json=args.json)
    if args.data:
        return _reset(addresses["DATABASE_URL"], as_json=args.json)
    commands.prove_database()
    versions.reset()
    if args.json:
        print(json.dumps({"forgotten": True}))
    else:
        print("Forgotten. `askpress sync` ingests anew; texts that were embedded before cost nothing again.")
    return 0


def _reset_stopped(directory: Path, *, as_json: bool) -> int:
    """Start the embedded Postgres for as long as it takes: `up` refuses another site before it runs."""
    if not (directory / place.LOGS).is_dir():
        raise errors.UsageError(f"there is nothing to forget in {directory}: say where with --data or DATABASE_URL.")
    with lock.hold(directory), place.explained(directory):
        lock.end_leftovers(directory)
        log = directory / place.LOGS / "postgres.log"
        server = embedded.start_postgres(place.store(directory.resolve()), durable=True, log=log)
        try:
            return _reset(server.url, as_json=as_json)
        finally:
            server.stop()


def _reset(database_url: str, *, as_json: bool) -> int:
    """Run this command on another database: the settings of this process are read already."""
    command = [sys.executable, "-m", "askpress", "reset", "--yes", *(["--json"] if as_json else [])]
    return subprocess.run(command, env={**os.environ, "DATABASE_URL": database_url}, check=False).returncode
