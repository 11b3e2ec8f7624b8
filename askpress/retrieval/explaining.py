"""Explaining: why a search found what it found, for whoever runs the site. Pure but for the floor in the settings."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from askpress.retrieval.passage import Passage
from askpress.retrieval.retriever import Retrieval

# What came nearest and is no evidence.
_NEAREST = 3


def of_search(found: Retrieval, *, mode: str) -> dict[str, Any]:
    """Return what decided the order and whether anything was evidence."""
    how = found.explained
    assert how is not None
    return {
        "mode": mode,
        "formula": how.formula,
        "weights": {"semantic": how.weights.dense, "keyword": how.weights.keyword},
        "languages": list(how.languages),
        "model": found.model.traits.model,
        "index_version": found.index_version,
        "reranked": how.reranked,
        "evidence": {
            "enough": how.is_evidence,
            "nearness_floor": how.rule.floor,
            "coverage_floor": settings.EVIDENCE_COVERAGE if how.rule.floor is None else None,
            "nearest": [
                {"title": passage.title, "url": passage.url, **of_passage(passage, found)}
                for passage in found.nearest[: 0 if how.is_evidence else _NEAREST]
            ],
        },
    }


def of_passage(passage: Passage, retrieval: Retrieval) -> dict[str, Any]:
    """Return a passage's scores and ranks in both legs."""
    found, how = passage.found, retrieval.explained
    assert found is not None and how is not None
    return {
        "cosine": round(passage.cosine, 4),
        "cosine_rank": found.cosine_rank,
        "bm25": round(passage.bm25, 4),
        "bm25_rank": found.bm25_rank,
        "legs": [leg for leg, is_in in (("semantic", found.by_meaning), ("keyword", found.by_words)) if is_in],
        "coverage": round(passage.coverage, 4),
        "nearness": round(how.rule.nearness(passage), 4),
        "reranked": None if found.reranked is None else round(found.reranked, 4),
    }
