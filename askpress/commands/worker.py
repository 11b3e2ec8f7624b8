"""`askpress worker`: do the jobs, sync on schedule; any number of them on any number of machines."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import threading
from typing import Any

from procrastinate.contrib.django import app

from askpress import errors, logs, tasks
from askpress.sync import ready
from askpress.sync import site as site_trip

HELP = "run the jobs: live edits, and scheduled syncs with one at the start"
# Jobs are told at once, and look up before each post and after each provider reply; what they did stays.
_GRACE_SECONDS = 0
# A job that waits for somebody else's reply cannot look up. `up` kills after 4 s, Docker after 10; leaving by then is
# as good as being killed, which loses nothing either: the job is taken up again.
_LEAVE_SECONDS = 3.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
# Two lanes, so that no edit waits behind a sync, however many of these there are to do. A job that was put off and is
# now due, or hurried, is seen by polling alone.
_LANES: dict[str, dict[str, Any]] = {
    "live": {"concurrency": 4, "fetch_job_polling_interval": 1.0},
    "bulk": {"concurrency": 1},
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-sync", action="store_true", help="queue no sync at the start")
    parser.add_argument("--once", action="store_true", help="do what waits, then end")


def run(args: argparse.Namespace) -> int:
    logs.configure()
    if not args.no_sync:
        tasks.defer_syncs()
    with app.replace_connector(app.connector.get_worker_connector()):  # type: ignore[attr-defined]
        asyncio.run(_work(wait=not args.once))
    return 0


async def _work(*, wait: bool) -> None:
    """Work in all lanes until told to stop; when one of them breaks down, the others end too."""
    async with app.open_async():
        lanes = [asyncio.create_task(_lane(name, wait=wait)) for name in _LANES]
        _stop_on_signal(lanes)
        warming = [asyncio.create_task(asyncio.to_thread(_warm_up))] if wait else []
        done, _ = await asyncio.wait(lanes, return_when=asyncio.FIRST_COMPLETED if wait else asyncio.ALL_COMPLETED)
        _stop(lanes)
        await asyncio.wait([*lanes, *warming])
        for lane in done:
            if not lane.cancelled() and (error := lane.exception()):
                raise error


def _warm_up() -> None:
    try:
        version, _ = site_trip.live_means()
        ready.warm_up(version.recipe)
    except errors.AskpressError as error:
        logs.info("worker goes on cold", reason=str(error))
    else:
        logs.info("worker ready")


async def _lane(queue: str, *, wait: bool) -> None:
    await app.run_worker_async(
        name=f"askpress-{queue}",
        queues=[queue],
        wait=wait,
        install_signal_handlers=False,
        shutdown_graceful_timeout=_GRACE_SECONDS,
        delete_jobs="always",
        **_LANES[queue],
    )


def _stop_on_signal(lanes: list[asyncio.Task[None]]) -> None:
    loop = asyncio.get_running_loop()

    def told() -> None:
        _stop(lanes)
        _leave_in_time()
        # Who says it twice means it.
        for number in _SIGNALS:
            loop.remove_signal_handler(number)

    for number in _SIGNALS:
        loop.add_signal_handler(number, told)


def _leave_in_time() -> None:
    def leave() -> None:
        logs.warning("worker left work undone", seconds=_LEAVE_SECONDS)
        os._exit(0)

    leaving = threading.Timer(_LEAVE_SECONDS, leave)
    leaving.daemon = True
    leaving.start()


def _stop(lanes: list[asyncio.Task[None]]) -> None:
    for lane in lanes:
        # A second time would break off the waiting for running jobs.
        if not lane.cancelling():
            lane.cancel()
