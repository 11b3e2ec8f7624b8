"""An answer as the API gives it, made of what was proven."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from askpress import logs
from askpress.answer import addresses
from askpress.answer.citations import Verified
from askpress.providers.contract import Usage
from askpress.retrieval.passage import Passage

if TYPE_CHECKING:
    from askpress.retrieval.retriever import Retrieval

_SUGGESTIONS = 3


@dataclass(frozen=True, slots=True)
class Draft:
    """How an answer came about."""

    claims: tuple[Verified, ...] = ()
    # Why there are no claims: "not_found" below the evidence rule, "not_in_sources" when the model found nothing,
    # "model_refused" when it would not answer, "over_budget" when nobody was paid to.
    code: str = ""
    # What it was made without, as means.worse orders them; "" for nothing.
    degraded: str = ""
    usage: Usage = field(default_factory=Usage)
    # Claims of the model of which nothing was said, since nothing proved them.
    dropped: int = 0
    # The language model that wrote it, "" for quotes and refusals of our own.
    model: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer says."""

    text: str
    sources: Sequence[dict[str, Any]]
    citations: Sequence[dict[str, Any]]


def as_json(written: Mapping[str, Any]) -> bytes:
    """Return compact JSON; half a character in a model's text becomes a question mark."""
    return json.dumps(written, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def write(draft: Draft, said: Said, found: Retrieval, *, id: str, as_of: str | None) -> dict[str, Any]:
    """Return the JSON-ready answer: the article's fields first."""
    return {
        "answer": said.text,
        "cached": False,
        "sources": list(said.sources),
        "citations": list(said.citations),
        "refused": bool(draft.code),
        "code": draft.code or None,
        "suggestions": _suggestions(found) if draft.code else [],
        "language": found.language,
        "degraded": draft.degraded or None,
        "model": draft.model or "extractive",
        "usage": {
            "input_tokens": draft.usage.input_tokens,
            "cached_tokens": draft.usage.cached_tokens,
            "output_tokens": draft.usage.output_tokens,
            "cost_usd": draft.usage.cost,
        },
        "id": id,
        "as_of": as_of,
    }


def log(written: Mapping[str, Any]) -> None:
    """Log what an answer was made with and what it cost; nothing of what was asked or said."""
    made_with = {name: written[name] for name in ("cached", "id", "code", "degraded", "model")}
    logs.info("answer given", **made_with, **written["usage"])


def unused(passages: Sequence[Passage], claims: Sequence[Verified]) -> list[dict[str, Any]]:
    """Return the documents that were found and do not stand among the sources, each by its best passage, best first."""
    used = {claim.passage.document_id for claim in claims}
    best = {passage.document_id: passage for passage in reversed(passages) if passage.document_id not in used}
    return [source(passage, None) for passage in passages if best.get(passage.document_id) is passage]


def source(passage: Passage, number: int | None) -> dict[str, Any]:
    """Return a document that was used; the article's four fields first."""
    return {
        "content": passage.text,
        "title": passage.title,
        "url": passage.url,
        "score": round(passage.score, 4),
        "number": number,
        "heading": " > ".join(passage.headings),
        "type": passage.type,
        "updated_at": iso(passage.updated_at),
    }


def citation(claim: Verified, number: int, *, answer_start: int) -> dict[str, Any]:
    """Return what proves the statement that begins at `answer_start` in the answer."""
    passage = claim.passage
    return {
        "number": number,
        "url": addresses.of_quote(passage.url, passage.anchor, passage.text, claim.start, claim.end),
        "title": passage.title,
        "quote": claim.quote,
        "chunk_id": passage.chunk_id,
        "start": claim.start,
        "end": claim.end,
        "support": claim.support,
        "answer_start": answer_start,
    }


def no_citation(*, answer_start: int) -> dict[str, Any]:
    """Return that nothing proves the statement that begins at `answer_start`."""
    names = ("number", "url", "title", "quote", "chunk_id", "start", "end")
    return {**dict.fromkeys(names), "support": "none", "answer_start": answer_start}


def iso(moment: dt.datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _suggestions(found: Retrieval) -> list[dict[str, str]]:
    """Return the nearest documents; those that the embedding model cannot read come last, near as they may seem."""
    read = found.model.traits.languages
    known = {"", found.language, *read}
    ordered = sorted(found.nearest, key=lambda passage: bool(read) and passage.language not in known)
    titles = {passage.url: passage.title for passage in ordered if passage.title}
    return [{"title": title, "url": url} for url, title in list(titles.items())[:_SUGGESTIONS]]
