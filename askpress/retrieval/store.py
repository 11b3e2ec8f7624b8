"""Hands out plain psycopg cursors of Django's pool for the hot SQL; the ORM and text vectors stay off it."""

from __future__ import annotations

import contextlib
import functools
import re
import select
import threading
import time
import weakref
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import psycopg_pool
from django.conf import settings
from django.db import connections
from pgvector.psycopg import register_vector
from psycopg import sql

from askpress import errors

# SQLSTATE classes: connection, no resources, shut down. psycopg calls other errors "operational" too.
_SERVER_TROUBLE = ("08", "53", "57")
# How Django names the constraints of what belongs to a site.
_OF_A_SITE = "_fk_askpress_site_id"
# While Postgres is away, only one request in so many seconds waits for a connection; the others are told at once.
_PAUSE_SECONDS = 2.0
_again_at = 0.0
_CONNECT_SECONDS = 10
_HERE = Path(__file__).parent
Row = tuple[Any, ...]
Cursor = psycopg.Cursor[Row]


# The connection that a thread holds on to.
_own = threading.local()


@contextlib.contextmanager
def one_connection() -> Iterator[None]:
    """Let all that this thread asks within have one connection: to borrow one is half of a small statement's cost."""
    with _borrow() as connection:
        _own.connection = connection
        try:
            yield
        finally:
            _own.connection = None


@contextlib.contextmanager
def transaction() -> Iterator[Cursor]:
    """Yield a cursor inside one transaction; raises StoreUnavailable when Postgres does not answer, and SiteRemoved."""
    with _borrow() as connection, connection.transaction(), psycopg.Cursor(connection) as cursor:
        yield cursor


@contextlib.contextmanager
def autocommit() -> Iterator[Cursor]:
    """Yield a cursor whose every statement is its own transaction: the cheapest way to read."""
    with _borrow() as connection, psycopg.Cursor(connection) as cursor:
        yield cursor


# What a new connection starts with (settings.py).
_WIDTHS = (80, 1)
_widths: weakref.WeakKeyDictionary[psycopg.Connection[Row], tuple[int, int]] = weakref.WeakKeyDictionary()
_WIDEN = """
SELECT set_config('hnsw.ef_search', %s, false), set_config('ivfflat.probes', %s, false),
       set_config('ivfflat.iterative_scan', 'relaxed_order', false)
"""


def widen(cursor: Cursor, *, ef_search: int, probes: int) -> None:
    """Let the connection's searches look so far; costs a statement only when that changes."""
    if _widths.get(cursor.connection, _WIDTHS) != (ef_search, probes):
        cursor.execute(_WIDEN, (str(ef_search), str(probes)))
        _widths[cursor.connection] = (ef_search, probes)


def now() -> datetime:
    """Return Postgres's clock: the one that workers on any number of machines share."""
    with autocommit() as cursor:
        row = cursor.execute("SELECT clock_timestamp()", prepare=True).fetchone()
    assert row is not None
    moment: datetime = row[0]
    return moment


@functools.lru_cache(maxsize=500)
def statement(name: str, version: int = 0, **parts: int | str) -> sql.Composed:
    """Return the statement in `name`.sql for an index version's tables, its other {parts} filled in, first to last.

    A part "{name.sql}" is what stands in that file. Numbers that decide the plan stand in the text: a prepared
    statement's generic plan would not know them. Texts are our own SQL, never input.
    """
    text = (_HERE / f"{name}.sql").read_text()
    for key, value in {**parts, "version": version}.items():
        part = str(value)
        text = text.replace("{" + key + "}", (_HERE / part[1:-1]).read_text() if part.endswith(".sql}") else part)
    # psycopg takes a statement of more than 4,096 bytes apart anew each time.
    return sql.SQL(re.sub(r"\n\s+", "\n", text)).format()  # a file of ours, not input


def prove() -> None:
    """Connect once, beside the pool: that one would only say, after five seconds, that it took too long.

    Raises SettingsError without an address, StoreUnavailable with Postgres's own reason.
    """
    _require_address()
    try:
        psycopg.connect(settings.DATABASE_URL, connect_timeout=_CONNECT_SECONDS).close()
    except psycopg.OperationalError as error:
        reason = " ".join(str(error).split())
        raise errors.StoreUnavailable(f"Postgres (DATABASE_URL) does not answer: {reason}") from None


def _require_address() -> None:
    if not settings.DATABASE_URL:
        raise errors.SettingsError(
            f"no `askpress up` runs in {settings.DATA_DIR}: start it, set ASKPRESS_DATA_DIR to what --data was given,"
            " or set DATABASE_URL."
        )


@contextlib.contextmanager
def _borrow() -> Iterator[psycopg.Connection[Row]]:
    own: psycopg.Connection[Row] | None = getattr(_own, "connection", None)
    if own is not None:
        yield own
        return
    _require_address()
    pool = connections["default"].pool  # type: ignore[attr-defined]
    connection = _living(pool)
    try:
        yield connection
    except psycopg.errors.QueryCanceled as error:
        raise errors.StoreUnavailable("Postgres took longer than ASKPRESS_STATEMENT_TIMEOUT_MS.") from error
    except psycopg.errors.ForeignKeyViolation as error:
        if not (error.diag.constraint_name or "").endswith(_OF_A_SITE):
            raise
        raise errors.SiteRemoved() from error
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        if error.sqlstate and not error.sqlstate.startswith(_SERVER_TROUBLE):
            raise
        raise errors.StoreUnavailable(f"Postgres broke off: {_first_line(error)}") from error
    finally:
        pool.putconn(connection)


def _living(pool: psycopg_pool.ConnectionPool[Any]) -> psycopg.Connection[Row]:
    global _again_at
    message = "Postgres does not answer: is it running, and is DATABASE_URL right?"
    if time.monotonic() < _again_at:
        raise errors.StoreUnavailable(message)
    try:
        pool.open()
        connection = pool.getconn()
        while _hung_up(connection):
            connection.close()
            pool.putconn(connection)
            connection = pool.getconn()
        # BEGIN and COMMIT around a single SELECT would double what it costs the backend.
        if not connection.autocommit:
            connection.autocommit = True
        if connection.adapters.types.get("halfvec") is None:
            _register_vector(pool, connection)
    except (psycopg_pool.PoolTimeout, psycopg_pool.PoolClosed, psycopg.OperationalError) as error:
        _again_at = time.monotonic() + _PAUSE_SECONDS
        raise errors.StoreUnavailable(message) from error
    borrowed: psycopg.Connection[Row] = connection
    return borrowed


def _register_vector(pool: psycopg_pool.ConnectionPool[Any], connection: psycopg.Connection[Any]) -> None:
    try:
        register_vector(connection)
    except psycopg.ProgrammingError:
        pool.putconn(connection)
        raise errors.NotMigrated() from None


def _hung_up(connection: psycopg.Connection[Any]) -> bool:
    """An idle connection with something to read was closed by the server, after a restart say."""
    if connection.closed:
        return True
    readable, _, _ = select.select([connection.fileno()], [], [], 0)
    return bool(readable)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
