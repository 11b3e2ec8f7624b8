"""BM25's mean length: how far the chunks have moved from the one their weights rest on, and weighing them anew."""

from __future__ import annotations

from pgvector import SparseVector

from askpress.retrieval import packed, store, versions
from askpress.retrieval.versions import IndexVersion

# Above this share the weight of a chunk's length is noticeably off.
_DRIFT = 0.1
# Rows that are looked at to tell the mean of a large index, and rows that are weighed anew at a time.
_SAMPLE = 10_000
_BATCH = 1_000
# Each lexeme as often as the chunk has it: positions beyond the 255th are lost, where BM25 has long been saturated.
_CHUNKS = """
SELECT chunk_id, ARRAY(SELECT lexeme FROM unnest(lexemes) AS term, unnest(term.positions))
FROM term_{version}
WHERE chunk_id > %s
ORDER BY chunk_id
LIMIT %s
"""
_MEAN = """
SELECT avg((SELECT sum(array_length(positions, 1)) FROM unnest(lexemes)))
FROM term_{version} TABLESAMPLE SYSTEM ({percent})
"""
_WEIGH = """
UPDATE term_{version} AS term
SET weights = anew.weights
FROM unnest(%b::bigint[], %b::sparsevec[]) AS anew (chunk_id, weights)
WHERE term.chunk_id = anew.chunk_id
"""


def drifted(version: IndexVersion) -> float | None:
    """Return the chunks' mean length in lexemes when it is more than a tenth off what the weights rest on."""
    if not version.mean_lexemes:
        return None
    with store.autocommit() as cursor:
        row = cursor.execute("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", (f"term_{version.id}",))
        rows = (row.fetchone() or (0,))[0]
        percent = min(100.0, 100.0 * _SAMPLE / rows) if rows > 0 else 100.0
        mean = cursor.execute(_MEAN.format(version=version.id, percent=percent).encode()).fetchone()
    now = float(mean[0]) if mean and mean[0] else version.mean_lexemes
    return now if abs(now - version.mean_lexemes) > _DRIFT * version.mean_lexemes else None


def settle(number: int) -> None:
    """Weigh the chunks of a first load by the mean length of all of them, where that of the first to come is far off.

    Searches see a version's old weights or its new ones.
    """
    mean = next((drifted(version) for version in versions.every() if version.id == number), None)
    if mean is None:
        return
    with store.transaction() as cursor:
        cursor.execute("UPDATE askpress_indexversion SET mean_lexemes = %s WHERE id = %s", (mean, number))
        last: int | None = 0
        while last is not None:
            last = _weigh(cursor, number, after=last, mean=mean)


def _weigh(cursor: store.Cursor, version: int, *, after: int, mean: float) -> int | None:
    """Weigh a batch of chunks anew and return the last one's number, None when there are no more."""
    chunks = cursor.execute(_CHUNKS.format(version=version).encode(), (after, _BATCH)).fetchall()
    if not chunks:
        return None
    terms = packed.pack([lexemes for _, lexemes in chunks], mean_lexemes=mean)
    weights = [SparseVector.from_binary(one.weights) for one in terms]
    ids: list[int] = [chunk for chunk, _ in chunks]
    cursor.execute(_WEIGH.format(version=version).encode(), (ids, weights))
    return ids[-1]
