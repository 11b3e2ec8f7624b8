"""Reads the index: one statement finds, fuses and ranks passages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pgvector import HalfVector
from psycopg import sql

from askpress.retrieval import bm25, filters, store
from askpress.retrieval.filters import Filters
from askpress.retrieval.keywords import Keywords
from askpress.retrieval.passage import Passage
from askpress.retrieval.versions import IndexVersion

CANDIDATES = 60
# bm25/(bm25 + 40): half the keyword score at a BM25 of 40, so that a rare name still counts more than a common word
# (10 lost .003 to .010 nDCG@10 on each of four English sets).
_HALF_BM25 = 40.0
# Passages of one document among the results, unless the question is about that document.
PER_DOCUMENT = 3


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each leg counts."""

    dense: float
    keyword: float


def hybrid(
    version: IndexVersion,
    *,
    site_id: int,
    embedding: object | None,
    keywords: Keywords,
    weights: Weights,
    k: int,
    narrowed: Filters = filters.ANY,
) -> list[Passage]:
    """Return at most k passages, best first; without an embedding by keywords alone."""
    asked = parameters(site_id=site_id, embedding=embedding, keywords=keywords, weights=weights, k=k)
    asked |= filters.parameters(narrowed)
    with store.autocommit() as cursor:
        query = statement(
            version,
            dense=embedding is not None,
            keyword=weights.keyword > 0,
            conditions=filters.conditions(narrowed),
        )
        rows = cursor.execute(query, asked, binary=True, prepare=True).fetchall()
    return list(_passages(rows, keywords))


_NEAREST = """SELECT chunk_id, embedding <=> %(embedding)b AS distance
    FROM vector_{version}
    WHERE site_id = %(site)s
    ORDER BY embedding <=> %(embedding)b
    LIMIT {dense_candidates}"""
_MATCHING = """matching AS MATERIALIZED (
    SELECT chunk.id AS chunk_id
    FROM askpress_document AS document
    JOIN askpress_chunk AS chunk ON chunk.document_id = document.id AND chunk.index_version_id = {version}
    WHERE document.site_id = %(site)s AND document.gone_at IS NULL AND {conditions}
),
"""
# "+ 0" keeps the HNSW index out: it would stop before it has seen enough that match.
_NEAREST_MATCHING = """SELECT chunk_id, embedding <=> %(embedding)b AS distance
    FROM matching
    JOIN vector_{version} USING (chunk_id)
    ORDER BY (embedding <=> %(embedding)b) + 0
    LIMIT {dense_candidates}"""


def statement(version: IndexVersion, *, dense: bool = True, keyword: bool = True, conditions: str = "") -> sql.Composed:
    """Return the one statement of a search; without `dense` or `keyword` that leg stays empty."""
    return store.statement(
        "hybrid",
        matching=_MATCHING if conditions else "",
        dense=_NEAREST_MATCHING if conditions else _NEAREST,
        matches=" AND chunk_id IN (SELECT chunk_id FROM matching)" if conditions else "",
        conditions=conditions,
        version=version.id,
        candidates=CANDIDATES if keyword else 0,
        dense_candidates=CANDIDATES if dense else 0,
    )


def parameters(
    *, site_id: int, embedding: object | None, keywords: Keywords, weights: Weights, k: int
) -> dict[str, object]:
    """Return the statement's parameters."""
    return {
        "site": site_id,
        "embedding": None if embedding is None else HalfVector(embedding),  # type: ignore[arg-type]
        "any_lexeme": keywords.any_lexeme,
        "weights": keywords.weights,
        "lexemes": list(keywords.idfs),
        "quoted": [bm25.quoted(lexeme) for lexeme in keywords.idfs],
        "dense_weight": weights.dense if embedding is not None else 0.0,
        "keyword_weight": weights.keyword,
        "half_bm25": _HALF_BM25,
        "k": k,
        "per_document": PER_DOCUMENT,
    }


def _passages(rows: Iterable[store.Row], keywords: Keywords) -> Iterable[Passage]:
    for cosine, score_bm25, score, *chunk, matched in rows:
        (public_id, text, headings, anchor, start, end, position, tokens, document, number, *shown) = chunk
        kind, title, url, language, updated_at = shown
        yield Passage(
            chunk_id=public_id,
            text=text,
            headings=tuple(headings),
            anchor=anchor,
            start=start,
            end=end,
            position=position,
            token_count=tokens,
            document_id=document,
            document_version=number,
            type=kind,
            title=title,
            url=url,
            language=language,
            updated_at=updated_at,
            score=max(0.0, min(1.0, float(score))),
            cosine=float(cosine),
            bm25=float(score_bm25),
            coverage=keywords.coverage(frozenset(matched)),
        )
