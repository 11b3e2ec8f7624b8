"""MariaDB and PHP's web server for the tests, each stopped with its children by the ids they started with."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from tests.wordpress import packages

START_SECONDS = 60.0
USER = ["--user=root"] if os.geteuid() == 0 else []


class Process:
    """A program with a log and a process group of its own."""

    def __init__(self, command: list[str], *, log: Path, environment: dict[str, str] | None = None) -> None:
        self.log = log
        with log.open("ab") as output:
            self.running = subprocess.Popen(
                command,
                env=os.environ | (environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def wait_for(self, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if self.running.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.running.args!r} did not start: {self.log.read_text()[-2000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        if self.running.poll() is not None:
            return
        # The group is the program's own, so PHP's workers go with it and nobody else does.
        os.killpg(self.running.pid, signal.SIGTERM)
        try:
            self.running.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.running.pid, signal.SIGKILL)
            self.running.wait()


def start_mariadb(folder: Path) -> tuple[Process, Path]:
    """Start MariaDB on a socket in the folder, with an empty database for WordPress."""
    data, sock, log = folder / "mariadb", folder / "m.sock", folder / "mariadb.log"
    with log.open("ab") as output:
        subprocess.run(
            [
                *(packages.program("mariadb-install-db"), "--no-defaults", *USER, f"--datadir={data}"),
                *("--skip-test-db", "--auth-root-authentication-method=normal"),
            ],
            check=True,
            stdout=output,
            stderr=output,
        )
    server = Process(
        [
            *(packages.program("mariadbd"), "--no-defaults", *USER, f"--datadir={data}", f"--socket={sock}"),
            *("--skip-networking", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0"),
        ],
        log=log,
    )
    server.wait_for(lambda: answers(sock))
    run_sql(
        sock,
        "CREATE DATABASE wordpress CHARACTER SET utf8mb4;"
        "CREATE USER wordpress@localhost IDENTIFIED BY 'wordpress';"
        "GRANT ALL ON wordpress.* TO wordpress@localhost;",
    )
    return server, sock


def run_sql(sock: Path, statements: str) -> None:
    command = [packages.program("mariadb"), "--no-defaults", f"--socket={sock}", "--user=root"]
    subprocess.run(command, input=statements, text=True, check=True, capture_output=True)


def answers(sock: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(sock)) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_php(root: Path, *, port: int, log: Path, environment: dict[str, str]) -> Process:
    """Start PHP's own web server with workers, so that one slow request does not hold up the others."""
    router = str(Path(__file__).parent / "php" / "router.php")
    server = Process(
        [packages.program("php"), "-d", "opcache.enable_cli=1", "-S", f"127.0.0.1:{port}", "-t", str(root), router],
        log=log,
        environment=environment | {"PHP_CLI_SERVER_WORKERS": "4"},
    )
    server.wait_for(lambda: serves(f"http://127.0.0.1:{port}/license.txt"))
    return server


def serves(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=30).close()
    except urllib.error.HTTPError as error:
        error.close()
        return True
    except OSError:
        return False
    return True
