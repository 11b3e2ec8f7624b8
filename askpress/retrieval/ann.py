"""The index over a version's vectors, HNSW or IVFFlat: built when its rows are there, with the memory it needs."""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
from django.conf import settings

from askpress import errors
from askpress.retrieval import store

HNSW, IVFFLAT = "hnsw", "ivfflat"
# Up to here comparing all rows costs no more than walking an index: 2.4 ms at 3,072 dimensions, measured.
LEAST_ROWS = 1_000
# pgvector's README: rows / 1000 lists up to a million rows, their root beyond; probes the root of the lists.
_ROWS_PER_LIST, _ROOT_FROM_ROWS, _FEWEST_LISTS = 1_000, 1_000_000, 10
# IVFFlat's lists are means of the rows it was built of; a table so many times as large has others.
_OUTGROWN = 3
# Of an HNSW element besides its vector: 16 neighbours, twice as many on the lowest level, and its lists' heads.
_NEIGHBOUR_BYTES = 600
_LEAST_MEMORY_MB = 64
_LOOK_SECONDS = 0.5

# Called with rows that are in the index and all of them.
OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Table:
    """What an index is built over."""

    version: int
    kind: str
    dimensions: int
    # Rows of the IVFFlat index that is there; 0: none.
    built_of: int = 0

    @property
    def index(self) -> str:
        return f"vector_{self.version}_{self.kind}"


def lists(rows: int) -> int:
    """Return how many lists an IVFFlat index over so many rows has."""
    if rows > _ROOT_FROM_ROWS:
        return math.isqrt(rows)
    return max(_FEWEST_LISTS, rows // _ROWS_PER_LIST)


def probes(rows: int) -> int:
    """Return how many of the lists a search looks into."""
    return math.ceil(math.sqrt(lists(rows)))


def memory_mb(rows: int, dimensions: int) -> int:
    """Return the memory a build needs; with less, HNSW takes three times as long (measured)."""
    needed = rows * (2 * dimensions + _NEIGHBOUR_BYTES) * 1.1 / 1_000_000
    return max(_LEAST_MEMORY_MB, min(math.ceil(needed), settings.INDEX_BUILD_MEMORY_MB))


def build(table: Table, *, on_progress: OnProgress | None = None) -> int:
    """Build what is missing or outgrown, beside searches and writes; return the rows it was built of, 0 for nothing."""
    with store.autocommit() as cursor:
        name = table.index
        valid = cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", (name,)).fetchone()
        there = valid == (True,)
        if there and table.kind == HNSW:
            return 0
        rows = _rows(cursor, table.version)
        if rows < LEAST_ROWS or (there and rows < _OUTGROWN * table.built_of):
            return 0
        with _watched(table.version, rows, on_progress), _room(cursor, memory_mb(rows, table.dimensions)):
            _build(cursor, table, rows, there=there)
    return rows


def _rows(cursor: store.Cursor, version: int) -> int:
    row = cursor.execute(f"SELECT count(*) FROM vector_{version}".encode()).fetchone()  # noqa: S608
    return int(row[0]) if row else 0


def _build(cursor: store.Cursor, table: Table, rows: int, *, there: bool) -> None:
    """An index that is outgrown answers until its successor is whole."""
    name = f"{table.index}_next" if there else table.index
    # What an interrupted build leaves behind is marked invalid and never used.
    cursor.execute(f"DROP INDEX IF EXISTS {name}".encode())
    options = f"lists = {lists(rows)}" if table.kind == IVFFLAT else "m = 16, ef_construction = 64"
    statement = (
        f"CREATE INDEX CONCURRENTLY {name} ON vector_{table.version} "
        f"USING {table.kind} (embedding halfvec_cosine_ops) WITH ({options})"
    )
    try:
        cursor.execute(statement.encode())
    except psycopg.errors.DiskFull:
        # Workers share their memory in /dev/shm, of which a container has 64 MB unless it is told otherwise.
        cursor.execute(f"DROP INDEX IF EXISTS {name}; SET max_parallel_maintenance_workers = 0".encode())
        cursor.execute(statement.encode())
    if there:
        cursor.execute(f"DROP INDEX CONCURRENTLY {table.index}".encode())
        cursor.execute(f"ALTER INDEX {name} RENAME TO {table.index}".encode())


@contextlib.contextmanager
def _room(cursor: store.Cursor, memory: int) -> Iterator[None]:
    cursor.execute(
        "SELECT set_config('statement_timeout', '0', false), set_config('client_min_messages', 'warning', false),"
        " set_config('maintenance_work_mem', %s, false),"
        # Of 8 MB at least a table had to be, for more than one process to build; a vector costs more than a page read.
        " set_config('min_parallel_table_scan_size', '0', false)",
        (f"{memory}MB",),
    )
    try:
        yield
    finally:
        if not cursor.connection.closed:
            for name in ("statement_timeout", "client_min_messages", "maintenance_work_mem",
                         "max_parallel_maintenance_workers", "min_parallel_table_scan_size"):  # fmt: skip
                cursor.execute(f"RESET {name}".encode())


_PROGRESS = """
SELECT greatest(tuples_done, %(rows)s * blocks_done / nullif(blocks_total, 0))
FROM pg_stat_progress_create_index WHERE relid = to_regclass(%(table)s)
"""


@contextlib.contextmanager
def _watched(version: int, rows: int, on_progress: OnProgress | None) -> Iterator[None]:
    """Tell how far the build is, from a thread: the connection that builds says nothing until it is done."""
    ended = threading.Event()

    def look(tell: OnProgress) -> None:
        while not ended.wait(_LOOK_SECONDS):
            with contextlib.suppress(errors.StoreUnavailable), store.autocommit() as cursor:
                row = cursor.execute(_PROGRESS, {"rows": rows, "table": f"vector_{version}"}).fetchone()
                if row and row[0] is not None:
                    tell(min(int(row[0]), rows), rows)

    thread = threading.Thread(target=look, args=(on_progress,), daemon=True) if on_progress else None
    if thread:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        if thread:
            thread.join()
