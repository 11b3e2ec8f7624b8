"""Writes the rows of documents' chunks: their text, their terms and their vectors; many documents at a time."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from askpress.retrieval import packed, store
from askpress.retrieval.versions import IndexVersion

_NEXT_IDS = "SELECT nextval(pg_get_serial_sequence('askpress_chunk', 'id')) FROM generate_series(1, %s)"
_CHUNK_COLUMNS = (
    'id, index_version_id, document_id, position, public_id, text, headings, anchor, start, "end", fresh, token_count,'
    " key"
)
# What a binary COPY begins and ends with: signature, no flags, no extension; no more rows.
_COPY_BEGIN = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_END = b"\xff\xff"
_TEXT_OID = 25
# Chunks whose terms are packed at once: enough that numpy pays, few enough for the processor's caches.
_PACKED_TOGETHER = 128


@dataclass(frozen=True, slots=True)
class NewChunk:
    """A chunk ready to be written."""

    public_id: str
    text: str
    headings: tuple[str, ...]
    anchor: str
    start: int
    end: int
    fresh: int
    token_count: int
    lexemes: tuple[str, ...]
    # Key of its vector in askpress_embedding (kept.py).
    key: bytes


@dataclass(frozen=True, slots=True)
class Document:
    """Whose chunks they are, and all of them."""

    id: int
    site_id: int
    post_id: int
    # Document.version of the content that they are made from.
    number: int
    checksum: str
    chunks: Sequence[NewChunk]


@dataclass(frozen=True, slots=True)
class _Row:
    """A chunk with its number and its place."""

    id: int
    document: Document
    position: int
    chunk: NewChunk


def write(cursor: store.Cursor, version: IndexVersion, documents: Sequence[Document]) -> None:
    """Give the documents their chunks in this index version; raises LookupError when a vector was not kept before."""
    if not documents:
        return
    delete(cursor, version.id, [document.id for document in documents])
    places = [(document, position, chunk) for document in documents for position, chunk in enumerate(document.chunks)]
    if places:
        ids = [row[0] for row in cursor.execute(_NEXT_IDS, (len(places),), binary=True)]
        rows = [_Row(number, *place) for number, place in zip(ids, places, strict=True)]
        _copy_chunks(cursor, version, rows)
        _copy_terms(cursor, version, rows)
        _copy_vectors(cursor, version, rows)
        _copy_sketches(cursor, version, rows)
    cursor.execute(
        "INSERT INTO askpress_indexed (index_version_id, document_id, checksum, chunks, content)"
        " SELECT %s, * FROM unnest(%b::bigint[], %b::text[], %b::int[], %b::bigint[])",
        (
            version.id,
            [document.id for document in documents],
            [document.checksum for document in documents],
            [len(document.chunks) for document in documents],
            [document.number for document in documents],
        ),
    )


def delete(cursor: store.Cursor, version: int, documents: Sequence[int]) -> None:
    """Take documents out of one index version."""
    for table in ("askpress_chunk", "askpress_indexed"):
        cursor.execute(
            f"DELETE FROM {table} WHERE document_id = ANY(%b::bigint[]) AND index_version_id = %s".encode(),  # noqa: S608
            (list(documents), version),
        )


def _copy_chunks(cursor: store.Cursor, version: IndexVersion, rows: Sequence[_Row]) -> None:
    with cursor.copy(f"COPY askpress_chunk ({_CHUNK_COLUMNS}) FROM STDIN WITH (FORMAT BINARY)") as copy:
        copy.write(_COPY_BEGIN)
        copy.write(b"".join(_chunk_row(row, version.id) for row in rows))
        copy.write(_COPY_END)


def _chunk_row(row: _Row, version: int) -> bytes:
    """psycopg writes the list of headings item by item, in Python: three times what all the row costs so."""
    chunk = row.chunk
    head = struct.pack(">hiqiqiqii", 13, 8, row.id, 8, version, 8, row.document.id, 4, row.position)
    headings = b"".join(_field(heading.encode()) for heading in chunk.headings)
    numbers = struct.pack(">iiiiiiii", 4, chunk.start, 4, chunk.end, 4, chunk.fresh, 4, chunk.token_count)
    texts = (
        chunk.public_id.encode(),
        chunk.text.encode(),
        # One dimension from 1 on, or none; no NULL; of text.
        struct.pack(">iiiii", 1, 0, _TEXT_OID, len(chunk.headings), 1) + headings
        if headings
        else struct.pack(">iii", 0, 0, _TEXT_OID),
        chunk.anchor.encode(),
    )
    return b"".join((head, *map(_field, texts), numbers, _field(chunk.key)))


def _field(written: bytes) -> bytes:
    return struct.pack(">i", len(written)) + written


def _copy_terms(cursor: store.Cursor, version: IndexVersion, rows: Sequence[_Row]) -> None:
    mean = version.mean_lexemes or 1.0
    columns = "chunk_id, site_id, document_id, lexemes, weights"
    with cursor.copy(f"COPY term_{version.id} ({columns}) FROM STDIN WITH (FORMAT BINARY)".encode()) as copy:
        copy.write(_COPY_BEGIN)
        for start in range(0, len(rows), _PACKED_TOGETHER):
            some = rows[start : start + _PACKED_TOGETHER]
            terms = packed.pack([row.chunk.lexemes for row in some], mean_lexemes=mean)
            copy.write(b"".join(map(_term_row, some, terms)))
        copy.write(_COPY_END)


def _term_row(row: _Row, terms: packed.Terms) -> bytes:
    """psycopg has no dumper for a tsvector that is already packed."""
    numbers = (8, row.id, 8, row.document.site_id, 8, row.document.id)
    head = struct.pack(">hiqiqiqi", 5, *numbers, len(terms.tsvector))
    return b"".join((head, terms.tsvector, struct.pack(">i", len(terms.weights)), terms.weights))


def _copy_vectors(cursor: store.Cursor, version: IndexVersion, rows: Sequence[_Row]) -> None:
    cursor.execute(
        f"INSERT INTO vector_{version.id} (chunk_id, site_id, document_id, embedding)"  # noqa: S608
        " SELECT place.id, place.site, place.document, kept.vector"
        " FROM unnest(%b::bigint[], %b::bigint[], %b::bigint[], %b::bytea[]) AS place (id, site, document, key)"
        " JOIN askpress_embedding kept USING (key)",
        (
            [row.id for row in rows],
            [row.document.site_id for row in rows],
            [row.document.id for row in rows],
            [row.chunk.key for row in rows],
        ),
    )
    if cursor.rowcount != len(rows):
        posts = ", ".join(str(post) for post in dict.fromkeys(row.document.post_id for row in rows))
        raise LookupError(f"{len(rows) - cursor.rowcount} vectors of post {posts} were not kept")


def _copy_sketches(cursor: store.Cursor, version: IndexVersion, rows: Sequence[_Row]) -> None:
    cursor.execute(
        f"INSERT INTO sketch_{version.id} (chunk_id, site_id, document_id, bits)"  # noqa: S608
        " SELECT place.id, place.site, place.document, binary_quantize(kept.vector)"
        " FROM unnest(%b::bigint[], %b::bigint[], %b::bigint[], %b::bytea[]) AS place (id, site, document, key)"
        " JOIN askpress_embedding kept USING (key)",
        (
            [row.id for row in rows],
            [row.document.site_id for row in rows],
            [row.document.id for row in rows],
            [row.chunk.key for row in rows],
        ),
    )
