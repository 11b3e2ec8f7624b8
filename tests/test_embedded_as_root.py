"""The embedded servers when root runs them, in places that their own user cannot enter, and on a full disk."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from askpress import embedded
from askpress.embedded import account, binaries, lock, place
from askpress.errors import EmbeddedError, UsageError

NOBODY = pwd.getpwnam("nobody")


def mounted(directory: Path, *, megabytes: int) -> bool:
    """Mount a small disk; containers do not always let root do so."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(directory)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def can_mount() -> bool:
    with tempfile.TemporaryDirectory() as name:
        return mounted(Path(name), megabytes=1) and not subprocess.run(["umount", name], check=True).returncode


@pytest.fixture
def closed(home: Path) -> Path:
    """A directory like root's home: nobody else gets in."""
    (home / "closed").mkdir(mode=0o700)
    return home / "closed"


def test_postgres_runs_as_the_system_user(home: Path) -> None:
    server = embedded.start_postgres(home, durable=False)
    owner = Path(f"/proc/{server.child.pid}").stat().st_uid
    server.stop()

    assert pwd.getpwuid(owner).pw_name == account.NAME


def test_a_cluster_that_a_user_made_runs_as_that_user(home: Path) -> None:
    embedded.start_postgres(home, durable=False).stop()
    subprocess.run(["chown", "-R", "nobody", home / "postgres"], check=True)
    (home / "run").rmdir()

    server = embedded.start_postgres(home, durable=False)
    owner = Path(f"/proc/{server.child.pid}").stat().st_uid
    server.stop()

    assert owner == NOBODY.pw_uid


def test_data_goes_where_the_system_user_gets_in_and_a_pointer_stays(home: Path, closed: Path) -> None:
    data = place.make_data_directory(closed / "site")

    store = place.store(data, home / "system")

    assert store.parent == home / "system"
    assert store.name.startswith("site-")
    assert (data / place.POINTER).read_text() == f"{store}\n"
    assert place.store(data, home / "elsewhere") == store


def test_nothing_above_is_opened_for_it(home: Path, closed: Path) -> None:
    data = place.make_data_directory(closed / "site")
    store = place.store(data, home / "system")

    server = embedded.start_postgres(store, durable=False)
    with psycopg.connect(server.url) as connection:
        answer = connection.execute("SELECT 1").fetchone()
    server.stop()

    assert answer == (1,)
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def test_two_directories_of_one_name_keep_their_data_apart(home: Path, closed: Path) -> None:
    stores = {place.store(place.make_data_directory(closed / name / "site"), home / "system") for name in "ab"}

    assert len(stores) == 2


def test_data_that_the_system_user_can_no_longer_reach_is_not_begun_anew(home: Path, closed: Path) -> None:
    data = place.make_data_directory(closed / "site")
    (data / "postgres").mkdir()

    with pytest.raises(EmbeddedError, match="can no longer enter"):
        place.store(data, home / "system")


def test_a_pointer_to_nowhere_is_named(closed: Path) -> None:
    data = place.make_data_directory(closed / "site")
    lock.write_private(data / place.POINTER, "/nowhere\n")

    with pytest.raises(EmbeddedError, match="/nowhere, which is gone"):
        place.store(data)


def test_another_users_directory_is_left_to_that_user(home: Path) -> None:
    (home / "theirs").mkdir()
    os.chown(home / "theirs", NOBODY.pw_uid, NOBODY.pw_gid)

    with pytest.raises(UsageError, match="belongs to the user nobody"):
        place.make_data_directory(home / "theirs")
    assert [path.name for path in (home / "theirs").iterdir()] == []


def test_programs_out_of_reach_are_copied_and_run(home: Path, closed: Path) -> None:
    packages = closed / "packages"
    binaries.copied(binaries.installed(), packages)
    out_of_reach = next(packages.iterdir())

    programs = binaries.postgres_programs(account.for_servers(home), copies=home / "copies", packages=out_of_reach)

    assert programs.is_relative_to(home / "copies")
    assert account.run_as(account.for_servers(home), [str(programs / "initdb"), "--version"]).returncode == 0


if can_mount():

    @pytest.fixture
    def small_disk(home: Path) -> Iterator[Path]:
        disk = home / "disk"
        disk.mkdir()
        assert mounted(disk, megabytes=60)
        yield disk
        subprocess.run(["umount", disk], check=True)

    def fill(disk: Path) -> None:
        subprocess.run(["dd", "if=/dev/zero", f"of={disk}/filler", "bs=64k"], capture_output=True, check=False)

    def test_a_full_disk_at_setup_is_one_line_and_leaves_no_half_cluster(small_disk: Path) -> None:
        (small_disk / "filler").write_bytes(bytes(30_000_000))

        with pytest.raises(EmbeddedError, match=f"The disk that holds {small_disk} is full"):
            embedded.start_postgres(small_disk, durable=False)
        assert [path.name for path in small_disk.iterdir() if path.name.startswith("postgres")] == []

    def test_a_full_disk_at_a_later_start_is_one_line(small_disk: Path) -> None:
        embedded.start_postgres(small_disk, durable=False).stop()
        fill(small_disk)

        with pytest.raises(EmbeddedError, match=r"The disk that holds .* is full"):
            embedded.start_postgres(small_disk, durable=False)

    def test_a_full_disk_while_copying_programs_leaves_no_half_copy(small_disk: Path) -> None:
        (small_disk / "filler").write_bytes(bytes(50_000_000))

        with pytest.raises(EmbeddedError, match="is full"), place.explained(small_disk):
            binaries.copied(binaries.installed(), small_disk / "programs")
        assert list((small_disk / "programs").iterdir()) == []

    def test_a_full_disk_when_the_data_directory_is_made_is_one_line(small_disk: Path) -> None:
        data = place.make_data_directory(small_disk / "data")
        fill(small_disk)

        with pytest.raises(EmbeddedError, match="is full"), place.explained(data):
            lock.write(data, {"DATABASE_URL": "x" * 100_000}, {})
