"""Child processes that end with us, and servers made of them."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from askpress.embedded import account as accounts

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


@dataclass(frozen=True)
class Server:
    url: str  # what a client connects to
    child: subprocess.Popen[bytes]
    stops: tuple[signal.Signals, ...]  # sent one after the other until it ends: polite first

    def stop(self, *, patience_seconds: float = 15) -> None:
        stop(self.child, self.stops, patience_seconds=patience_seconds)


def spawn(
    command: list[str],
    *,
    log: Path,
    environment: Mapping[str, str],
    at_death: signal.Signals,
    account: accounts.Account | None = None,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, so that Ctrl-C reaches only us.

    On Linux the kernel sends it `at_death` when we die, however we die.
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(environment),
            cwd=cwd or "/",
            start_new_session=True,
            preexec_fn=_tether(at_death),  # runs after setuid, which would clear it
            **accounts.identity(account),
        )


def stop(
    child: subprocess.Popen[bytes], signals: tuple[signal.Signals, ...], *, patience_seconds: float
) -> None:
    """Send one signal after the other until the child has ended; returns at once when it already has."""
    for number in (*signals, signal.SIGKILL):
        if child.poll() is not None:
            return
        child.send_signal(number)
        try:
            child.wait(patience_seconds)
        except subprocess.TimeoutExpired:
            continue


def last_line(log: Path, *words: str) -> str:
    """Return the log's last line that holds one of the words (any line without words), or ''."""
    try:
        lines = log.read_text(errors="replace").splitlines()[-200:]
    except OSError:
        return ""
    fitting = [line for line in lines if not words or any(word in line for word in words)]
    return fitting[-1].strip() if fitting else ""


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
