"""The embedded Valkey: answer cache and throttle, in memory only."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from askpress.embedded import account as accounts
from askpress.embedded import binaries, place, process
from askpress.errors import EmbeddedError

SOCKET = "valkey.sock"
START_SECONDS = 20
STOPS = (signal.SIGTERM,)
MEMORY_MAX = "128mb"


def start(store: Path, *, log: Path | None = None, pause: Callable[[float], None] = time.sleep) -> process.Server:
    """Start Valkey (or Redis) with a Unix socket below `store`; what it holds is gone when it ends."""
    account = accounts.for_servers(store / place.CLUSTER)
    program = binaries.valkey_program(account)
    sockets = place.socket_directory(store, SOCKET, account)
    log = log or store / "valkey.log"
    child = process.spawn(
        _command(program, sockets),
        environment=accounts.environment(),
        at_death=signal.SIGTERM,
        log=log,
        account=account,
    )
    _wait_until_ready(child, sockets=sockets, log=log, pause=pause)
    return process.Server(url=address(sockets), child=child, stops=STOPS)


def address(sockets: Path) -> str:
    """Return the connection string for the server whose socket is in the directory."""
    return f"unix://{quote(str(sockets / SOCKET))}?db=0"


def answers(sockets: Path) -> bool:
    """Return whether a server on the socket answers PING."""
    try:
        return command(sockets, "PING") == "+PONG"
    except OSError:
        return False


def command(sockets: Path, word: str) -> str:
    """Send one word and return the first line of the reply; needs no client library."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(5)
        connection.connect(str(sockets / SOCKET))
        connection.sendall(f"{word}\r\n".encode())
        return connection.recv(512).decode(errors="replace").strip()


def _command(program: Path, sockets: Path) -> list[str]:
    options = {
        "port": "0",
        "unixsocket": str(sockets / SOCKET),
        "unixsocketperm": "700",
        "save": "",
        "appendonly": "no",
        "dir": str(sockets),
        "maxmemory": MEMORY_MAX,
        "maxmemory-policy": "allkeys-lru",
    }
    return [str(program), *(word for name, value in options.items() for word in (f"--{name}", value))]


def _wait_until_ready(
    child: subprocess.Popen[bytes], *, sockets: Path, log: Path, pause: Callable[[float], None]
) -> None:
    deadline = time.monotonic() + START_SECONDS
    try:
        while not answers(sockets):
            if child.poll() is not None:
                raise EmbeddedError(f"Valkey did not start: {process.last_line(log)} (see {log}).")
            if time.monotonic() > deadline:
                raise EmbeddedError(f"Valkey was not ready after {START_SECONDS} s (see {log}).")
            pause(0.01)
    except BaseException:
        process.stop(child, STOPS, patience_seconds=5)
        raise
