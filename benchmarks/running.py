"""An `askpress up` in a process of its own, as a person starts it, and what it says."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from benchmarks import measure, servers

_QUESTION = b'{"q": "How much does winter storage cost?"}'
_PATIENCE_SECONDS = 300


@dataclass
class Running:
    """One `up`; times are seconds since it was asked for."""

    child: subprocess.Popen[str]
    begun: float
    url: str = ""
    key: str = ""
    ready: float = 0.0
    # CPU of all its processes until it was ready.
    ready_cpu: float = 0.0
    answered: float = 0.0
    synced: float = 0.0

    def wait_until_ready(self) -> None:
        """Return when it has printed its address and its key, and says that it is up."""
        self.url = self._read(r"answers for .*: (http://\S+)")
        self.key = self._read(r"API key: (\S+)")
        self._read("(Ctrl-C)")
        self.ready = time.perf_counter() - self.begun
        self.ready_cpu = measure.cpu_seconds(self.child.pid)

    def wait_until_answered(self) -> None:
        """Ask until there is an answer with a source."""
        while not self.answered:
            if json.loads(self.ask("/ask"))["sources"]:
                self.answered = time.perf_counter() - self.begun
            else:
                time.sleep(0.1)

    def wait_until_synced(self) -> None:
        """Return when the first sync has ended."""
        self._read("(Synced )")
        self.synced = time.perf_counter() - self.begun

    def ask(self, path: str) -> bytes:
        """Return the reply to the question the sample is sure to answer; until there is an index, an empty one."""
        try:
            return servers.post(f"{self.url}{path}", body=_QUESTION, key=self.key)
        except servers.Refused as refused:
            if refused.status == 503 and time.perf_counter() - self.begun < _PATIENCE_SECONDS:
                return b'{"sources": []}'
            raise

    def _read(self, pattern: str) -> str:
        for line in _lines(self.child.stdout):
            found = re.search(pattern, line)
            if found:
                return found[1]
        raise SystemExit("`up` ended before it was ready: see the lines above")


@contextlib.contextmanager
def up(command: Sequence[str], *, folder: Path, environment: Mapping[str, str]) -> Iterator[Running]:
    """Run the command in `folder`, which starts `up`, until the block ends."""
    begun = time.perf_counter()
    child = subprocess.Popen(
        list(command),
        cwd=folder,
        env=dict(environment),
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
        start_new_session=True,
    )
    try:
        yield Running(child, begun)
    finally:
        # As Ctrl-C in a terminal: to `make` and to what it has started.
        os.killpg(child.pid, signal.SIGINT)
        child.wait(60)


def parts(data: Path) -> dict[str, int]:
    """Return the process ids of a running `up`, by the names it gives its parts."""
    written = json.loads((data / "run.json").read_text())["processes"]
    return {name: int(pid) for name, (pid, _) in written.items()}


def _lines(output: IO[str] | None) -> Iterator[str]:
    assert output is not None
    while line := output.readline():
        yield line
