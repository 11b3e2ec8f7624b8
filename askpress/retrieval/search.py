"""Reads the index: one statement finds, fuses and ranks passages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pgvector import HalfVector
from psycopg import sql

from askpress.retrieval import bm25, fusion, narrowing, store
from askpress.retrieval.fusion import Weights
from askpress.retrieval.keywords import Keywords
from askpress.retrieval.narrowing import Narrowing
from askpress.retrieval.passage import Found, Passage
from askpress.retrieval.versions import IndexVersion

CANDIDATES = 60
# bm25/(bm25 + 40): half the keyword score at a BM25 of 40, so that a rare name still counts more than a common word
# (10 lost .003 to .010 nDCG@10 on each of four English sets).
_HALF_BM25 = 40.0
# A filter that leaves as many documents, or one for each 100 to 200 chunks of the site, is answered by the vector index
# first; fewer are looked at whole, at 7 us a chunk. In steps: each number is another statement to prepare.
_MANY_DOCUMENTS = 250
# So many nearest chunks are looked through for those that fit. To let the index go on until it has enough costs more
# and finds less: recall .87 at 100,000 chunks for a filter on what lies far away.
_WALKED = 400
# Of the chunks that fit, so many whose sketches are nearest are compared: .99 of the true ten at 100,000 x 384 and more
# at 1,536 dimensions.
_SKETCHED = 1_000
# Below so many chunks of so many dimensions sketches choose what is compared: a half of what comparing all costs.
_MANY_CHUNKS = 1_500
_LONG = 1_000
_SHORT = 200
_ALL_CHUNKS = 1_000_000
# Passages of one document among the results, unless the question is about that document.
PER_DOCUMENT = 3
# What explain=true adds to hybrid.sql.
_EXPLAINED = {
    "of_legs": ", distance IS NOT NULL AS by_meaning, product IS NOT NULL AS by_words",
    "of_scores": ", rank() OVER (ORDER BY cosine DESC) AS cosine_rank, rank() OVER (ORDER BY bm25 DESC) AS bm25_rank",
    "of_best": ", best.by_meaning, best.by_words, best.cosine_rank, best.bm25_rank",
}


@dataclass(frozen=True, slots=True)
class Part:
    """Which passages of the order are wanted."""

    skip: int = 0
    # 0: as many as k.
    limit: int = 0
    # With how each was found.
    explained: bool = False


WHOLE = Part()


def hybrid(
    version: IndexVersion,
    *,
    site_id: int,
    embedding: object | None,
    keywords: Keywords,
    weights: Weights,
    k: int,
    narrowed: Narrowing = narrowing.NONE,
    formula: str = fusion.WEIGHTED,
    part: Part = WHOLE,
) -> list[Passage]:
    """Return at most k passages, best first; without an embedding by keywords alone.

    `part` says which passages of the order are returned in place of the first k.
    """
    asked = parameters(site_id=site_id, embedding=embedding, keywords=keywords, weights=weights, k=k)
    asked |= narrowing.parameters(narrowed) | {"skip": part.skip, "limit": part.limit or k}
    with store.autocommit() as cursor:
        query = statement(
            version,
            dense=embedding is not None,
            keyword=weights.keyword > 0,
            narrowed=narrowed,
            chunks=keywords.chunks,
            formula=formula,
            explained=part.explained,
        )
        store.widen(cursor, ef_search=version.ef_search, probes=version.probes)
        rows = cursor.execute(query, asked, binary=True, prepare=True).fetchall()
    return list(_passages(rows, keywords))


def statement(
    version: IndexVersion,
    *,
    dense: bool = True,
    keyword: bool = True,
    narrowed: Narrowing = narrowing.NONE,
    chunks: int = _MANY_CHUNKS,
    name: str = "hybrid",
    formula: str = fusion.WEIGHTED,
    explained: bool = False,
) -> sql.Composed:
    """Return the one statement of a search; without `dense` or `keyword` that leg stays empty.

    `name` is the file of another statement over the same candidates, `formula` one of fusion.FORMULAS.
    """
    pieces = narrowing.pieces(narrowed) if narrowed else {}
    chosen = _candidates(version, narrowed, chunks=chunks)
    return store.statement(
        name,
        candidates_of_legs="{" + chosen + "}",
        keyword_of_all="{keyword.sql}",
        excluding="{excluding.sql}" if narrowed.excluded else "",
        formula=fusion.FORMULAS[formula],
        **(_EXPLAINED if explained else dict.fromkeys(_EXPLAINED, "")),
        **pieces,
        version=version.id,
        dimensions=version.recipe.dimensions,
        candidates=CANDIDATES if keyword else 0,
        dense_candidates=CANDIDATES if dense else 0,
        sketched=_sketched(version.recipe.dimensions, few_chunks=chosen == "candidates_sketched.sql"),
        many=max(_MANY_DOCUMENTS, 1 << (chunks // 200).bit_length()),
        walked=_WALKED if dense else 0,
    )


def _sketched(dimensions: int, *, few_chunks: bool) -> int:
    """Return how many of the nearest sketches are compared; those of short vectors say little."""
    if few_chunks:
        return 2 * CANDIDATES
    return _SKETCHED if dimensions >= _SHORT else _ALL_CHUNKS


def _candidates(version: IndexVersion, narrowed: Narrowing, *, chunks: int) -> str:
    if narrowed.phrases:
        return "candidates_quoted.sql"
    if narrowed:
        return "candidates_narrowed.sql"
    few = chunks < _MANY_CHUNKS and version.recipe.dimensions >= _LONG
    return "candidates_sketched.sql" if few else "candidates.sql"


def parameters(
    *, site_id: int, embedding: object | None, keywords: Keywords, weights: Weights, k: int
) -> dict[str, object]:
    """Return the statement's parameters."""
    return {
        "site": site_id,
        "embedding": None if embedding is None else HalfVector(embedding),  # type: ignore[arg-type]
        "any_lexeme": keywords.any_lexeme,
        "telling": keywords.telling,
        "weights": keywords.weights,
        "lexemes": list(keywords.idfs),
        "quoted": [bm25.quoted(lexeme) for lexeme in keywords.idfs],
        "dense_weight": weights.dense if embedding is not None else 0.0,
        "keyword_weight": weights.keyword,
        "half_bm25": _HALF_BM25,
        "k": k,
        "limit": k,
        "skip": 0,
        "per_document": PER_DOCUMENT,
    }


def _passages(rows: Iterable[store.Row], keywords: Keywords) -> Iterable[Passage]:
    for cosine, score_bm25, score, *chunk in rows:
        (public_id, text, headings, anchor, start, end, position, tokens, document, number, *shown) = chunk
        kind, title, url, language, updated_at, matched, *found = shown
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
            found=Found(*found) if found else None,
        )
