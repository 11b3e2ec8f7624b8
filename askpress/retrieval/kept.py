"""Vectors that were paid for, kept by vector space and text: no text is embedded twice."""

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


def keep(vectors: Mapping[bytes, npt.NDArray[np.float32]]) -> None:
    """Keep vectors as replies arrive, before any document uses them: paid once is paid for good."""
    with store.transaction() as cursor:
        cursor.executemany(
            "INSERT INTO askpress_embedding (key, vector, created_at) VALUES (%b, %b, now()) ON CONFLICT DO NOTHING",
            # One order for all writers: two of them with the same texts never wait for each other.
            [(key, HalfVector(vectors[key])) for key in sorted(vectors)],
        )
