"""A chunk's terms, computed the plain way: one lexeme after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pgvector import SparseVector

from askpress.retrieval import bm25


def chunk_weights(lexemes: Sequence[str], *, mean_lexemes: float) -> SparseVector:
    """Return for each lexeme tf·(k1+1) / (tf + k1·(1 − b + b·length/mean))."""
    norm = bm25.K1 * (1 - bm25.B + bm25.B * len(lexemes) / max(mean_lexemes, 1.0))
    weights = {lexeme: tf * (bm25.K1 + 1) / (tf + norm) for lexeme, tf in Counter(lexemes).items()}
    return SparseVector({bm25.dimension(lexeme): weight for lexeme, weight in weights.items()}, bm25.DIMENSIONS)


def tsvector(lexemes: Sequence[str]) -> str:
    """Return the lexemes with their positions as PostgreSQL's tsvector literal."""
    places: dict[str, list[int]] = {}
    for position, lexeme in enumerate(lexemes, start=1):
        places.setdefault(lexeme, []).append(min(position, 16_383))
    return " ".join(f"{bm25.quoted(lexeme)}:{','.join(map(str, found[:255]))}" for lexeme, found in places.items())
