"""The narrow tables that each index version owns: of vectors, of their sketches (one bit a dimension), of terms."""

from __future__ import annotations

import time

import psycopg

from askpress import errors
from askpress.retrieval import store

# A row that must fit a page: 8,192 bytes less page header, line pointer and room for one tuple.
_PAGE_ROW_BYTES = 8_160
# Tuple header, chunk_id, site_id, document_id with padding, and halfvec's own header.
_ROW_OVERHEAD_BYTES = 24 + 8 + 8 + 8 + 8
# Above its size a row's lexemes, which ranking does not read, are moved out of line, and then its weights packed: a
# search spends half its time on unpacking where all are, and on reading thrice as many pages where no lexemes are
# (131 MB and 5.9 ms of CPU a question at 100,000 chunks of 2,800 letters, in place of 347 MB and 8.3 ms).
# So room for the weights of nearly all chunks: 8 bytes a lexeme, of which 100 tokens have some 25 different ones.
_TERM_ROW_BYTES, _TERM_TOKEN_BYTES, _LEAST_TERM_ROW, _MOST_TERM_ROW = 300, 3, 1_000, 4_080
# Chunks deleted in one transaction.
_SLICE = 2_000
_TRIES = 20


def create(cursor: store.Cursor, *, version: int, dimensions: int, chunk_tokens: int) -> None:
    """Create a version's tables; vectors stand in the row itself wherever they fit a page."""
    term_row = min(max(_TERM_ROW_BYTES + _TERM_TOKEN_BYTES * chunk_tokens, _LEAST_TERM_ROW), _MOST_TERM_ROW)
    plain = 2 * dimensions + _ROW_OVERHEAD_BYTES <= _PAGE_ROW_BYTES
    cursor.execute(
        f"""
        CREATE TABLE vector_{version} (
            chunk_id bigint PRIMARY KEY REFERENCES askpress_chunk ON DELETE CASCADE,
            site_id bigint NOT NULL,
            document_id bigint NOT NULL,
            embedding halfvec({dimensions}) NOT NULL
        );
        ALTER TABLE vector_{version} ALTER embedding SET STORAGE {"PLAIN" if plain else "EXTERNAL"};
        CREATE INDEX ON vector_{version} (site_id);
        CREATE TABLE sketch_{version} (
            chunk_id bigint PRIMARY KEY REFERENCES askpress_chunk ON DELETE CASCADE,
            site_id bigint NOT NULL,
            document_id bigint NOT NULL,
            bits bit({dimensions}) NOT NULL
        );
        CREATE INDEX ON sketch_{version} (document_id);
        CREATE INDEX ON sketch_{version} (site_id);
        CREATE TABLE term_{version} (
            chunk_id bigint PRIMARY KEY REFERENCES askpress_chunk ON DELETE CASCADE,
            site_id bigint NOT NULL,
            document_id bigint NOT NULL,
            lexemes tsvector NOT NULL,
            weights sparsevec NOT NULL
        );
        ALTER TABLE term_{version} ALTER weights SET STORAGE MAIN, SET (toast_tuple_target = {term_row});
        CREATE INDEX ON term_{version} USING gin (lexemes);
        CREATE INDEX ON term_{version} (site_id);
        CREATE INDEX ON term_{version} (document_id);
        """.encode()
    )


def drop(version: int) -> None:
    """Drop a version's tables and delete its chunks, its row last: what is broken off is done by the next call."""
    _drop_tables(version)
    with store.autocommit() as cursor:
        cursor.execute("DELETE FROM askpress_indexed WHERE index_version_id = %s", (version,))
        deleted = -1
        while deleted:
            # Without its tables a chunk costs little to delete; in slices, so that no writer waits long for one.
            cursor.execute(
                "DELETE FROM askpress_chunk WHERE id IN"
                " (SELECT id FROM askpress_chunk WHERE index_version_id = %s LIMIT %s)",
                (version, _SLICE),
            )
            deleted = cursor.rowcount
        cursor.execute("DELETE FROM askpress_indexversion WHERE id = %s", (version,))


def _drop_tables(version: int) -> None:
    """A table with a foreign key takes searches' lock on the chunks as it goes: for a moment, or another time."""
    for tried in range(_TRIES):
        try:
            with store.transaction() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '200ms'")
                cursor.execute(f"DROP TABLE IF EXISTS vector_{version}, sketch_{version}, term_{version}".encode())
                return
        except psycopg.errors.LockNotAvailable:
            time.sleep(0.1 * (tried + 1))
    raise errors.StoreUnavailable(f"the tables of index version {version} are in use; drop them again later.")
