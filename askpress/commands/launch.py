"""One run of `up`: the order in which its parts start, and what the others are told of it."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from askpress.commands import parts, welcome
from askpress.commands.first_sync import FirstSync
from askpress.commands.welcome import KEY_FILE, Prepared
from askpress.embedded import lock, process
from askpress.embedded.supervise import Interrupted, Interruption, Part, Supervisor
from askpress.errors import EmbeddedError

_READY_SECONDS = 60


@dataclass(frozen=True)
class Plan:
    """What an `up` is to do."""

    directory: Path
    # The site's address; "" for the sample.
    url: str
    sample: bool
    port: int
    # Servers that are given; "" for those we start.
    database_url: str
    redis_url: str
    # A key that the environment gives; "" for one of our own making.
    api_key: str


class Launch:
    """Starts the parts one after the other; each learns from the environment where the earlier ones are."""

    def __init__(self, plan: Plan, directory: Path, interruption: Interruption, console: Console) -> None:
        self._plan = plan
        self._directory = directory
        self._interruption = interruption
        self._console = console
        self._environment = parts.passed_on()
        self._parts = parts.Parts(directory, self._environment, interruption.pause)
        self._supervisor = Supervisor(interruption, self._say, self._write_state)
        # What other commands are told: names and values of the environment.
        self._addresses: dict[str, str] = {}

    def go(self, door: socket.socket) -> None:
        """Start everything and stay until interrupted; nothing is left running, however it ends."""
        try:
            self._start_stores()
            # Side by side: each spends most of its time importing Django.
            with self._parts.step("prepare", str(self._directory)) as child:
                web = self._start_web(door)
                prepared = self._prepared(child)
            self._wait_until_healthy(web, door)
            self._say(welcome.text(parts.address(door), prepared, sample=self._plan.sample))
            self._supervisor.start(self._parts.worker())
            self._follow(prepared, parts.address(door))
        except Interrupted:
            self._say("Stopping ...")
            raise
        finally:
            self._supervisor.end()
            (self._directory / lock.STATE).unlink(missing_ok=True)

    def _start_stores(self) -> None:
        plan = self._plan
        self._tell(ASKPRESS_DATA_DIR=str(self._directory))
        self._tell(DATABASE_URL=plan.database_url or self._url_of(self._parts.postgres()))
        self._tell(REDIS_URL=plan.redis_url or self._url_of(self._parts.valkey()))
        if plan.sample:
            url = self._url_of(self._parts.sample(parts.sample_port(self._directory)))
            self._tell(WP_URL=url, SAMPLE="1", ASKPRESS_ALLOW_PRIVATE_ADDRESSES="1")
        else:
            self._tell(WP_URL=plan.url)

    def _prepared(self, child: subprocess.Popen[bytes]) -> Prepared:
        """Wait for the tables, the key and the first sync's job."""
        try:
            while child.poll() is None:
                self._interruption.pause(0.02)
        finally:
            process.stop(child, (), patience_seconds=5)
        output = child.stdout.read() if child.stdout else b""
        if child.returncode:
            raise SystemExit(child.returncode)  # it has said why
        prepared = Prepared(**json.loads(output))
        (self._directory / parts.SITE_FILE).write_text(prepared.site + "\n")
        return prepared

    def _start_web(self, door: socket.socket) -> Part:
        self._tell(URL=parts.address(door), API_KEY_FILE=str(self._directory / KEY_FILE))
        web = self._parts.web(door)
        self._supervisor.start(web)
        return web

    def _wait_until_healthy(self, web: Part, door: socket.socket) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while (status := _health(door)) != http.client.OK:
            ended = web.server is not None and web.server.child.poll() is not None
            if ended or status >= http.client.INTERNAL_SERVER_ERROR:
                raise EmbeddedError(f"The web server did not start: {process.last_line(web.log)} (see {web.log})")
            if time.monotonic() > deadline:
                raise EmbeddedError(f"The web server was not ready after {_READY_SECONDS} s (see {web.log}).")
            self._interruption.pause(0.03)

    def _follow(self, prepared: Prepared, url: str) -> None:
        def invite(title: str) -> None:
            sample = self._plan.sample
            self._say(welcome.lines_to_paste(url, prepared.key, title=title, sample=sample))

        database = self._environment["DATABASE_URL"]
        first_sync = FirstSync(database, prepared.last_run, self._console, on_searchable=invite)
        with contextlib.closing(first_sync):
            self._supervisor.watch(first_sync.tick)

    def _url_of(self, part: Part) -> str:
        return self._supervisor.start(part).url

    def _say(self, line: str) -> None:
        # Not a property of the console: the progress bar could not redraw its line then.
        self._console.print(line, soft_wrap=True)

    def _tell(self, **addresses: str) -> None:
        self._environment.update(addresses)
        self._addresses.update(addresses)
        self._write_state(self._supervisor.pids())

    def _write_state(self, pids: dict[str, int]) -> None:
        lock.write(self._directory, self._addresses, pids)


def _health(door: socket.socket) -> int:
    """Return the status of /healthz, 0 while nobody answers; the port is ours, so it is our web server."""
    host, port = door.getsockname()
    connection = http.client.HTTPConnection(host, port, timeout=5)
    with contextlib.closing(connection):
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
