"""How each part of `up` is started; who watches over them is embedded/supervise.py."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from askpress import embedded
from askpress.embedded import place, process
from askpress.embedded.supervise import Part
from askpress.errors import EmbeddedError, UsageError

GUNICORN = Path(__file__).resolve().parents[2] / "deploy/gunicorn.conf.py"
SAMPLE_FILE = "sample.json"
SITE_FILE = "site"
HOST = "127.0.0.1"
# Below the ports that systems give to outgoing connections, and away from those that people choose.
_SAMPLE_PORTS = range(20_000, 30_000)
_SAMPLE_TRIES = 50


@dataclass
class Parts:
    """Makes the parts of one `up`; `environment` grows with the addresses of what has been started."""

    # The data directory.
    directory: Path
    environment: dict[str, str]
    pause: Callable[[float], None]
    _store: Path | None = field(default=None)

    def postgres(self) -> Part:
        log, store = self._log("postgres"), self._servers_place()
        start = lambda: embedded.start_postgres(store, durable=True, log=log, pause=self.pause)  # noqa: E731
        return Part("Postgres", start, log, patience_seconds=20)

    def valkey(self) -> Part:
        log, store = self._log("valkey"), self._servers_place()
        start = lambda: embedded.start_valkey(store, log=log, pause=self.pause)  # noqa: E731
        return Part("Valkey", start, log, patience_seconds=3)

    def sample(self, port: int) -> Part:
        log = self._log("sample")
        command = [sys.executable, "-m", "askpress.sample", "--host", HOST, "--port", str(port)]
        start = lambda: self._server(command, url=sample_url(port), log=log)  # noqa: E731
        return Part("Sample site", start, log, patience_seconds=2)

    def web(self, listener: socket.socket) -> Part:
        log = self._log("web")
        command = [sys.executable, "-m", "gunicorn", "-c", str(GUNICORN), "askpress.wsgi"]
        number = listener.fileno()
        self.environment["ASKPRESS_WEB_BIND"] = f"fd://{number}"
        start = lambda: self._server(command, url=address(listener), log=log, keep=(number,))  # noqa: E731
        return Part("Web server", start, log, patience_seconds=4)

    def worker(self) -> Part:
        log = self._log("worker")
        command = [sys.executable, "-m", "askpress", "worker"]
        start = lambda: self._server(command, url="", log=log)  # noqa: E731
        return Part("Worker", start, log, patience_seconds=4)

    def step(self, name: str, *words: str) -> subprocess.Popen[bytes]:
        """Start a step of ours whose output is read; its errors go where ours go."""
        command = [sys.executable, "-m", "askpress", name, *words]
        return process.spawn(command, environment=self.environment, at_death=signal.SIGTERM, cwd=Path.cwd())

    def _server(self, command: list[str], *, url: str, log: Path, keep: tuple[int, ...] = ()) -> process.Server:
        child = process.spawn(
            command,
            environment=self.environment,
            at_death=signal.SIGTERM,
            log=log,
            cwd=Path.cwd(),
            keep=keep,
        )
        return process.Server(url=url, child=child, stops=(signal.SIGTERM,))

    def _servers_place(self) -> Path:
        self._store = self._store or place.store(self.directory)
        return self._store

    def _log(self, name: str) -> Path:
        return self.directory / place.LOGS / f"{name}.log"


def listen_on(port: int) -> socket.socket:
    """Return a bound socket that the web server inherits: while we run nobody else can take the port."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        # Below 1024 ports are root's.
        why, other = ("not ours to take", 8000) if isinstance(error, PermissionError) else ("taken", port + 1)
        raise UsageError(
            f"port {port} is {why}: choose another, `make up PORT={other}` or `askpress up --port {other}`."
        ) from None
    return listener


def address(listener: socket.socket) -> str:
    return f"http://{HOST}:{listener.getsockname()[1]}"


def sample_url(port: int) -> str:
    return f"http://{HOST}:{port}"


def sample_port(directory: Path) -> int:
    """Return the sample site's port, the same each time: its posts' addresses are in the index."""
    file = directory / SAMPLE_FILE
    if file.exists():
        port = int(json.loads(file.read_text())["port"])
        if not _is_free(port):
            raise EmbeddedError(
                f"Port {port}, where this sample site lives, is taken: free it, or use another directory with --data."
            )
        return port
    for port in random.sample(_SAMPLE_PORTS, _SAMPLE_TRIES):
        if _is_free(port):
            file.write_text(json.dumps({"port": port}))
            return port
    raise EmbeddedError(f"No port from {_SAMPLE_PORTS[0]} to {_SAMPLE_PORTS[-1]} was free for the sample site.")


def _is_free(port: int) -> bool:
    try:
        listen_on(port).close()
    except UsageError:
        return False
    return True


def passed_on() -> dict[str, str]:
    """Return our environment for the children: it holds what .env says, and Python's output comes at once."""
    return {**os.environ, "PYTHONUNBUFFERED": "1", "DJANGO_SETTINGS_MODULE": "askpress.settings"}
