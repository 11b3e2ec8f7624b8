"""Writes the rows of one document's chunks: their text, their terms and their vectors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from askpress.retrieval import bm25, store
from askpress.retrieval.versions import IndexVersion

_NEXT_IDS = "SELECT nextval(pg_get_serial_sequence('askpress_chunk', 'id')) FROM generate_series(1, %s)"
_CHUNK_COLUMNS = (
    'id, index_version_id, document_id, position, public_id, text, headings, anchor, start, "end", fresh, token_count'
)
_CHUNK_TYPES = ["int8", "int8", "int8", "int4", "varchar", "text", "text[]", "text", "int4", "int4", "int4", "int4"]


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
    """Whose chunks they are."""

    id: int
    site_id: int
    post_id: int


def write(
    cursor: store.Cursor, version: IndexVersion, document: Document, *, checksum: str, chunks: Sequence[NewChunk]
) -> None:
    """Make `chunks` the document's in this index version; raises LookupError when a vector was not kept before."""
    cursor.execute(
        "DELETE FROM askpress_chunk WHERE document_id = %s AND index_version_id = %s", (document.id, version.id)
    )
    ids = [row[0] for row in cursor.execute(_NEXT_IDS, (len(chunks),))]
    _copy_chunks(cursor, version, document.id, zip(ids, chunks, strict=True))
    _copy_terms(cursor, version, document.site_id, zip(ids, chunks, strict=True))
    cursor.execute(
        f"INSERT INTO vector_{version.id} (chunk_id, site_id, embedding)"  # noqa: S608
        " SELECT place.id, %s, kept.vector FROM unnest(%b::bigint[], %b::bytea[]) AS place (id, key)"
        " JOIN askpress_embedding kept USING (key)",
        (document.site_id, ids, [chunk.key for chunk in chunks]),
    )
    if cursor.rowcount != len(ids):
        raise LookupError(f"{len(ids) - cursor.rowcount} vectors of post {document.post_id} were not kept")
    cursor.execute(
        f"INSERT INTO sketch_{version.id} (chunk_id, site_id, document_id, bits)"  # noqa: S608
        " SELECT chunk_id, site_id, %s, binary_quantize(embedding)"
        f" FROM vector_{version.id} WHERE chunk_id = ANY(%b::bigint[])",
        (document.id, ids),
    )
    cursor.execute(
        "INSERT INTO askpress_indexed (index_version_id, document_id, checksum, chunks) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (index_version_id, document_id)"
        " DO UPDATE SET checksum = excluded.checksum, chunks = excluded.chunks",
        (version.id, document.id, checksum, len(ids)),
    )


def _copy_chunks(
    cursor: store.Cursor, version: IndexVersion, document: int, rows: Iterable[tuple[int, NewChunk]]
) -> None:
    with cursor.copy(f"COPY askpress_chunk ({_CHUNK_COLUMNS}) FROM STDIN WITH (FORMAT BINARY)") as copy:
        copy.set_types(_CHUNK_TYPES)
        for position, (chunk_id, chunk) in enumerate(rows):
            copy.write_row(
                (chunk_id, version.id, document, position, chunk.public_id, chunk.text, list(chunk.headings),
                 chunk.anchor, chunk.start, chunk.end, chunk.fresh, chunk.token_count)
            )  # fmt: skip


def _copy_terms(
    cursor: store.Cursor, version: IndexVersion, site_id: int, rows: Iterable[tuple[int, NewChunk]]
) -> None:
    mean = version.mean_lexemes or 1.0
    ids, lexemes, weights = [], [], []
    for chunk_id, chunk in rows:
        ids.append(chunk_id)
        lexemes.append(bm25.tsvector(chunk.lexemes))
        weights.append(bm25.chunk_weights(chunk.lexemes, mean_lexemes=mean))
    cursor.execute(
        f"INSERT INTO term_{version.id} (chunk_id, site_id, lexemes, weights)"  # noqa: S608
        " SELECT place.id, %s, place.lexemes::tsvector, place.weights"
        " FROM unnest(%b::bigint[], %s::text[], %b::sparsevec[]) AS place (id, lexemes, weights)",
        (site_id, ids, lexemes, weights),
    )
