"""Passage: a retrieved chunk with its document and score. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Found:
    """How a passage came among the candidates; told on request."""

    # Whether it was among the nearest by meaning, and among those with the best words.
    by_meaning: bool
    by_words: bool
    # Among all candidates, 1 is first.
    cosine_rank: int
    bm25_rank: int
    # The reranker's score 0..1; None when it was not reranked.
    reranked: float | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A retrieved chunk with its document and score."""

    chunk_id: str
    text: str
    headings: tuple[str, ...]
    anchor: str
    # Offsets in the document's text; neighbours overlap.
    start: int
    end: int
    position: int
    token_count: int
    document_id: int
    # Names the document's content as it was read.
    document_version: int
    type: str
    title: str
    url: str
    language: str
    updated_at: datetime | None
    # 0..1, larger is better: the fused score, or the reranker's.
    score: float
    # -1..1.
    cosine: float
    bm25: float
    # Share 0..1 of the question's idf that stands in this passage.
    coverage: float
    # Only when it was asked for.
    found: Found | None = None
