"""Keeps the parts of `up` running: starts them in order, starts again what dies, ends them in reverse."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from askpress.embedded import process
from askpress.errors import AskpressError, EmbeddedError

# A part that lives shorter than this has died quickly; the fourth quick death in a row is the last.
QUICK_SECONDS = 20.0
PAUSES_SECONDS = (0.3, 1.0, 3.0)
_LOOK_SECONDS = 0.2
# A log of 5 MB may grow by what is written in this time.
_TIDY_SECONDS = 60.0
_LINE_MAX_CHARS = 200


class Interrupted(Exception):
    """Somebody wants us to stop: Ctrl-C, TERM, or the terminal was closed."""


@dataclass
class Interruption:
    """A wish to stop, looked at where stopping is safe instead of breaking in anywhere."""

    wished: bool = False

    def listen(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)

    def pause(self, seconds: float) -> None:
        """Sleep; raises Interrupted as soon as somebody has asked to stop."""
        end = time.monotonic() + seconds
        while not self.wished and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, 0.05))
        if self.wished:
            raise Interrupted

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.wished = True


@dataclass
class Part:
    """One process of `up` and what its supervisor knows of it."""

    name: str
    start: Callable[[], process.Server]
    log: Path
    # How long it may take to end politely.
    patience_seconds: float
    server: process.Server | None = None
    started_at: float = 0.0
    quick_deaths: int = 0
    # When it is started again; None while it runs.
    again_at: float | None = None


@dataclass
class Supervisor:
    """Starts, watches and ends parts; `say` prints a line, `on_change` hears of every start."""

    interruption: Interruption
    say: Callable[[str], None]
    on_change: Callable[[dict[str, int]], None]
    parts: list[Part] = field(default_factory=list)
    _tidy_at: float = 0.0

    def start(self, part: Part) -> process.Server:
        """Start a part and watch it from now on; what it needs must have been started before."""
        self.parts.append(part)
        return self._start(part)

    def watch(self, tick: Callable[[], None]) -> None:
        """Keep the parts running and call `tick` several times a second, until interrupted or one gives up."""
        while True:
            self.look()
            tick()
            self.interruption.pause(_LOOK_SECONDS)

    def look(self) -> None:
        """Start again what has died and is due; parts after a dead one wait for it. Keep logs short."""
        if time.monotonic() >= self._tidy_at:
            self._tidy_at = time.monotonic() + _TIDY_SECONDS
            for part in self.parts:
                process.shorten(part.log)
        for part in self.parts:
            if part.again_at is None and self._ended(part):
                self._note_death(part)
            if part.again_at is not None:
                if time.monotonic() < part.again_at:
                    return
                self._start_again(part)

    def end(self) -> None:
        """End all parts, the last started first."""
        while self.parts:
            part = self.parts.pop()
            if part.server:
                part.server.stop(patience_seconds=part.patience_seconds)
                _kill_rest(part.server.child)

    def pids(self) -> dict[str, int]:
        """Return the process ids of the parts, and our own."""
        running = {part.name: part.server.child.pid for part in self.parts if part.server}
        return {"up": os.getpid(), **running}

    def _start(self, part: Part) -> process.Server:
        part.again_at = None
        part.started_at = time.monotonic()
        part.server = part.start()
        self.on_change(self.pids())
        return part.server

    def _start_again(self, part: Part) -> None:
        try:
            self._start(part)
        except EmbeddedError as error:
            self._note_death(part, str(error))
        else:
            self.say(f"{part.name} was started again.")

    def _ended(self, part: Part) -> bool:
        return part.server is not None and part.server.child.poll() is not None

    def _note_death(self, part: Part, reason: str = "") -> None:
        if part.server:
            _kill_rest(part.server.child)
        quick = time.monotonic() - part.started_at < QUICK_SECONDS
        part.quick_deaths = part.quick_deaths + 1 if quick else 1
        reason = reason or _how_it_ended(part)
        if part.quick_deaths > len(PAUSES_SECONDS):
            raise GivenUp(f"{reason} That was the {part.quick_deaths}th time in a row: giving up.")
        part.again_at = time.monotonic() + PAUSES_SECONDS[part.quick_deaths - 1]
        self.say(reason)


class GivenUp(AskpressError):
    """A part dies again and again."""


def _how_it_ended(part: Part) -> str:
    code = part.server.child.returncode if part.server else None
    if code is not None and code < 0:
        return f"{part.name} was killed ({_signal_name(-code)})."
    line = process.last_line(part.log) if code else ""
    return f"{part.name} ended with exit code {code}: {line[:_LINE_MAX_CHARS]} (see {part.log})."


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _kill_rest(child: subprocess.Popen[bytes]) -> None:
    """Kill what a part's own children have left in its process group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
