"""A newcomer's first minutes, unprivileged: clone, make up, paste the two curl lines, Ctrl-C, make up again."""

from __future__ import annotations

import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
INSTALL_SECONDS = 900  # the registry's and the disk's time, not ours
FIRST_ANSWER_SECONDS = 60
WARM_SECONDS = 20  # 6 on a machine that does nothing else
PASSED_ON = re.compile(r"PATH|LANG|LC_.*|PIP_.*|SSL_.*|.*_proxy|.*_PROXY|OPENBLAS.*")


class Trouble(Exception):
    pass


class Up:
    """A running `make up`, and the lines it has printed, each with its time."""

    def __init__(self, clone: Path, port: int) -> None:
        self.begun, self.begun_at = time.monotonic(), time.time()
        self.lines: list[tuple[float, str]] = []
        environment = {name: value for name, value in os.environ.items() if PASSED_ON.fullmatch(name)}
        self.process = subprocess.Popen(
            ["make", "up", f"PORT={port}"],
            cwd=clone,
            env=environment | {"HOME": str(clone.parent)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            **unprivileged(),
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.lines.append((time.monotonic() - self.begun, line.rstrip()))
            # This machine's own registry settings, not the newcomer's.
            if not line.startswith("WARNING: Location"):
                print(f"   | {line.rstrip()}", flush=True)

    def printed(self, start: str) -> tuple[float, str] | None:
        return next((row for row in self.lines if row[1].startswith(start)), None)

    def wait_for(self, start: str, *, seconds: float) -> tuple[float, str]:
        wait(lambda: self.printed(start) or self.process.poll() is not None, seconds, f"a line that begins {start!r}")
        row = self.printed(start)
        if row is None:
            raise Trouble("make up ended by itself.")
        return row

    def interrupt(self) -> None:
        """Do what Ctrl-C does: signal everything that the terminal runs."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(60)


def unprivileged() -> dict[str, Any]:
    if os.geteuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@contextmanager
def fresh_clone() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="askpress-newcomer-", dir="/tmp"))
    try:
        clone = folder / "askpress"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        who = unprivileged()
        if who:
            subprocess.run(["chown", "-R", f"{who['user']}:{who['group']}", str(folder)], check=True)
        yield clone
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def wait(met: Callable[[], object], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not met():
        if time.monotonic() > deadline:
            raise Trouble(f"There was not {what} within {seconds:.0f} s.")
        time.sleep(0.05)


def pasted(line: str) -> dict[str, Any]:
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True, timeout=60)
    return dict(json.loads(done.stdout))


def curl_lines(up: Up) -> tuple[str, str]:
    """Return the two lines, which appear as soon as there is something to ask about."""
    seconds = FIRST_ANSWER_SECONDS
    wait(lambda: sum(line.startswith("curl ") for _, line in up.lines) >= 2, seconds, "two curl lines")
    search, ask = (line for _, line in up.lines if line.startswith("curl "))
    return search, ask


def first_answer(up: Up) -> dict[str, Any]:
    """Paste both lines until the post that holds the answer has been read."""
    search, ask = curl_lines(up)
    wait(lambda: pasted(search)["results"], FIRST_ANSWER_SECONDS, "a search result")
    wait(lambda: pasted(ask)["sources"], FIRST_ANSWER_SECONDS, "an answer with sources")
    return pasted(ask)


def follow_readme(clone: Path) -> None:
    """Paste the lines for the second terminal, and compare the first one's answer with what is printed there."""
    readme = (clone / "README.md").read_text()
    lines = re.findall(r"(?m)^\.venv/bin/askpress .*$", readme)
    promised = re.findall(r"(?ms)^```text\n(.*?)^```$", readme)[0]
    said = [
        subprocess.run(
            ["bash", "-c", line], cwd=clone, capture_output=True, text=True, check=True, timeout=120, **unprivileged()
        ).stdout
        for line in lines
    ]
    # The sample site's port is another on each machine.
    if re.sub(r"127\.0\.0\.1:\d+", "", said[0]) != re.sub(r"127\.0\.0\.1:\d+", "", promised):
        raise Trouble(f"README.md promises another answer than this one:\n{said[0]}")
    print(f"README.md: {len(lines)} commands run, and the answer is the one that it shows.")


def left_over(clone: Path) -> list[str]:
    """Return the commands of processes that run out of the clone."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it has just ended
        if str(clone) in command:
            found.append(command)
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def first_run(clone: Path, port: int) -> None:
    up = Up(clone, port)
    try:
        ready, _ = up.wait_for("Ctrl-C stops it", seconds=INSTALL_SECONDS)
        answer = first_answer(up)
        answered = time.monotonic() - up.begun
        up.wait_for("Synced ", seconds=INSTALL_SECONDS)
        follow_readme(clone)
    finally:
        up.interrupt()
    installed = (clone / ".venv/local.installed").stat().st_mtime - up.begun_at
    print(f"installed after {installed:.1f} s; then ready in {ready - installed:.1f} s", end=", ")
    print(f"first answer in {answered - installed:.1f} s")
    print(f"answer: {answer['answer']!r} from {[source['url'] for source in answer['sources']]}")
    if not re.search(r"\d", answer["answer"]):
        raise Trouble("The answer to a question for a price holds no number.")
    if answered - installed > FIRST_ANSWER_SECONDS:
        raise Trouble(f"The first answer took more than {FIRST_ANSWER_SECONDS} s.")
    wait(lambda: not left_over(clone), 10, f"an end of {left_over(clone)}")


def second_run(clone: Path, port: int) -> None:
    up = Up(clone, port)
    try:
        ready, _ = up.wait_for("Ctrl-C stops it", seconds=WARM_SECONDS)
        answer = pasted(curl_lines(up)[1])
    finally:
        up.interrupt()
    print(f"warm start: ready after {ready:.1f} s")
    if not answer["sources"]:
        raise Trouble("After a second make up the question has no answer.")
    wait(lambda: not left_over(clone), 10, f"an end of {left_over(clone)}")


def main() -> int:
    port = free_port()
    try:
        with fresh_clone() as clone:
            first_run(clone, port)
            second_run(clone, port)
    except Trouble as trouble:
        print(f"The newcomer got stuck: {trouble}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
