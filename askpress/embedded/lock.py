"""One `up` a data directory: the lock that says so, and the addresses and processes it writes down."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from askpress.embedded import process
from askpress.errors import UsageError

LOCK = "lock"
STATE = "run.json"
# A plain `askpress search` looks here when no data directory is named: a real site before the sample.
PLACES = ("", "site", "sample")
# `running` holds the lock for an instant while it looks; an `up` that begins just then tries again.
_TAKE_SECONDS = 1.0
_LEFTOVER_SECONDS = 15.0


@dataclass(frozen=True)
class State:
    """What a running `up` writes down."""

    # Environment names and values that lead a command to the services.
    addresses: dict[str, str] = field(default_factory=dict)
    # Part -> (process id, birth).
    processes: dict[str, tuple[int, str]] = field(default_factory=dict)


def running(data_dir: Path) -> dict[str, str]:
    """Return the addresses a running `askpress up` has written below the directory; {} when none runs."""
    for place in PLACES:
        directory = data_dir / place
        if held(directory):
            return read(directory).addresses
    return {}


def held(directory: Path) -> bool:
    """Return whether another process holds the directory's lock; a lock file alone says nothing."""
    try:
        handle = os.open(directory / LOCK, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


@contextlib.contextmanager
def hold(directory: Path) -> Iterator[None]:
    """Hold the directory until the block ends or we die; raises UsageError while another `up` holds it."""
    handle = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _take(handle, directory)
        yield
    finally:
        os.close(handle)


def read(directory: Path) -> State:
    """Return the last state written; an empty one when it is missing, cut or not ours to read."""
    try:
        content = json.loads((directory / STATE).read_text())
        processes = {name: (int(pid), str(birth)) for name, (pid, birth) in content["processes"].items()}
        addresses = {str(name): str(value) for name, value in content["addresses"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return State()
    return State(addresses=addresses, processes=processes)


def write(directory: Path, addresses: Mapping[str, str], pids: Mapping[str, int]) -> None:
    """Write down the addresses and who runs, for other commands and for the next `up`."""
    processes = {name: (pid, process.birth(pid)) for name, pid in pids.items()}
    write_private(directory / STATE, json.dumps({"addresses": dict(addresses), "processes": processes}))


def write_private(path: Path, content: str) -> None:
    """Write a file that only we can read, whole or not at all."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)
    fresh.replace(path)


def end_leftovers(directory: Path) -> list[str]:
    """End what a killed `up` left running and return its names; a process id alone is never believed."""
    left = {name: known for name, known in read(directory).processes.items() if _lives(known)}
    for name, known in left.items():
        _signal(known, signal.SIGINT if name == "Postgres" else signal.SIGTERM)
    _wait_for_end(left)
    for name, known in left.items():
        _signal(known, signal.SIGQUIT if name == "Postgres" else signal.SIGKILL)
    _wait_for_end(left)
    (directory / STATE).unlink(missing_ok=True)
    return list(left)


def _take(handle: int, directory: Path) -> None:
    deadline = time.monotonic() + _TAKE_SECONDS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise UsageError(_already_running(directory)) from None
            time.sleep(0.05)
        else:
            return


def _already_running(directory: Path) -> str:
    state = read(directory)
    where = state.addresses.get("URL", "an address it has yet to say")
    pid, _ = state.processes.get("up", (0, ""))
    who = f"process {pid}" if pid else "another process"
    return f"{directory} is in use: {who} answers at {where}. Stop that one, or give another directory with --data."


def _lives(known: tuple[int, str]) -> bool:
    pid, birth = known
    return pid != os.getpid() and bool(birth) and process.birth(pid) == birth


def _signal(known: tuple[int, str], number: signal.Signals) -> None:
    if _lives(known):
        with contextlib.suppress(ProcessLookupError):
            os.kill(known[0], number)


def _wait_for_end(left: Mapping[str, tuple[int, str]]) -> None:
    deadline = time.monotonic() + _LEFTOVER_SECONDS
    while any(_lives(known) for known in left.values()) and time.monotonic() < deadline:
        time.sleep(0.05)
