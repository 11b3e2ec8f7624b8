"""What tests stand on: an own Postgres and Valkey for the session, empty for each test that asks for `db`."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
from django.core.management import call_command
from django.db import connection

from askpress import embedded
from askpress.embedded import postgres, valkey
from askpress.retrieval import lately, queries
from tests.fakes.openai import openai_server as openai_server
from tests.fakes.wordpress import site as site

OURS = ("ASKPRESS_", "OPENAI_", "PG", "DATABASE_URL", "REDIS_URL", "WP_URL", "API_KEY", "DJANGO_")

# Not below pytest's own temporary directory: as root Postgres runs as a user who could not enter it.
HOME = Path(tempfile.mkdtemp(prefix="askpress-test-", dir="/tmp"))
HOME.chmod(0o755)


# Nobody else can drop root, mount a disk or give a directory away.
collect_ignore = [] if os.geteuid() == 0 else ["test_embedded_as_root.py"]


def set_environment() -> None:
    """Name the servers before Django reads its settings; they start when the first test asks for them."""
    for name in [name for name in os.environ if name.startswith(OURS)]:
        del os.environ[name]
    os.environ.update(
        DJANGO_SETTINGS_MODULE="askpress.settings",
        ASKPRESS_ENV_FILE=os.devnull,
        ASKPRESS_DATA_DIR=str(HOME / "data"),
        ASKPRESS_ALLOW_PRIVATE_ADDRESSES="1",  # the tests' sites are on loopback
        DATABASE_URL=postgres.address(HOME / "run"),
        REDIS_URL=valkey.address(HOME / "run"),
    )


set_environment()
django.setup()


def pytest_unconfigure() -> None:
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def stores() -> Iterator[None]:
    """A migrated Postgres and a Valkey for the whole session."""
    with contextlib.ExitStack() as ending:
        ending.callback(embedded.start_postgres(HOME, durable=False).stop)
        ending.callback(embedded.start_valkey(HOME).stop)
        ending.callback(connection.close_pool)  # type: ignore[attr-defined]
        ending.callback(connection.close)
        call_command("migrate", verbosity=0)
        yield


@pytest.fixture
def db(stores: None) -> None:
    """Empty tables and an empty Redis; tables that a test made at run time are gone."""
    empty_stores()


def empty_stores() -> None:
    empty_tables()
    forget_stores()


def forget_stores() -> None:
    """Empty Redis and what this process remembers."""
    lately.forget()
    queries.forget()
    valkey.command(HOME / "run", "FLUSHALL")


def empty_tables() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_EMPTY)


# Most tests fill few tables, and emptying a small one by DELETE costs a tenth of TRUNCATE, which makes new files for it
# and each of its indexes. Without triggers, foreign keys among them, the order of the tables does not matter.
_EMPTY = r"""
DO $$
DECLARE name text;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename ~ '_[0-9]+$' LOOP
        EXECUTE format('DROP TABLE %I CASCADE', name);
    END LOOP;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename !~ '^(django|auth)_' LOOP
        IF pg_relation_size(name::regclass) > 262144 THEN
            EXECUTE format('TRUNCATE %I CASCADE', name);
        ELSIF pg_relation_size(name::regclass) > 0 THEN
            EXECUTE format('DELETE FROM %I', name);
        END IF;
    END LOOP;
    PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false)
    FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL AND sequencename !~ '^(django|auth)_';
END
$$
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory that the servers' user can enter, which pytest's own are not when root runs the tests."""
    with tempfile.TemporaryDirectory(prefix="askpress-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with us."""
    with subprocess.Popen(["sleep", "600"]) as child:
        yield child
        child.kill()
