"""Our service as its owner runs it, for the tests' WordPress: a web server and a worker, each a process with a log."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askpress.retrieval import store
from tests.test_api_server import OWNERS, gunicorn
from tests.trips.workers import wait_until

# The models that need no network, whatever the machine is set up for.
OFFLINE = {"ASKPRESS_EMBEDDING_PROVIDER": "local", "ASKPRESS_LANGUAGE_PROVIDER": "extractive"}
DAY = str(86_400)
# So that nothing but the webhook brings anything in.
PATIENT = {"ASKPRESS_SYNC_INTERVAL_SECONDS": DAY, "ASKPRESS_RECONCILE_INTERVAL_SECONDS": DAY}


@dataclass(frozen=True)
class Running:
    """Where it is, and the folder of its logs."""

    url: str
    folder: Path
    environment: dict[str, str]

    def command(self, *words: str) -> str:
        """Run one of our commands and return what it printed; all of it goes to the logs too."""
        command = [sys.executable, "-m", "askpress", *words]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        with (self.folder / "commands").open("a") as log:
            log.write(done.stdout + done.stderr)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def logs(self) -> str:
        return "".join(path.read_text() for path in self.folder.iterdir())


@contextlib.contextmanager
def running(site_url: str, folder: Path, **more: str) -> Iterator[Running]:
    """Serve the WordPress at `site_url`; the worker syncs nothing by itself."""
    given = {**OFFLINE, **PATIENT, "WP_URL": site_url, "API_KEY": OWNERS, **more}
    environment = {**os.environ, **given}
    log = folder / "worker"
    with gunicorn(folder / "web", **given) as web, log.open("wb") as output:
        command = [sys.executable, "-m", "askpress", "worker", "--no-sync"]
        worker = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        try:
            wait_until(lambda: "worker ready" in log.read_text(), seconds=60)
            yield Running(f"http://127.0.0.1:{web.port}", folder, environment)
        finally:
            worker.kill()
            worker.wait()


def rows(query: str) -> list[tuple[Any, ...]]:
    with store.autocommit() as cursor:
        return cursor.execute(query.encode()).fetchall()


def nothing_waits() -> bool:
    return rows("SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')") == [(0,)]
