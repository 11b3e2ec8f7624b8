"""Puts many chunks straight into a version's tables: for what only reads them, where ingest would take an hour."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from askpress.retrieval.store import Cursor
    from askpress.retrieval.versions import IndexVersion

_BATCH = 1_000
_COPY_BEGIN = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_END = b"\xff\xff"
_DOCUMENTS = """
INSERT INTO askpress_document (id, site_id, post_id, type, url, slug, title, language, author, categories, tags,
    source, source_checksum, text, version, evidence, note, error, attempts, read_at)
SELECT n, %(site)s, n, 'post', 'http://site.test/' || n, '', '', 'en', 0, '{}', '{}', '', '', '', n, '', '', '', 0,
    now()
FROM generate_series(1, %(documents)s) AS n
"""
_CHUNKS = """
INSERT INTO askpress_chunk (id, index_version_id, document_id, position, public_id, text, headings, anchor, start,
    "end", fresh, token_count)
SELECT n, %(version)s, 1 + (n - 1) / %(each)s, (n - 1) %% %(each)s, n::text, repeat('Some eight hundred letters. ', 30),
    '{}', '', 0, 1, 0, 200
FROM generate_series(1, %(chunks)s) AS n
"""
_INDEXED = """
INSERT INTO askpress_indexed (index_version_id, document_id, checksum, chunks, content)
SELECT %(version)s, document_id, '', count(*), document_id
FROM askpress_chunk WHERE index_version_id = %(version)s GROUP BY document_id
"""


def chunks(site_id: int, version: IndexVersion, *, count: int, each: int) -> None:
    """Add `count` chunks of made-up text, numbered from 1, and their documents of so many chunks each."""
    from askpress.retrieval import store

    with store.transaction() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(_DOCUMENTS, {"site": site_id, "documents": -(-count // each)})
        cursor.execute(_CHUNKS, {"version": version.id, "each": each, "chunks": count})
        cursor.execute(_INDEXED, {"version": version.id})


def terms(site_id: int, version: IndexVersion, lexemes: Sequence[Sequence[str]], *, each: int, mean: float) -> None:
    """Give each chunk its lexemes, packed as ingest packs them."""
    from askpress.retrieval import packed, store

    columns = "chunk_id, site_id, document_id, lexemes, weights"
    with store.transaction() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        with cursor.copy(f"COPY term_{version.id} ({columns}) FROM STDIN WITH (FORMAT BINARY)".encode()) as copy:
            copy.write(_COPY_BEGIN)
            numbers = itertools.count(1)
            for some in _batches(lexemes):
                for one in packed.pack(some, mean_lexemes=mean):
                    copy.write(_row(next(numbers), site_id, each, one.tsvector, one.weights))
            copy.write(_COPY_END)


def vectors(site_id: int, version: IndexVersion, given: Iterable[npt.NDArray[np.float32]], *, each: int) -> None:
    """Give each chunk its vector and sketch; `given` are arrays of some of them at a time."""
    from askpress.retrieval import store

    with store.transaction() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        with cursor.copy(f"COPY vector_{version.id} FROM STDIN WITH (FORMAT BINARY)".encode()) as copy:
            copy.write(_COPY_BEGIN)
            numbers = itertools.count(1)
            for some in given:
                dimensions = struct.pack(">HH", some.shape[1], 0)
                for one in some.astype(">f2"):
                    copy.write(_row(next(numbers), site_id, each, dimensions + one.tobytes()))
            copy.write(_COPY_END)
        _sketch(cursor, version)


def _sketch(cursor: Cursor, version: IndexVersion) -> None:
    cursor.execute(
        f"INSERT INTO sketch_{version.id} SELECT chunk_id, site_id, document_id, binary_quantize(embedding)"
        f" FROM vector_{version.id}".encode()
    )


def _row(number: int, site_id: int, each: int, *values: bytes) -> bytes:
    head = struct.pack(">hiqiqiq", 3 + len(values), 8, number, 8, site_id, 8, 1 + (number - 1) // each)
    return head + b"".join(struct.pack(">i", len(value)) + value for value in values)


def _batches(lexemes: Sequence[Sequence[str]]) -> Iterator[Sequence[Sequence[str]]]:
    for start in range(0, len(lexemes), _BATCH):
        yield lexemes[start : start + _BATCH]
