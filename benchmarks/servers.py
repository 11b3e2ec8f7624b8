"""Servers a benchmark needs beside it, each in a process of its own so that its CPU is its own."""

from __future__ import annotations

import contextlib
import http.client
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
_START_SECONDS = 60


class Refused(SystemExit):
    """A reply that is not 200."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@contextlib.contextmanager
def gunicorn(words: Sequence[str], *, environment: Mapping[str, str], path: str) -> Iterator[tuple[int, int]]:
    """Run gunicorn with `words` on a free port until the block ends; yields its pid and port once `path` answers."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", *words, "--bind", f"127.0.0.1:{port}"]
    with process(command, environment={**environment, "ASKPRESS_WEB_BIND": f"127.0.0.1:{port}"}) as child:
        deadline = time.monotonic() + _START_SECONDS
        while not _answers(port, path):
            if child.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{' '.join(command)} did not start")
            time.sleep(0.05)
        yield child.pid, port


@contextlib.contextmanager
def printing_url(module: str, *words: str, environment: Mapping[str, str]) -> Iterator[str]:
    """Run a module of ours that prints its address when it is ready."""
    with process([sys.executable, "-m", module, *words], environment=environment) as child:
        assert child.stdout is not None
        url = child.stdout.readline().decode().strip()
        if not url:
            raise SystemExit(f"{module} did not start")
        yield url


@contextlib.contextmanager
def process(command: Sequence[str], *, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command from the repository's root until the block ends."""
    with tempfile.TemporaryFile() as log:
        child = subprocess.Popen(command, env=dict(environment), cwd=ROOT, stdout=subprocess.PIPE, stderr=log)
        try:
            yield child
        except SystemExit:
            log.seek(0)
            sys.stderr.write(log.read()[-3000:].decode(errors="replace"))
            raise
        finally:
            end(child)


def end(child: subprocess.Popen[bytes]) -> None:
    """Stop a child, politely first."""
    child.terminate()
    try:
        child.wait(15)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def post(url: str, *, body: bytes, key: str, connection: http.client.HTTPConnection | None = None) -> bytes:
    """Return the reply to a JSON body; raises Refused for anything but 200, which ends a benchmark."""
    parts = urlsplit(url)
    door = connection or http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    door.request("POST", parts.path, body, {"X-API-Key": key, "Content-Type": "application/json"})
    reply = door.getresponse()
    content = reply.read()
    if connection is None:
        door.close()
    if reply.status != 200:
        raise Refused(f"{url} answered {reply.status}: {content[:300].decode(errors='replace')}", reply.status)
    return content


def _answers(port: int, path: str) -> bool:
    door = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.closing(door):
        try:
            door.request("GET", path)
            door.getresponse().read()
        except (OSError, http.client.HTTPException):
            return False
    return True
