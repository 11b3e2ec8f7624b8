"""A restart of Postgres in the middle of a sync: it is gone on with, and the record says what happened."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from askpress import embedded
from askpress.embedded import postgres, process
from tests.trips.conftest import Service
from tests.trips.workers import environment, wait_until

POSTS = 120


class Restarted:
    """A Postgres of its own, stopped and started by a test, and a worker on it that is started again when it ends."""

    def __init__(self, service: Service, home: Path) -> None:
        self.home = home
        self.url = postgres.address(home / "run")
        self.environment = environment(service, DATABASE_URL=self.url)
        self.server: process.Server = embedded.start_postgres(home, durable=False)
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], env=self.environment, check=True)
        self.log = (home / "worker.log").open("wb")
        self.worker = self.start_worker()

    def start_worker(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "askpress", "worker"]
        return subprocess.Popen(command, env=self.environment, stdout=self.log, stderr=self.log)

    def restart(self) -> None:
        self.server.stop()
        time.sleep(1)  # what a restart takes on a small machine
        self.server = embedded.start_postgres(self.home, durable=False)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        if self.worker.poll() is not None:
            self.worker = self.start_worker()
        with psycopg.connect(self.url) as connection:
            return connection.execute(query.encode()).fetchall()

    def end(self) -> None:
        self.worker.kill()
        self.worker.wait()
        self.server.stop()
        self.log.close()


@pytest.fixture
def restarted(service: Service, home: Path) -> Iterator[Restarted]:
    service.site.add_many(POSTS)
    running = Restarted(service, home)
    yield running
    running.end()


@pytest.mark.soak
def test_a_restart_of_postgres_in_the_middle_of_a_sync_loses_nothing(service: Service, restarted: Restarted) -> None:
    wait_until(lambda: service.embeddings >= 5)

    restarted.restart()
    wait_until(lambda: restarted.rows("SELECT count(*) FROM askpress_indexed") == [(POSTS,)], seconds=120)
    last = "SELECT error FROM askpress_syncrun WHERE kind = 'reconcile' ORDER BY id DESC LIMIT 1"
    wait_until(lambda: restarted.rows(last) == [("",)])

    first = "SELECT error <> '', finished_at IS NOT NULL FROM askpress_syncrun ORDER BY id LIMIT 1"
    assert restarted.rows(first) == [(True, True)]
    assert restarted.rows("SELECT count(*), count(DISTINCT post_id) FROM askpress_document") == [(POSTS, POSTS)]
