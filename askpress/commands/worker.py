"""`askpress worker`: do the jobs, sync on schedule; any number of them on any number of machines."""

from __future__ import annotations

import argparse

from procrastinate.contrib.django import app

from askpress import logs, tasks

HELP = "run the jobs: scheduled syncs, and one at the start"
# A sync looks up after each provider reply; when it has not stopped by then, its next run goes on.
_GRACE_SECONDS = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-sync", action="store_true", help="queue no sync at the start")
    parser.add_argument("--once", action="store_true", help="do what waits, then end")


def run(args: argparse.Namespace) -> int:
    logs.configure()
    if not args.no_sync:
        tasks.defer_sync()
    with app.replace_connector(app.connector.get_worker_connector()):  # type: ignore[attr-defined]
        app.run_worker(
            name="askpress",
            concurrency=2,
            wait=not args.once,
            shutdown_graceful_timeout=_GRACE_SECONDS,
            delete_jobs="always",
        )
    return 0
