"""Workers for tests: a process of its own that can be killed, or a lane in this one that does what waits and ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

from procrastinate.contrib.django import app

from tests.fakes.openai import KEY
from tests.trips.conftest import Service

SECONDS = 30


def environment(service: Service, **more: str) -> dict[str, str]:
    """What a process needs to be this service; no schedule of its own falls into a test."""
    return {
        **os.environ,
        "WP_URL": service.site.url,
        "ASKPRESS_EMBEDDING_PROVIDER": "openai",
        "ASKPRESS_EMBEDDING_MODEL": "text-embedding-3-small",
        "ASKPRESS_EMBEDDING_DIMENSIONS": "64",
        "ASKPRESS_EMBEDDING_BASE_URL": service.openai.url,
        "ASKPRESS_EMBEDDING_API_KEY": KEY,
        "ASKPRESS_CHUNK_TOKENS": "60",
        "ASKPRESS_OVERLAP_TOKENS": "12",
        "ASKPRESS_SYNC_INTERVAL_SECONDS": "86400",
        "ASKPRESS_RECONCILE_INTERVAL_SECONDS": "86400",
        **more,
    }


@contextlib.contextmanager
def worker(service: Service, log: Path, *words: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker that takes jobs, in a process of its own; killed at the end."""
    command = [sys.executable, "-m", "askpress", "worker", *words]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment(service, **more), stdout=output, stderr=output)
    try:
        wait_until(lambda: service.rows("SELECT count(*) FROM procrastinate_workers") == [(2,)])
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until(is_so: Callable[[], bool], seconds: float = SECONDS) -> float:
    """Return how many seconds it took; fails when it takes longer than `seconds`."""
    begun = time.monotonic()
    while not is_so():
        assert time.monotonic() - begun < seconds, f"not within {seconds} s"
        time.sleep(0.05)
    return time.monotonic() - begun


def do_what_waits() -> None:
    """Run the live lane in this process until nothing is left that is due."""
    in_worker(lambda: app.run_worker_async(queues=["live"], concurrency=4, wait=False, delete_jobs="always"))


def in_worker(work: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    """Run `work` with the connections a worker has."""

    async def opened() -> None:
        async with app.open_async():
            await work()

    with app.replace_connector(app.connector.get_worker_connector()):  # type: ignore[attr-defined]
        asyncio.run(opened())
