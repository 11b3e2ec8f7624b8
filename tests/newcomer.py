"""Runs `askpress` as a newcomer's shell does: as a process of its own, with none of the tests' addresses."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askpress.embedded import lock

READY = "Ctrl-C stops it."
INVITED = "/ask -H"
PATIENCE_SECONDS = 120


@dataclass
class Up:
    """A started `askpress up`."""

    data: Path
    child: subprocess.Popen[str]
    port: int
    output: Path

    def text(self) -> str:
        return self.output.read_text()

    def wait_for(self, words: str) -> None:
        until(lambda: words in self.text() or self.child.poll() is not None)
        assert words in self.text(), self.text()

    def pids(self) -> dict[str, int]:
        return {name: pid for name, (pid, _) in lock.read(self.data).processes.items()}

    def curl(self, path: str) -> Any:
        """Paste the line that was printed for the path into a shell."""
        line = next(line for line in self.text().splitlines() if line.startswith("curl ") and path in line)
        return json.loads(subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True).stdout)

    def end(self, number: signal.Signals) -> int:
        self.child.send_signal(number)
        return self.child.wait(30)


def until(done: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**more: str) -> dict[str, str]:
    """Return what a newcomer's shell has: none of the addresses that the other tests use."""
    ours = ("DATABASE_URL", "REDIS_URL", "ASKPRESS_DATA_DIR", "ASKPRESS_ALLOW_PRIVATE_ADDRESSES")
    return {name: value for name, value in os.environ.items() if name not in ours} | more


def askpress(*words: object, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "askpress", *map(str, words)]
    return subprocess.run(
        command, capture_output=True, text=True, env=environment(**more), check=False, timeout=PATIENCE_SECONDS
    )


def launch(data: Path, *words: str, **more: str) -> Up:
    port, output = free_port(), data.with_name(f"{data.name}.out")
    command = [sys.executable, "-m", "askpress", "up", *words, "--data", str(data), "--port", str(port)]
    with output.open("w") as file:
        child = subprocess.Popen(command, stdout=file, stderr=file, env=environment(**more), text=True)
    return Up(data, child, port, output)
