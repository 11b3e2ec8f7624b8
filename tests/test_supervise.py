"""Keeping parts running: what dies is started again, what keeps dying ends it all, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from askpress.embedded import process, supervise
from askpress.embedded.supervise import GivenUp, Interrupted, Interruption, Part, Supervisor
from askpress.errors import EmbeddedError


@dataclass
class Watched:
    """A supervisor that writes down what it says."""

    directory: Path
    said: list[str] = field(default_factory=list)
    changes: list[dict[str, int]] = field(default_factory=list)
    interruption: Interruption = field(default_factory=Interruption)

    def __post_init__(self) -> None:
        self.supervisor = Supervisor(self.interruption, self.said.append, self.changes.append)

    def part(self, name: str, script: str) -> Part:
        log = self.directory / f"{name}.log"

        def start() -> process.Server:
            child = process.spawn(["sh", "-c", script], environment=dict(os.environ), at_death=signal.SIGTERM, log=log)
            return process.Server(url="", child=child, stops=(signal.SIGTERM,))

        return Part(name, start, log, patience_seconds=2)

    def look_until(self, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 20
        while not done() and time.monotonic() < deadline:
            self.supervisor.look()
            time.sleep(0.02)
        assert done(), self.said


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    it = Watched(tmp_path)
    yield it
    it.supervisor.end()


def pid(part: Part) -> int:
    assert part.server
    return part.server.child.pid


def test_a_killed_part_is_started_again_with_a_line(watched: Watched) -> None:
    part = watched.part("Worker", "exec sleep 600")
    watched.supervisor.start(part)
    first = pid(part)

    os.kill(first, signal.SIGKILL)
    watched.look_until(lambda: part.again_at is None and pid(part) != first)

    assert watched.said == ["Worker was killed (SIGKILL).", "Worker was started again."]
    assert watched.changes[-1] == {"up": os.getpid(), "Worker": pid(part)}


def test_a_long_log_is_moved_aside_while_its_part_goes_on_writing(watched: Watched) -> None:
    part = watched.part("Web server", "while sleep 0.02; do echo alive; done")
    part.log.write_bytes(b"request answered\n" * 300_000)
    watched.supervisor.start(part)

    watched.look_until(lambda: part.log.read_bytes().startswith(b"alive"))

    assert part.log.with_suffix(".log.1").read_bytes().startswith(b"request answered")
    assert part.log.stat().st_size < 10_000
    assert watched.said == []


def test_a_part_that_keeps_dying_is_given_up_with_its_last_words(watched: Watched) -> None:
    part = watched.part("Worker", "echo no room for me; exit 3")
    watched.supervisor.start(part)

    with pytest.raises(GivenUp, match=r"Worker ended with exit code 3: no room for me .*giving up"):
        watched.look_until(lambda: False)
    assert part.quick_deaths == len(supervise.PAUSES_SECONDS) + 1


def test_a_part_that_lived_long_is_not_given_up(watched: Watched) -> None:
    part = watched.part("Worker", "exec sleep 600")
    watched.supervisor.start(part)
    part.quick_deaths = len(supervise.PAUSES_SECONDS)
    part.started_at -= supervise.QUICK_SECONDS

    os.kill(pid(part), signal.SIGKILL)
    watched.look_until(lambda: bool(watched.said))

    assert part.quick_deaths == 1


def test_a_part_waits_until_what_it_needs_is_back(watched: Watched) -> None:
    base, user = watched.part("Postgres", "exec sleep 600"), watched.part("Worker", "exec sleep 600")
    watched.supervisor.start(base)
    watched.supervisor.start(user)

    for part in (user, base):
        assert part.server
        part.server.child.kill()
        part.server.child.wait()
    watched.look_until(lambda: len(watched.said) == 4)

    assert [line.split()[0] for line in watched.said] == ["Postgres", "Postgres", "Worker", "Worker"]


def test_a_start_that_fails_is_tried_again(watched: Watched) -> None:
    part = watched.part("Postgres", "exec sleep 600")
    good = part.start
    watched.supervisor.start(part)
    attempts = iter([EmbeddedError("Postgres did not start: in recovery"), None])

    def start() -> process.Server:
        if failure := next(attempts):
            raise failure
        return good()

    part.start = start
    os.kill(pid(part), signal.SIGKILL)
    watched.look_until(lambda: watched.said[-1:] == ["Postgres was started again."])

    assert watched.said[1] == "Postgres did not start: in recovery"


def test_parts_end_in_reverse_and_none_is_left(watched: Watched) -> None:
    ended = watched.directory / "ended"
    script = f"trap 'echo {{}} >> {ended}; exit' TERM; echo ready; while :; do sleep 0.02; done"
    parts = [watched.part(name, script.format(name)) for name in ("Postgres", "Web", "Worker")]
    for part in parts:
        watched.supervisor.start(part)
    watched.look_until(lambda: all("ready" in process.last_line(part.log) for part in parts))

    watched.supervisor.end()

    assert ended.read_text().split() == ["Worker", "Web", "Postgres"]


def test_a_part_that_will_not_end_is_killed_with_its_children(watched: Watched) -> None:
    part = watched.part("Web", "trap '' TERM; sleep 600 & echo $!; wait")
    part.patience_seconds = 0.1
    watched.supervisor.start(part)
    watched.look_until(lambda: process.last_line(part.log).isdigit())
    grandchild = int(process.last_line(part.log))

    watched.supervisor.end()
    watched.look_until(lambda: process.birth(grandchild) == "")


def test_a_wish_to_stop_ends_the_watching(watched: Watched) -> None:
    def tick() -> None:
        watched.interruption.wished = True

    with pytest.raises(Interrupted):
        watched.supervisor.watch(tick)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_way_to_stop_is_heard(number: signal.Signals) -> None:
    before = {known: signal.getsignal(known) for known in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    interruption = Interruption()
    try:
        interruption.listen()
        os.kill(os.getpid(), number)
        with pytest.raises(Interrupted):
            interruption.pause(10)
    finally:
        for known, handler in before.items():
            signal.signal(known, handler)


if sys.platform == "linux":  # elsewhere the next `up` ends what is left

    def test_children_end_with_a_killed_parent(tmp_path: Path) -> None:
        script = (
            "import os, signal, sys; from pathlib import Path; from askpress.embedded import process;"
            "child = process.spawn(['sleep', '600'], environment=dict(os.environ), at_death=signal.SIGTERM,"
            " log=Path(sys.argv[1])); print(child.pid, flush=True); signal.pause()"
        )
        with subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "log")], stdout=subprocess.PIPE) as parent:
            assert parent.stdout
            child = int(parent.stdout.readline())
            parent.kill()

        deadline = time.monotonic() + 10
        while process.birth(child) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert process.birth(child) == ""
