"""BM25 as an inner product of two sparse vectors: saturation and length on the chunk's side, idf on the query's. Pure.

Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009), formula 3.15; the idf is
kept positive as Lucene does.
"""

from __future__ import annotations

import functools
import math
import zlib
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from pgvector import SparseVector

# The usual values; k1 saturates the term frequency, b weighs the length.
K1 = 1.2
B = 0.75
# pgvector's limit: dimensions of a sparsevec.
DIMENSIONS = 1_000_000_000


@functools.lru_cache(maxsize=20_000)
def dimension(lexeme: str) -> int:
    """Return the lexeme's place in every sparse vector.

    A hash needs no table of terms and is frozen for ever; among 100,000 lexemes about five pairs share a place.
    """
    return place(lexeme.encode())


def place(lexeme: bytes) -> int:
    """Return `dimension` of a lexeme written as UTF-8."""
    return zlib.crc32(lexeme) % DIMENSIONS


def norm(lexemes: npt.NDArray[np.int64], *, mean_lexemes: float) -> npt.NDArray[np.float64]:
    """Return what chunks of so many lexemes weigh against a term's frequency: k1·(1 − b + b·length/mean)."""
    weighed: npt.NDArray[np.float64] = K1 * (1 - B + B * lexemes.astype(np.float64) / max(mean_lexemes, 1.0))
    return weighed


def saturated(frequency: npt.NDArray[np.int64], norm: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return a chunk's side: for each term tf·(k1+1) / (tf + norm)."""
    weights: npt.NDArray[np.float64] = frequency * (K1 + 1) / (frequency + norm)
    return weights


def query_weights(idfs: Mapping[str, float]) -> SparseVector:
    """Return the query's side: the idf of each lexeme."""
    return SparseVector({dimension(lexeme): idf for lexeme, idf in idfs.items()}, DIMENSIONS)


def idf(*, documents: int, frequency: int) -> float:
    """Return the lexeme's weight, > 0: the rarer, the larger."""
    return math.log(1 + (documents - frequency + 0.5) / (frequency + 0.5)) if frequency <= documents else 0.0


def quoted(lexeme: str) -> str:
    """Return the lexeme as a literal inside a tsvector or tsquery."""
    if lexeme.isalnum():
        return f"'{lexeme}'"
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"
