"""Which answers are remembered, and for how long."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings

from askpress.answer import body, cache
from askpress.answer.asked import Asked
from askpress.answer.body import Draft
from askpress.retrieval.retriever import Retrieval


def keep(asked: Asked, name: str, written: dict[str, Any], draft: Draft, found: Retrieval, *, corpus: int) -> None:
    """Remember an answer that was just written, under its name in the answer cache, unless the next is to be better."""
    own = asked.site.answer_cache_seconds
    seconds = settings.ANSWER_CACHE_SECONDS if own is None else own
    # During the first sync better posts are still on their way.
    if not asked.options.remember or not seconds or asked.site.reconciled_at is None:
        return
    whole = draft.degraded in ("", "small_model")
    if whole or (draft.degraded in ("rerank", "keyword") and draft.model):
        entry = _entry(asked, written, draft, found, corpus=corpus, seconds=seconds)
        cache.put(name, entry, seconds=cache.KEPT_SECONDS if whole else min(seconds, cache.BRIEFLY_SECONDS))


def _entry(
    asked: Asked, written: dict[str, Any], draft: Draft, found: Retrieval, *, corpus: int, seconds: int
) -> cache.Entry:
    # Of the statement that found the passages: an edit while the model writes makes the entry dead on arrival.
    passages = [*(claim.passage for claim in draft.claims), *(found.nearest if asked.options.retrieved else ())]
    kept = {name: value for name, value in written.items() if name not in ("as_of", "checked_at")}
    return cache.Entry(
        body=body.as_json({**kept, "cached": True}),
        site_id=asked.site.id,
        document_versions=tuple(sorted({passage.document_version for passage in passages})),
        corpus_version=corpus,
        index_version=found.index_version,
        good_until=time.time() + seconds if draft.claims else 0.0,
    )
