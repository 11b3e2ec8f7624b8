"""Reranking: the best passages once more in the order of a better, slower model; in the fused order without it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from django.conf import settings

from askpress import errors, logs, providers
from askpress.providers.reranking import Bounded
from askpress.retrieval.passage import Passage


def configured() -> Bounded | None:
    """Return this deployment's reranker, None when it has none."""
    return providers.reranker(
        settings.RERANK_PROVIDER,
        settings.RERANK_MODEL,
        base_url=settings.RERANK_BASE_URL,
        api_key=settings.RERANK_API_KEY,
        cache_dir=str(settings.DATA_DIR / "models"),
        timeout_seconds=settings.RERANK_TIMEOUT_MS / 1000,
    )


def rerank(question: str, passages: Sequence[Passage], reranker: Bounded) -> list[Passage] | None:
    """Return the passages in the reranker's order, the first of them judged anew; None when it did not judge in time.

    Equal scores keep the fused order. Those that were not judged follow, with no score above the last that was.
    """
    judged = passages[: settings.RERANK_PASSAGES]
    try:
        scores = reranker.scores(question, [_read(passage) for passage in judged])
    except errors.ProviderError as error:
        logs.warning("passages not reranked", reason=str(error))
        return None
    order = sorted(range(len(judged)), key=lambda place: -scores[place])
    least = min(scores, default=1.0)
    rest = [dataclasses.replace(passage, score=min(passage.score, least)) for passage in passages[len(judged) :]]
    return [*(_scored(judged[place], scores[place]) for place in order), *rest]


def _read(passage: Passage) -> str:
    """Return what the model reads of a passage: without its headings it often does not say what it is about."""
    return "\n".join([passage.title, *passage.headings, passage.text])


def _scored(passage: Passage, score: float) -> Passage:
    found = passage.found and dataclasses.replace(passage.found, reranked=score)
    return dataclasses.replace(passage, score=score, found=found)
