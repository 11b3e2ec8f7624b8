"""The files of a Postgres cluster: made once and whole, of the right version, held by no other server."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from askpress.embedded import account as accounts
from askpress.embedded import place, process
from askpress.errors import EmbeddedError

USER = DATABASE = "askpress"
MAJOR = "16"  # the version of the wheel's programs that we run
PID_FILE = "postmaster.pid"
_STOP_SECONDS = 30.0


def ensure(store: Path, *, programs: Path, account: accounts.Account | None, durable: bool) -> Path:
    """Return the cluster below `store`, ready to be started."""
    files = store / place.CLUSTER
    if files.exists():
        _check_version(files)
        _take_over(files)
    else:
        with place.explained(store):
            _make(files, programs=programs, account=account, durable=durable)
    return files


def _check_version(files: Path) -> None:
    try:
        found = (files / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        raise EmbeddedError(f"{files} is not a Postgres cluster: its PG_VERSION is missing.") from None
    if found != MAJOR:
        raise EmbeddedError(
            f"{files} holds data of PostgreSQL {found}, and this askpress runs {MAJOR}: "
            "use the askpress that made it, or fill another directory from the site again with --data."
        )


def _take_over(files: Path) -> None:
    """End a server that still runs on the files; remove a pid file whose number is somebody else's by now.

    Postgres refuses to start while any process has that number. Removing the file is safe: what is left of an
    older server still holds its shared memory, which Postgres finds and refuses by itself.
    """
    pid = _noted_pid(files)
    if pid is None:
        return
    if not _is_server_of(pid, files):
        (files / PID_FILE).unlink(missing_ok=True)
        return
    for number in (signal.SIGINT, signal.SIGQUIT):
        os.kill(pid, number)
        deadline = time.monotonic() + _STOP_SECONDS
        while _is_server_of(pid, files) and time.monotonic() < deadline:
            time.sleep(0.05)
        if not _is_server_of(pid, files):
            return
    raise EmbeddedError(f"Another Postgres (process {pid}) runs on {files} and does not stop: end it by hand.")


def _noted_pid(files: Path) -> int | None:
    try:
        first = (files / PID_FILE).read_text().partition("\n")[0].strip()
    except FileNotFoundError:
        return None
    return int(first) if first.isdigit() else 0


def _is_server_of(pid: int, files: Path) -> bool:
    if not pid or not process.birth(pid):
        return False
    words = process.command_line(pid)
    return bool(words) and Path(words[0]).name == "postgres" and str(files) in words


def _make(files: Path, *, programs: Path, account: accounts.Account | None, durable: bool) -> None:
    """Make the cluster beside its place and rename it, so that an interrupted start leaves none half made."""
    fresh = files.with_name(f"{files.name}.new")
    if fresh.exists():
        shutil.rmtree(fresh)
    place.own_directory(fresh, account)
    try:
        _initialise(fresh, programs=programs, account=account, durable=durable)
        fresh.rename(files)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _initialise(fresh: Path, *, programs: Path, account: accounts.Account | None, durable: bool) -> None:
    locale = "C" if sys.platform == "darwin" else "C.UTF-8"  # macOS 14 has no C.UTF-8
    command = [str(programs / "initdb"), "-D", str(fresh), "-U", USER, "--auth=trust", "--encoding=UTF8"]
    command += [f"--locale={locale}", "--no-instructions", *([] if durable else ["--no-sync"])]
    _check(accounts.run_as(account, command), fresh)
    command = [
        str(programs / "postgres"),
        "--single",
        *([] if durable else ["-F"]),
        "-D",
        str(fresh),
        "template1",
    ]
    _check(accounts.run_as(account, command, stdin=f"CREATE DATABASE {DATABASE}\n"), fresh)


def _check(made: subprocess.CompletedProcess[str], fresh: Path) -> None:
    lines = [line for line in made.stderr.splitlines() if line.strip()]
    if made.returncode == 0 and not any("ERROR:" in line for line in lines):
        return
    if any("No space left on device" in line for line in lines):
        raise EmbeddedError(place.full(fresh.parent))
    telling = [line for line in lines if "error:" in line or "ERROR:" in line or "FATAL:" in line]
    reason = (telling or lines or ["no message"])[0]
    raise EmbeddedError(f"Postgres could not be set up in {fresh.parent}: {reason.strip()}")
