"""The embedded Postgres: makes the cluster once, starts it, and knows when it answers."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from askpress.embedded import account as accounts
from askpress.embedded import binaries, cluster, place, process
from askpress.errors import EmbeddedError

SOCKET = ".s.PGSQL.5432"
START_SECONDS = 600  # crash recovery after a power cut takes its time
STOPS = (signal.SIGINT, signal.SIGQUIT)  # fast shutdown, then immediate

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
# For tests: a crash may lose everything.
VOLATILE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
}


def start(
    store: Path, *, durable: bool, log: Path | None = None, pause: Callable[[float], None] = time.sleep
) -> process.Server:
    """Start Postgres on `store`/postgres, made when missing; it listens on a Unix socket only.

    As root it runs as the system user `askpress`, who must be able to enter `store`. `pause` may raise
    to give up waiting.
    """
    account = accounts.for_servers(store / place.CLUSTER)
    programs = binaries.postgres_programs(account)
    files = cluster.ensure(store, programs=programs, account=account, durable=durable)
    sockets = place.socket_directory(store, SOCKET, account)
    log = log or store / "postgres.log"
    child = process.spawn(
        _command(programs, files=files, sockets=sockets, durable=durable),
        environment=accounts.environment(),
        at_death=signal.SIGINT,
        log=log,
        account=account,
    )
    _wait_until_ready(child, files=files, log=log, pause=pause)
    return process.Server(url=address(sockets), child=child, stops=STOPS)


def address(sockets: Path) -> str:
    """Return the connection string for the server whose socket is in the directory."""
    return f"postgresql://{cluster.USER}@/{cluster.DATABASE}?host={quote(str(sockets), safe='')}"


def _command(programs: Path, *, files: Path, sockets: Path, durable: bool) -> list[str]:
    chosen = SETTINGS if durable else {**SETTINGS, **VOLATILE}
    options = [word for name, value in chosen.items() for word in ("-c", f"{name}={value}")]
    return [str(programs / "postgres"), "-D", str(files), "-k", str(sockets), *options]


def _wait_until_ready(
    child: subprocess.Popen[bytes], *, files: Path, log: Path, pause: Callable[[float], None]
) -> None:
    deadline = time.monotonic() + START_SECONDS
    try:
        while not _is_ready(files, child.pid):
            if child.poll() is not None:
                raise EmbeddedError(_why_it_ended(files, log))
            if time.monotonic() > deadline:
                raise EmbeddedError(f"Postgres was not ready after {START_SECONDS} s (see {log}).")
            pause(0.02)
    except BaseException:
        process.stop(child, STOPS, patience_seconds=15)
        raise


def _is_ready(files: Path, pid: int) -> bool:
    """Return whether postmaster.pid says "ready" for this very process, as pg_ctl reads it."""
    try:
        lines = (files / cluster.PID_FILE).read_text().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"


def _why_it_ended(files: Path, log: Path) -> str:
    line = process.last_line(log, "FATAL", "PANIC", "could not") or process.last_line(log)
    if "No space left on device" in line:
        return place.full(files)
    return f"Postgres did not start: {line} (see {log})."
