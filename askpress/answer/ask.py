"""The trip of a question: cache, retrieve, prompt, generate, verify, cite."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from askpress import providers, sites
from askpress.answer import body, cache, events, prompt, replay, writing
from askpress.answer.asked import Asked
from askpress.answer.body import Draft, Said
from askpress.answer.speech import Speech
from askpress.providers.contract import LanguageModel
from askpress.retrieval import retriever

# Enough for the context budget at either chunk size.
PASSAGES = 12


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as the API gives it."""

    body: dict[str, Any]


def ask(asked: Asked) -> Answer:
    """Answer from the site's own words or say honestly that they do not answer: what `tell` says at last.

    Raises NoLiveIndex and StoreUnavailable; a provider that fails makes the answer extractive, never an error.
    """
    done = next(event for event in tell(asked) if isinstance(event, events.Done))
    return Answer(done.body)


def tell(asked: Asked) -> Iterator[events.Event]:
    """Yield the answer's events as they happen, Done last; raises as `ask` does, before the first or after it."""
    model = _chosen(asked)
    name = _name(asked, model)
    stored = _recalled(asked, name)
    if stored is not None:
        yield from replay.told(stored)
    else:
        yield from _fresh(asked, model, name)


def language_model() -> LanguageModel | None:
    """Return the configured language model, None when quotes are all there is."""
    if settings.LANGUAGE_PROVIDER == "extractive":
        return None
    return providers.language_model(
        settings.LANGUAGE_MODEL,
        base_url=settings.LANGUAGE_BASE_URL,
        api_key=settings.LANGUAGE_API_KEY,
        max_output_tokens=settings.ANSWER_TOKENS,
        timeout_seconds=settings.ANSWER_TIMEOUT_SECONDS,
    )


def _chosen(asked: Asked) -> LanguageModel | None:
    """Return what writes this answer."""
    return language_model()


def _name(asked: Asked, model: LanguageModel | None) -> str:
    return cache.key(
        asked.question,
        history=[[turn.role, turn.text] for turn in asked.history],
        site=asked.site.instance,
        language_model=model.traits.model if model else "extractive",
        unverified=asked.options.unverified,
        retrieved=asked.options.retrieved,
        embedding_floor=settings.EVIDENCE_COSINE,
        coverage_floor=settings.EVIDENCE_COVERAGE,
        context_tokens=settings.CONTEXT_TOKENS,
        prompt=prompt.VERSION,
        audience="anonymous",
        narrowed=asked.narrowed.texts,
    )


def _recalled(asked: Asked, name: str) -> dict[str, Any] | None:
    """Return the stored answer while it holds."""
    if not asked.options.remember:
        return None
    stored = cache.fetch(name, site_id=asked.site.id)
    return None if stored is None else {**stored, "cached": True}


def _fresh(asked: Asked, model: LanguageModel | None, name: str) -> Iterator[events.Event]:
    site = asked.site
    # Read before retrieval: what changes from here on makes a refusal's entry dead on arrival.
    corpus_version = sites.corpus_version(site.id)
    found = retriever.retrieve(
        _standalone(asked), site_id=site.id, site_language=site.language, k=PASSAGES, narrowed=asked.narrowed
    )
    meta = events.Meta(id=str(uuid.uuid4()), cached=False, language=found.language, as_of=body.iso(site.reconciled_at))
    yield meta
    speech = Speech()
    draft = yield from writing.Writer(asked, found, model, speech).write()
    said = Said(speech.text, speech.sources, speech.citations)
    written = body.write(draft, said, found, id=meta.id, as_of=meta.as_of)
    _finished(asked, name, written, draft, found, corpus_version)
    yield from replay.ending(written)


def _standalone(asked: Asked) -> str:
    """Return the question as retrieval needs it: understood without what was said before."""
    return asked.question


def _finished(
    asked: Asked, name: str, written: dict[str, Any], draft: Draft, found: retriever.Retrieval, corpus_version: int
) -> None:
    """Remember an answer that was just written."""
    # During the first sync better posts are still on their way.
    if asked.options.remember and not draft.degraded and asked.site.reconciled_at is not None:
        entry = _entry(written, draft, found, corpus_version)
        cache.put(name, entry, seconds=settings.ANSWER_CACHE_SECONDS)


def _entry(written: dict[str, Any], draft: Draft, found: retriever.Retrieval, corpus_version: int) -> cache.Entry:
    # Of the statement that found the passages: an edit while the model writes makes the entry dead on arrival.
    used = tuple(sorted({claim.passage.document_version for claim in draft.claims}))
    return cache.Entry(
        body=written,
        document_versions=used,
        corpus_version=-1 if used else corpus_version,
        index_version=found.index_version,
    )
