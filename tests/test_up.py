"""`askpress up` as a newcomer runs it: a process of its own, stopped and killed in every way."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from askpress.embedded import lock, process
from tests.fakes.wordpress import FakeWordPress
from tests.newcomer import INVITED, READY, Up, askpress, free_port, launch, until


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="askpress-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def service(data: Path) -> Iterator[Up]:
    """An `up` that has ingested the sample site."""
    up = launch(data / "service")
    try:
        up.wait_for("Synced ")
        yield up
    finally:
        up.end(signal.SIGTERM)


@pytest.fixture(scope="module")
def small() -> Iterator[FakeWordPress]:
    """A site of two posts, where what is ingested does not matter."""
    fake = FakeWordPress.served()
    fake.add_many(2)
    yield fake
    fake.server.close()


@pytest.fixture
def starting(data: Path) -> Iterator[Callable[..., Up]]:
    """Starts an `up` on new data, or on data used before; whatever happens, it ends with the test."""
    started: list[Up] = []

    def start(name: str, *words: str, **more: str) -> Up:
        started.append(launch(data / name, *words, **more))
        return started[-1]

    yield start
    for up in started:
        up.end(signal.SIGTERM)


@dataclass
class Stopped:
    """An `up` that Ctrl-C has ended."""

    up: Up
    code: int
    seconds: float
    # Its parts while it ran.
    pids: dict[str, int]


@pytest.fixture(scope="module")
def stopped(data: Path, small: FakeWordPress) -> Stopped:
    up = launch(data / "stopped", small.url, ASKPRESS_ALLOW_PRIVATE_ADDRESSES="1")
    up.wait_for(INVITED)  # a site that was never read would give way to another
    pids, begun = up.pids(), time.monotonic()
    code = up.end(signal.SIGINT)
    return Stopped(up, code, time.monotonic() - begun, pids)


def test_the_printed_lines_answer_from_the_sample_site(service: Up) -> None:
    answer, results = service.curl("/ask"), service.curl("/search")["results"]

    assert "€82" in answer["answer"]
    assert any("winter-storage" in source["url"] for source in answer["sources"])
    assert any("winter-storage" in passage["url"] for passage in results)


def test_the_key_is_kept_private_and_printed(service: Up) -> None:
    file = service.data / "api-key"

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert f"API key: {file.read_text().strip()}\n" in service.text()


def test_other_commands_find_the_services(service: Up) -> None:
    done = askpress("status", ASKPRESS_DATA_DIR=str(service.data))

    assert (done.returncode, done.stderr) == (0, "")


def test_a_second_up_on_the_same_data_says_where_the_first_answers(service: Up) -> None:
    done = askpress("up", "--data", service.data, "--port", free_port())

    assert done.returncode == 2
    assert re.fullmatch(
        rf"askpress: .* is in use: process {service.child.pid} answers at \S+{service.port}\. .*\n", done.stderr
    )


def test_a_taken_port_is_named_with_the_option_to_use(service: Up, data: Path) -> None:
    done = askpress("up", "--data", data / "second", "--port", service.port)

    assert done.returncode == 2
    assert (
        done.stderr == f"askpress: port {service.port} is taken: choose another, `make up PORT={service.port + 1}` "
        f"or `askpress up --port {service.port + 1}`.\n"
    )


@pytest.mark.parametrize(
    "part",
    [
        "Web server",
        "Postgres",
        *(pytest.param(part, marks=pytest.mark.soak) for part in ("Worker", "Valkey", "Sample site")),
    ],
)
def test_a_killed_part_is_started_again_and_answers(service: Up, part: str) -> None:
    until(lambda: part in service.pids())
    before = service.pids()[part]

    os.kill(before, signal.SIGKILL)
    service.wait_for(f"{part} was started again.")

    assert service.pids()[part] != before
    until(lambda: "results" in service.curl("/search"))


def test_a_database_that_does_not_answer_is_one_line(data: Path) -> None:
    done = askpress("up", "--data", data / "no-db", "--port", free_port(), DATABASE_URL="postgresql://127.0.0.1:1/x")

    assert done.returncode == 1
    assert re.fullmatch(r"askpress: Postgres \(DATABASE_URL\) does not answer: .*refused.*\n", done.stderr)


def test_a_wrong_setting_is_one_line(data: Path) -> None:
    done = askpress("up", "--data", data / "wrong", REDIS_URL="http://x")

    assert (done.returncode, done.stderr) == (
        2,
        "askpress: REDIS_URL does not start with redis://, rediss:// or unix://.\n",
    )


def test_ctrl_c_ends_everything_within_seconds(stopped: Stopped) -> None:
    assert (stopped.code, stopped.up.text().splitlines()[-1]) == (0, "Stopped.")
    assert stopped.seconds < 15
    assert [name for name, pid in stopped.pids.items() if process.birth(pid)] == []
    assert not (stopped.up.data / lock.STATE).exists()


def test_another_site_on_the_same_data_is_refused_with_the_words_to_use(stopped: Stopped) -> None:
    done = askpress("up", "https://example.org", "--data", stopped.up.data, "--port", free_port())

    assert done.returncode == 2
    assert re.fullmatch(r"askpress: .* not to https://example\.org\. .*--data DIR.*reset --data .*\n", done.stderr)


def test_a_reset_of_stopped_data_makes_room_for_another_site(stopped: Stopped, data: Path) -> None:
    subprocess.run(["cp", "-a", stopped.up.data, data / "reset"], check=True)

    done = askpress("reset", "--yes", "--data", data / "reset")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Forgotten.")


@pytest.mark.soak
def test_given_servers_and_a_given_key_are_used_and_none_is_made(
    starting: Callable[..., Up], small: FakeWordPress, db: None
) -> None:
    url, key = os.environ["DATABASE_URL"], "a-key-of-the-owners-own-choice"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS given")
        connection.execute("CREATE DATABASE given")

    given = {"DATABASE_URL": url.replace("@/askpress?", "@/given?"), "REDIS_URL": os.environ["REDIS_URL"]}
    up = starting("given", small.url, API_KEY=key, ASKPRESS_ALLOW_PRIVATE_ADDRESSES="1", **given)
    up.wait_for(INVITED)

    assert "results" in up.curl("/search")
    assert f"API key: {key}\n" in up.text()
    assert set(up.pids()) == {"up", "Web server", "Worker"}
    assert [name for name in ("postgres", "run", "api-key") if (up.data / name).exists()] == []


def test_a_stop_in_the_middle_of_a_start_leaves_nothing(starting: Callable[..., Up]) -> None:
    up = starting("early")
    until(lambda: "Postgres" in up.pids())
    pids = up.pids()

    code = up.end(signal.SIGTERM)

    assert (code, up.text()) == (0, "Stopping ...\nStopped.\n")
    assert [name for name, pid in pids.items() if process.birth(pid)] == []


def test_the_first_sync_is_shown_to_its_end(service: Up) -> None:
    lines = service.text().splitlines()

    assert [line for line in lines if re.fullmatch(r"Ingested \d+ of \d+ posts", line)]
    assert [line for line in lines if re.fullmatch(r"Synced \d+ posts: \d+ new, .* 0 failed\.", line)]


@pytest.mark.soak
def test_a_killed_up_leaves_nothing_that_stops_the_next_and_the_key_stays(starting: Callable[..., Up]) -> None:
    first = starting("killed")
    first.wait_for(READY)
    pids, key = first.pids(), (first.data / "api-key").read_text()

    first.end(signal.SIGKILL)
    second = starting("killed")
    second.wait_for(READY)

    assert [name for name, pid in pids.items() if process.birth(pid)] == []
    assert f"API key: {key}" in second.text()
