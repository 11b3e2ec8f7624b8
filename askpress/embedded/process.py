"""Child processes that end with us, servers made of them, and who a process id belongs to."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from askpress.embedded import account as accounts

Signals = tuple[signal.Signals, ...]

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LOG_MAX_BYTES = 5_000_000


@dataclass(frozen=True)
class Server:
    """A running server that we started."""

    url: str
    child: subprocess.Popen[bytes]
    # Sent one after the other until it ends: polite first.
    stops: Signals

    def stop(self, *, patience_seconds: float = 15) -> None:
        """End the server, politely first; returns when it is gone."""
        stop(self.child, self.stops, patience_seconds=patience_seconds)


def spawn(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    at_death: signal.Signals,
    log: Path | None = None,
    account: accounts.Account | None = None,
    cwd: Path | None = None,
    keep: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, so that Ctrl-C reaches only us.

    On Linux the kernel sends it `at_death` when we die, however we die. Without a log its output is a pipe,
    and its errors are ours. `keep` are the file descriptors it inherits.
    """
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600) if log else subprocess.PIPE
    try:
        return subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output if log else None,
            env=dict(environment),
            cwd=cwd or "/",
            start_new_session=True,
            pass_fds=tuple(keep),
            preexec_fn=_tether(at_death),  # runs after setuid, which would undo it
            **accounts.identity(account),
        )
    finally:
        if log:
            os.close(output)


def shorten(log: Path) -> None:
    """Move what is in a long log into one beside it, of which there is one; its writers go on, and lose a line at most.

    They hold the file itself and write at its end, so it stays and is emptied. Where there is no room for the copy the
    old lines go.
    """
    with contextlib.suppress(OSError):
        if log.stat().st_size > _LOG_MAX_BYTES:
            with contextlib.suppress(OSError):
                shutil.copy(log, log.with_suffix(".log.1"))
            os.truncate(log, 0)


def stop(child: subprocess.Popen[bytes], signals: Signals, *, patience_seconds: float) -> None:
    """Send one signal after the other, SIGKILL last, until the child has ended."""
    for number in (*signals, signal.SIGKILL):
        if child.poll() is not None:
            return
        child.send_signal(number)
        try:
            child.wait(patience_seconds)
        except subprocess.TimeoutExpired:
            continue


def birth(pid: int) -> str:
    """Return what tells a process from a later one with the same id; '' when it has ended.

    A zombie has ended: in a container without an init nobody collects it.
    """
    if Path("/proc/self/stat").exists():
        return _birth_in_proc(pid)
    state, _, started = _ps(pid, "stat=,lstart=").partition(" ")
    return "" if state.startswith("Z") else started.strip()


def command_line(pid: int) -> list[str]:
    """Return the words a process was started with; [] when it has ended or is hidden from us."""
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0")
        except OSError:
            return []
    return _ps(pid, "command=").split()


def last_line(log: Path, *words: str) -> str:
    """Return the log's last line that holds one of the words (any line without words), or ''."""
    try:
        lines = log.read_text(errors="replace").splitlines()[-200:]
    except OSError:
        return ""
    fitting = [line for line in lines if line.strip() and (not words or any(word in line for word in words))]
    return fitting[-1].strip() if fitting else ""


def _birth_in_proc(pid: int) -> str:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
    state, ticks = fields[0], fields[19]  # fields 3 and 22 of proc(5); the name before them may hold anything
    return "" if state in "ZX" else f"{boot} {ticks}"


def _ps(pid: int, columns: str) -> str:
    shown = subprocess.run(
        ["ps", "-o", columns, "-p", str(pid)], capture_output=True, text=True, errors="replace", check=False
    )
    return shown.stdout.strip()


def _tether(at_death: signal.Signals) -> Callable[[], None] | None:
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def tie() -> None:
        prctl(_PR_SET_PDEATHSIG, int(at_death), 0, 0, 0)
        if os.getppid() != parent:  # we died between fork and prctl
            os._exit(1)

    return tie
