"""The trip of a question: cache, retrieve, prompt, generate, verify, cite."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from askpress import errors, logs, providers, sites
from askpress.answer import cache, citations, context, phrases, prompt, quotes
from askpress.answer.citations import Verified
from askpress.providers.contract import Completion, LanguageModel, Usage
from askpress.retrieval import retriever
from askpress.retrieval.passage import Passage

# Enough for the context budget at either chunk size.
PASSAGES = 12
_SUGGESTIONS = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as the API gives it."""

    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Draft:
    """What an answer is made of before it is written down."""

    claims: tuple[Verified, ...] = ()
    # Why there are no claims: "not_found" below the evidence rule, "not_in_sources" when the model found nothing,
    # "model_refused" when it would not answer.
    code: str = ""
    # "extractive" when quotes stand in for a language model that failed, "keyword" for an embedding model that did.
    degraded: str = ""
    usage: Usage = field(default_factory=Usage)
    model: str = ""
    # Quotes are said to be quotes.
    quoted: bool = False


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
    body = _body(draft, found, site)
    if remember and not draft.degraded:
        cache.put(name, _entry(body, draft, found, corpus_version), seconds=settings.ANSWER_CACHE_SECONDS)
    return Answer(body)


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


def _draft(question: str, found: retriever.Retrieval, model: LanguageModel | None, *, user: str) -> _Draft:
    if not found.passages:
        return _Draft(code="not_found", degraded=found.degraded)
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
) -> _Draft:
    used = {"usage": completion.usage, "model": model.traits.model}
    if completion.outcome == "refused":
        return _Draft(code="model_refused", degraded=found.degraded, **used)  # type: ignore[arg-type]
    if completion.data is not None and completion.data.get("found") is False:
        return _Draft(code="not_in_sources", degraded=found.degraded, **used)  # type: ignore[arg-type]
    claims = citations.verify(citations.read_claims(completion.data or {}), excerpts)
    if claims:
        return _Draft(claims=tuple(claims), degraded=found.degraded, **used)  # type: ignore[arg-type]
    logs.warning("no claim was proven", model=model.traits.model, outcome=completion.outcome)
    return _extractive(question, excerpts, found, degraded="extractive", usage=completion.usage)


def _extractive(
    question: str,
    excerpts: Sequence[context.Excerpt],
    found: retriever.Retrieval,
    *,
    degraded: str = "",
    usage: Usage | None = None,
) -> _Draft:
    claims = quotes.quote(question, excerpts, language=found.language, index_version=found.index_version)
    return _Draft(
        claims=tuple(claims),
        code="" if claims else "not_found",
        degraded=degraded or found.degraded,
        usage=usage or Usage(),
        quoted=True,
    )


def _body(draft: _Draft, found: retriever.Retrieval, site: sites.Site) -> dict[str, Any]:
    language = phrases.spoken(found.language, site_language=site.language)
    sources = _sources(draft.claims)
    numbers = {source["document"]: source["number"] for source in sources}
    return {
        "answer": _text(draft, numbers, language) if draft.claims else phrases.not_found(language),
        "cached": False,
        "sources": [{name: value for name, value in source.items() if name != "document"} for source in sources],
        "citations": [_citation(claim, numbers[claim.passage.document_id]) for claim in draft.claims],
        "refused": not draft.claims,
        "code": draft.code or None,
        "suggestions": [] if draft.claims else _suggestions(found.nearest),
        "language": found.language,
        "degraded": draft.degraded or None,
        "model": draft.model or "extractive",
        "usage": {
            "input_tokens": draft.usage.input_tokens,
            "cached_tokens": draft.usage.cached_tokens,
            "output_tokens": draft.usage.output_tokens,
            "cost_usd": draft.usage.cost,
        },
        "id": str(uuid.uuid4()),
        "as_of": _iso(site.reconciled_at),
    }


def _text(draft: _Draft, numbers: dict[int, int], language: str) -> str:
    said = [(claim.text, numbers[claim.passage.document_id]) for claim in draft.claims]
    if draft.quoted:
        return "\n\n".join([phrases.quoted(language), *(f"“{text}” [{number}]" for text, number in said)])
    return " ".join(f"{text} [{number}]" for text, number in said)


def _sources(claims: Sequence[Verified]) -> list[dict[str, Any]]:
    """Documents that were used, numbered at first use; the article's four fields first."""
    firsts = {claim.passage.document_id: claim.passage for claim in reversed(claims)}
    order = dict.fromkeys(claim.passage.document_id for claim in claims)
    return [_source(firsts[document], number) for number, document in enumerate(order, start=1)]


def _source(passage: Passage, number: int) -> dict[str, Any]:
    return {
        "content": passage.text,
        "title": passage.title,
        "url": passage.url,
        "score": round(passage.score, 4),
        "number": number,
        "heading": " > ".join(passage.headings),
        "type": passage.type,
        "updated_at": _iso(passage.updated_at),
        "document": passage.document_id,
    }


def _citation(claim: Verified, number: int) -> dict[str, Any]:
    passage = claim.passage
    return {
        "number": number,
        "url": f"{passage.url}#{passage.anchor}" if passage.anchor else passage.url,
        "title": passage.title,
        "quote": claim.quote,
        "chunk_id": passage.chunk_id,
        "start": claim.start,
        "end": claim.end,
        "support": "verbatim",
    }


def _suggestions(nearest: Sequence[Passage]) -> list[dict[str, str]]:
    titles = {passage.url: passage.title for passage in nearest if passage.title}
    return [{"title": title, "url": url} for url, title in list(titles.items())[:_SUGGESTIONS]]


def _entry(body: dict[str, Any], draft: _Draft, found: retriever.Retrieval, corpus_version: int) -> cache.Entry:
    used = tuple(sorted({claim.passage.document_version for claim in draft.claims}))
    return cache.Entry(
        body=body,
        document_versions=used,
        corpus_version=-1 if used else corpus_version,
        index_version=found.index_version,
    )


def _iso(moment: dt.datetime | None) -> str | None:
    return moment.isoformat() if moment else None
