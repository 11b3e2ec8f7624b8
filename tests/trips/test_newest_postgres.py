"""PostgreSQL 18, which the wheel holds beside the 16 that we run: "16 or newer" is tried at both ends."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from askpress.embedded import account, binaries, cluster, place, postgres, process
from tests.trips.conftest import Service
from tests.trips.workers import environment, wait_until

_PROGRAMS = f"{binaries.POSTGRES_PACKAGE}/pginstall18"
_LIBRARIES = f"{binaries.POSTGRES_PACKAGE}.libs"
# In one process, since each takes seconds to start.
_RUN = """
import json, sys
import django
from askpress.commands import main
from django.core.management import call_command

django.setup()
call_command("migrate", verbosity=0)
sys.exit(max(main(words) for words in json.loads(sys.argv[1])))
"""


@pytest.fixture
def newest(home: Path) -> Iterator[str]:
    """The address of a running PostgreSQL 18, from a copy that its user can run."""
    for part in (_PROGRAMS, _LIBRARIES):
        if (binaries.installed() / part).exists():
            shutil.copytree(binaries.installed() / part, home / part)
    programs, user = home / _PROGRAMS / "bin", account.for_servers(home / place.CLUSTER)
    files = cluster.ensure(home, programs=programs, account=user, durable=False)
    sockets = place.socket_directory(home, postgres.SOCKET, user)
    command = [str(programs / "postgres"), "-D", str(files), "-k", str(sockets), "-c", "listen_addresses="]
    child = process.spawn(
        command, environment=account.environment(), at_death=signal.SIGINT, log=home / "log", account=user
    )
    try:
        wait_until(lambda: answers(postgres.address(sockets)))
        yield postgres.address(sockets)
    finally:
        process.stop(child, postgres.STOPS, patience_seconds=15)


def answers(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=1) as connection:
            return connection.info.server_version >= 180_000
    except psycopg.OperationalError:
        return False


@pytest.mark.soak
def test_the_newest_postgres_takes_a_site_from_migration_to_another_index(service: Service, newest: str) -> None:
    service.site.add("Bread", "<p>Our sourdough rests overnight and is baked at six.</p>")
    search = ["search", "sourdough", "-k", "1"]
    commands = [["sync"], search, ["reindex", "--chunk-tokens", "40", "--yes"], search, ["audit", "--deep"]]

    ran = subprocess.run(
        [sys.executable, "-c", _RUN, json.dumps(commands)],
        env=environment(service, DATABASE_URL=newest),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.returncode, ran.stdout.count("is baked at six.")) == (0, 2), ran.stdout + ran.stderr
