"""An answer as the API gives it, made of what was proven."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from askpress import sites
from askpress.answer import phrases
from askpress.answer.citations import Verified
from askpress.providers.contract import Usage
from askpress.retrieval import retriever
from askpress.retrieval.passage import Passage

_SUGGESTIONS = 3


@dataclass(frozen=True, slots=True)
class Draft:
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


def write(draft: Draft, found: retriever.Retrieval, site: sites.Site) -> dict[str, Any]:
    """Return the JSON-ready answer: the article's fields first."""
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


def _text(draft: Draft, numbers: dict[int, int], language: str) -> str:
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


def _iso(moment: dt.datetime | None) -> str | None:
    return moment.isoformat() if moment else None
