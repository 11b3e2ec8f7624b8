"""The embedded Postgres: makes the cluster once, starts it, and knows when it answers."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

from askpress.embedded import account as accounts
from askpress.embedded import binaries, process
from askpress.errors import EmbeddedError

USER = DATABASE = "askpress"
SOCKET = ".s.PGSQL.5432"
SOCKET_PATH_MAX_BYTES = 100  # sun_path holds 108 bytes on Linux, 104 on macOS
START_SECONDS = 300  # crash recovery after a power cut takes its time
STOPS = (signal.SIGINT, signal.SIGQUIT)  # fast shutdown, then immediate

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
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


def start(directory: Path, *, durable: bool) -> process.Server:
    """Start Postgres on `directory`/postgres, made when missing; it listens on a Unix socket only.

    As root it runs as the system user `askpress`, who must be able to enter the directory.
    """
    cluster = directory / "postgres"
    account = accounts.for_servers(cluster)
    programs = binaries.postgres_programs()
    if not cluster.exists():
        _make_cluster(cluster, programs=programs, account=account, durable=durable)
    sockets = socket_directory(directory, SOCKET, account)
    log = directory / "postgres.log"
    command = [str(programs / "postgres"), "-D", str(cluster), "-k", str(sockets)]
    for name, value in {**SETTINGS, **({} if durable else VOLATILE)}.items():
        command += ["-c", f"{name}={value}"]
    child = process.spawn(
        command, log=log, environment=accounts.environment(), at_death=signal.SIGINT, account=account
    )
    _wait_until_ready(child, cluster=cluster, log=log)
    return process.Server(url=address(sockets), child=child, stops=STOPS)


def address(sockets: Path) -> str:
    """Return the connection string for the server whose socket is in the directory."""
    return f"postgresql://{USER}@/{DATABASE}?host={quote(str(sockets), safe='')}"


def socket_directory(directory: Path, name: str, account: accounts.Account | None) -> Path:
    """Return the account's own directory for sockets: `directory`/run, or one with a short name."""
    sockets = directory / "run"
    if len(os.fsencode(sockets / name)) > SOCKET_PATH_MAX_BYTES:
        sockets = Path(tempfile.mkdtemp(prefix="askpress-", dir="/tmp"))
    own_directory(sockets, account)
    return sockets


def own_directory(path: Path, account: accounts.Account | None) -> None:
    """Make a 0700 directory that belongs to the account."""
    path.mkdir(mode=0o700, exist_ok=True)
    if account:
        os.chown(path, account.uid, account.gid)


def _make_cluster(cluster: Path, *, programs: Path, account: accounts.Account | None, durable: bool) -> None:
    """Make the cluster beside its place and rename it, so that an interrupted start leaves none half made."""
    fresh = cluster.with_name("postgres.new")
    shutil.rmtree(fresh, ignore_errors=True)
    own_directory(fresh, account)
    locale = "C" if sys.platform == "darwin" else "C.UTF-8"
    command = [str(programs / "initdb"), "-D", str(fresh), "-U", USER, "--auth=trust", "--encoding=UTF8"]
    command += [f"--locale={locale}", "--no-instructions", *([] if durable else ["--no-sync"])]
    made = accounts.run_as(account, command)
    if made.returncode:
        shutil.rmtree(fresh, ignore_errors=True)
        raise EmbeddedError(f"Postgres could not be set up in {cluster.parent}: {_reason(made)}")
    _create_database(fresh, programs=programs, account=account)
    fresh.rename(cluster)


def _create_database(cluster: Path, *, programs: Path, account: accounts.Account | None) -> None:
    statement = f"CREATE DATABASE {DATABASE}\n"
    command = [str(programs / "postgres"), "--single", "-F", "-D", str(cluster), "template1"]
    made = accounts.run_as(account, command, stdin=statement)
    if made.returncode:
        raise EmbeddedError(f"Postgres could not be set up in {cluster.parent}: {_reason(made)}")


def _reason(made: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in made.stderr.splitlines() if "error" in line or "FATAL" in line]
    return (lines or made.stderr.splitlines() or ["no message"])[0].strip()


def _wait_until_ready(child: subprocess.Popen[bytes], *, cluster: Path, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if child.poll() is not None:
            why = process.last_line(log, "FATAL", "PANIC", "could not") or process.last_line(log)
            raise EmbeddedError(f"Postgres did not start: {why} (see {log})")
        if _is_ready(cluster, child.pid):
            return
        time.sleep(0.02)
    process.stop(child, STOPS, patience_seconds=15)
    raise EmbeddedError(f"Postgres was not ready after {START_SECONDS} s (see {log})")


def _is_ready(cluster: Path, pid: int) -> bool:
    """Return whether postmaster.pid says "ready" for this very process, as pg_ctl reads it."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"
