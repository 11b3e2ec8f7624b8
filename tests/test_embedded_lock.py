"""What a running `up` writes down: found while it runs, private, and believed only of the very same process."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
from pathlib import Path

import pytest

from askpress import embedded
from askpress.embedded import lock, process
from askpress.errors import UsageError


def test_addresses_are_told_only_while_the_lock_is_held(home: Path) -> None:
    lock.write(home, {"DATABASE_URL": "postgresql://x"}, {})

    before = embedded.running(home)
    with lock.hold(home):
        during = embedded.running(home)

    assert (before, during) == ({}, {"DATABASE_URL": "postgresql://x"})


def test_a_real_site_is_found_before_the_sample_below_the_directory(home: Path) -> None:
    for name in ("site", "sample"):
        (home / name).mkdir()
        lock.write(home / name, {"WP_URL": name}, {})

    with lock.hold(home / "site"), lock.hold(home / "sample"):
        assert embedded.running(home) == {"WP_URL": "site"}


def test_a_second_holder_is_told_where_the_first_answers(home: Path) -> None:
    lock.write(home, {"URL": "http://127.0.0.1:8123"}, {"up": os.getpid()})

    with lock.hold(home), pytest.raises(UsageError, match=rf"process {os.getpid()} answers at http://127.0.0.1:8123"):
        lock.hold(home).__enter__()


def test_what_is_written_down_is_private(home: Path) -> None:
    lock.write(home, {"DATABASE_URL": "postgresql://user:secret@host/db"}, {})

    assert stat.S_IMODE((home / lock.STATE).stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "{", "[]", '{"addresses": 1}', '{"addresses": {}, "processes": {"up": 1}}'])
def test_a_cut_or_strange_state_file_counts_as_none(home: Path, content: str) -> None:
    (home / lock.STATE).write_text(content)

    assert lock.read(home) == lock.State()


def test_what_a_killed_up_left_running_is_ended(home: Path, sleeper: subprocess.Popen[bytes]) -> None:
    lock.write(home, {}, {"Worker": sleeper.pid})

    ended = lock.end_leftovers(home)

    assert (ended, sleeper.wait(5)) == (["Worker"], -signal.SIGTERM)


def test_a_process_that_only_has_the_old_number_is_left_alone(home: Path, sleeper: subprocess.Popen[bytes]) -> None:
    (home / lock.STATE).write_text(f'{{"addresses": {{}}, "processes": {{"Worker": [{sleeper.pid}, "boot 1"]}}}}')

    ended = lock.end_leftovers(home)

    assert (ended, sleeper.poll()) == ([], None)


def test_a_zombie_counts_as_ended(sleeper: subprocess.Popen[bytes]) -> None:
    assert process.birth(sleeper.pid)

    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)

    assert process.birth(sleeper.pid) == ""
