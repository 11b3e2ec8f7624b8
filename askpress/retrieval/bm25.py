"""BM25 as an inner product of two sparse vectors: saturation and length on the chunk's side, idf on the query's. Pure.

Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009), formula 3.15; the idf is
kept positive as Lucene does.
"""

from __future__ import annotations

import functools
import math
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence

from pgvector import SparseVector

# The usual values; k1 saturates the term frequency, b weighs the length.
K1 = 1.2
B = 0.75
# pgvector's limits: dimensions of a sparsevec, and the longest lexeme and most positions tsvector takes.
DIMENSIONS = 1_000_000_000
_MAX_POSITION = 16_383
_MAX_POSITIONS = 255


@functools.lru_cache(maxsize=20_000)
def dimension(lexeme: str) -> int:
    """Return the lexeme's place in every sparse vector.

    A hash needs no table of terms and is frozen for ever; among 100,000 lexemes about five pairs share a place.
    """
    return zlib.crc32(lexeme.encode()) % DIMENSIONS


def chunk_weights(lexemes: Sequence[str], *, mean_lexemes: float) -> SparseVector:
    """Return a chunk's side: for each lexeme tf·(k1+1) / (tf + k1·(1 − b + b·length/mean))."""
    norm = K1 * (1 - B + B * len(lexemes) / max(mean_lexemes, 1.0))
    counts = Counter(lexemes)
    saturated = {tf: tf * (K1 + 1) / (tf + norm) for tf in set(counts.values())}
    return SparseVector({dimension(lexeme): saturated[tf] for lexeme, tf in counts.items()}, DIMENSIONS)


def query_weights(idfs: Mapping[str, float]) -> SparseVector:
    """Return the query's side: the idf of each lexeme."""
    return SparseVector({dimension(lexeme): idf for lexeme, idf in idfs.items()}, DIMENSIONS)


def idf(*, documents: int, frequency: int) -> float:
    """Return the lexeme's weight, > 0: the rarer, the larger."""
    return math.log(1 + (documents - frequency + 0.5) / (frequency + 0.5)) if frequency <= documents else 0.0


def tsvector(lexemes: Sequence[str]) -> str:
    """Return the lexemes with their positions as PostgreSQL's tsvector literal."""
    places: dict[str, list[int]] = {}
    for position, lexeme in enumerate(lexemes, start=1):
        found = places.get(lexeme)
        if found is None:
            places[lexeme] = [min(position, _MAX_POSITION)]
        elif len(found) < _MAX_POSITIONS:
            found.append(min(position, _MAX_POSITION))
    return " ".join(f"{quoted(lexeme)}:{','.join(map(str, found))}" for lexeme, found in places.items())


def quoted(lexeme: str) -> str:
    """Return the lexeme as a literal inside a tsvector or tsquery."""
    if lexeme.isalnum():
        return f"'{lexeme}'"
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"
