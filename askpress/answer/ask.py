"""The trip of a question: cache, retrieve, prompt, generate, verify, cite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from askpress import errors, logs, providers, sites
from askpress.answer import body, cache, citations, context, prompt, quotes
from askpress.answer.body import Draft
from askpress.providers.contract import Completion, LanguageModel, Usage
from askpress.retrieval import retriever

# Enough for the context budget at either chunk size.
PASSAGES = 12


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as the API gives it."""

    body: dict[str, Any]


def ask(question: str, *, site: sites.Site, user: str, remember: bool = True) -> Answer:
    """Answer from the site's own words or say honestly that they do not answer.

    `user` is an opaque name of who asks, for the provider; without `remember` the cache is neither read nor
    written. Raises NoLiveIndex and StoreUnavailable; a provider that fails makes the answer extractive, never an
    error.
    """
    model = language_model()
    name = cache.key(
        question,
        site=site.instance,
        language_model=model.traits.model if model else "extractive",
        embedding_floor=settings.EVIDENCE_COSINE,
        coverage_floor=settings.EVIDENCE_COVERAGE,
        context_tokens=settings.CONTEXT_TOKENS,
        prompt=prompt.VERSION,
        audience="anonymous",
    )
    stored = cache.fetch(name, site_id=site.id) if remember else None
    if stored is not None:
        return Answer({**stored, "cached": True})
    corpus_version = sites.corpus_version(site.id)
    found = retriever.retrieve(question, site_id=site.id, site_language=site.language, k=PASSAGES)
    draft = _draft(question, found, model, user=user)
    written = body.write(draft, found, site)
    # During the first sync better posts are still on their way.
    if remember and not draft.degraded and site.reconciled_at is not None:
        cache.put(name, _entry(written, draft, found, corpus_version), seconds=settings.ANSWER_CACHE_SECONDS)
    return Answer(written)


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


def _draft(question: str, found: retriever.Retrieval, model: LanguageModel | None, *, user: str) -> Draft:
    if not found.passages:
        return Draft(code="not_found", degraded=found.degraded)
    excerpts = context.build(found.passages, max_tokens=settings.CONTEXT_TOKENS)
    if model is None:
        return _extractive(question, excerpts, found)
    try:
        completion = model.generate(
            instructions=prompt.INSTRUCTIONS,
            prompt=prompt.write(question, excerpts, language=found.language),
            schema=prompt.SCHEMA,
            user=user,
        )
    except errors.ProviderError as error:
        logs.warning("answer not generated", model=model.traits.model, reason=str(error))
        return _extractive(question, excerpts, found, degraded="extractive")
    return _generated(question, completion, excerpts, found, model)


def _generated(
    question: str,
    completion: Completion,
    excerpts: Sequence[context.Excerpt],
    found: retriever.Retrieval,
    model: LanguageModel,
) -> Draft:
    used = {"usage": completion.usage, "model": model.traits.model}
    if completion.outcome == "refused":
        return Draft(code="model_refused", degraded=found.degraded, **used)  # type: ignore[arg-type]
    if completion.data is not None and completion.data.get("found") is False:
        return Draft(code="not_in_sources", degraded=found.degraded, **used)  # type: ignore[arg-type]
    claims = citations.verify(citations.read_claims(completion.data or {}), excerpts)
    if claims:
        return Draft(claims=tuple(claims), degraded=found.degraded, **used)  # type: ignore[arg-type]
    logs.warning("no claim was proven", model=model.traits.model, outcome=completion.outcome)
    return _extractive(question, excerpts, found, degraded="extractive", usage=completion.usage)


def _extractive(
    question: str,
    excerpts: Sequence[context.Excerpt],
    found: retriever.Retrieval,
    *,
    degraded: str = "",
    usage: Usage | None = None,
) -> Draft:
    claims = quotes.quote(question, excerpts, language=found.language, model=found.model)
    return Draft(
        claims=tuple(claims),
        code="" if claims else "not_found",
        degraded=degraded or found.degraded,
        usage=usage or Usage(),
        quoted=True,
    )


def _entry(written: dict[str, Any], draft: Draft, found: retriever.Retrieval, corpus_version: int) -> cache.Entry:
    used = tuple(sorted({claim.passage.document_version for claim in draft.claims}))
    return cache.Entry(
        body=written,
        document_versions=used,
        corpus_version=-1 if used else corpus_version,
        index_version=found.index_version,
    )
