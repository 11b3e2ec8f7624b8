"""`askpress up`: Postgres, Valkey, the web server and the worker, from nothing to the first answer."""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path

from rich.console import Console

from askpress.commands import given, parts
from askpress.commands.launch import Launch, Plan
from askpress.embedded import lock, place
from askpress.embedded.supervise import Interrupted, Interruption

HELP = "run all of it here: Postgres, Valkey, web server and worker"
NEEDS_DJANGO = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", nargs="?", default="", metavar="URL", help="the site (default: WP_URL, or a sample)")
    parser.add_argument(
        "--port",
        type=given.number(1, 65_535),
        default=8000,
        metavar="PORT",
        help="where it answers on this machine (%(default)s)",
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="where its data is kept (default: in .askpress)")


def run(args: argparse.Namespace) -> int:
    interruption = Interruption()
    interruption.listen()
    console = Console(highlight=False, markup=False)
    plan = planned(args)
    directory = place.make_data_directory(plan.directory)
    with lock.hold(directory), place.explained(directory), contextlib.closing(parts.listen_on(plan.port)) as door:
        for name in lock.end_leftovers(directory):
            console.print(f"An askpress that was killed had left {name} running; it has been ended.", soft_wrap=True)
        try:
            Launch(plan, directory, interruption, console).go(door)
        except Interrupted:
            console.print("Stopped.")
    return 0


def planned(args: argparse.Namespace) -> Plan:
    """Return what this `up` is to do, from its arguments and the environment."""
    from askpress import settings

    given = str(args.data or settings.text("ASKPRESS_DATA_DIR"))
    url = args.url or settings.text("WP_URL") or (_remembered(Path(given)) if given else "")
    sample = not url
    return Plan(
        directory=Path(given) if given else settings.BASE_DIR / ".askpress" / ("sample" if sample else "site"),
        url=url,
        sample=sample,
        port=args.port,
        database_url=settings.text("DATABASE_URL"),
        redis_url=settings.text("REDIS_URL"),
        api_key=settings.API_KEY,
    )


def _remembered(directory: Path) -> str:
    """Return the site that a named data directory belongs to; "" for the sample's, or for a new one."""
    site = directory / parts.SITE_FILE
    return site.read_text().strip() if site.exists() and not (directory / parts.SAMPLE_FILE).exists() else ""
