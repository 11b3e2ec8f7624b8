"""Vectors that were paid for, kept by vector space and text: no text is embedded twice while it is in use."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from pgvector import HalfVector

from askpress.retrieval import store


def key(space: str, text: str) -> bytes:
    """Return the key under which the vector of `text` is kept."""
    return hashlib.sha256(space.encode() + b"\0" + text.encode()).digest()


def known(keys: Sequence[bytes]) -> set[bytes]:
    """Return those of `keys` whose vectors are kept."""
    with store.autocommit() as cursor:
        rows = cursor.execute("SELECT key FROM askpress_embedding WHERE key = ANY(%b)", (list(keys),))
        return {bytes(row[0]) for row in rows}


def claim(keys: Sequence[bytes]) -> set[bytes]:
    """Return what `known` does, for chunks about to be written: none of these is forgotten before they are."""
    with store.autocommit() as cursor:
        cursor.execute(_CLAIM, (list(keys),))
    return known(keys)


def keep(vectors: Mapping[bytes, npt.NDArray[np.float32]]) -> None:
    """Keep vectors as replies arrive, before any document uses them: paid once is paid for good."""
    # One order for all writers: two of them with the same texts never wait for each other.
    keys = sorted(vectors)
    if not keys:
        return
    # Many numbers at once become half as long in two thirds of the time.
    halves = np.stack([vectors[key] for key in keys]).astype(np.float16)
    with store.transaction() as cursor:
        cursor.execute(
            "INSERT INTO askpress_embedding (key, vector, created_at)"
            " SELECT key, vector, now() FROM unnest(%b::bytea[], %b::halfvec[]) AS given (key, vector)"
            " ON CONFLICT DO NOTHING",
            (keys, list(map(HalfVector, halves))),
        )


def purge(*, days: int) -> int:
    """Forget vectors that no chunk has had for so many days, or for an hour if that is longer; return how many.

    A vector tells much of its text: what was deleted on the site is to end here too.
    """
    with store.transaction() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(_MARK_USED)
        cursor.execute(_MARK_UNUSED)
        cursor.execute(_FORGET, (days,))
        return cursor.rowcount


# In one order, as in keep().
_CLAIM = """
UPDATE askpress_embedding SET unused_since = NULL
WHERE key IN (
    SELECT key FROM askpress_embedding WHERE key = ANY(%b) AND unused_since IS NOT NULL ORDER BY key FOR UPDATE
)
"""
_MARK_USED = """
UPDATE askpress_embedding SET unused_since = NULL
WHERE unused_since IS NOT NULL AND EXISTS (SELECT FROM askpress_chunk WHERE askpress_chunk.key = askpress_embedding.key)
"""
_MARK_UNUSED = """
UPDATE askpress_embedding SET unused_since = now()
WHERE unused_since IS NULL AND NOT EXISTS (SELECT FROM askpress_chunk WHERE askpress_chunk.key = askpress_embedding.key)
"""
# What is embedded now is written within the hour.
_FORGET = """
DELETE FROM askpress_embedding
WHERE unused_since < now() - greatest(make_interval(days => %s), interval '1 hour')
"""
