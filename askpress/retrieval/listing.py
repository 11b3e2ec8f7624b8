"""Listing: a page of what a search found, as the API and `askpress search --json` give it."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from askpress import errors
from askpress.retrieval import cursor as cursors
from askpress.retrieval import explaining, filters, joining, retriever, search, snippets, store
from askpress.retrieval.cursor import Cursor
from askpress.retrieval.filters import Filters, Mode
from askpress.retrieval.passage import Passage
from askpress.retrieval.retriever import Retrieval
from askpress.retrieval.search import Part
from askpress.text import outline

# All candidates there can be: of documents, the best passages are wanted wherever they stand.
_EVERY = 2 * search.CANDIDATES


@dataclass(frozen=True, slots=True)
class Place:
    """The site that is searched, and its state."""

    site_id: int
    language: str
    instance: uuid.UUID
    corpus_version: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for, and how it is shown."""

    question: str
    k: int
    narrowed: Filters = filters.ANY
    mode: Mode = "hybrid"
    # One result for each document, with its best passages.
    by_document: bool = False
    # Passages that touch are joined.
    neighbours: bool = False
    explain: bool = False
    # With image, categories and tags.
    details: bool = False
    # Of the page before; "" for the first.
    cursor: str = ""

    @property
    def search(self) -> list[Any]:
        """All that decides the order and where pages end."""
        return [self.question, self.k, self.narrowed.texts, self.mode, self.by_document]


# Passages that are shown as one text, best first.
Stretch = Sequence[Passage]


@dataclass(frozen=True, slots=True)
class Listing:
    """One page."""

    body: dict[str, Any]
    found: Retrieval
    # The stretches of each result.
    shown: Sequence[Sequence[Stretch]]

    @property
    def passages(self) -> list[Passage]:
        """Return all that is shown."""
        return [passage for result in self.shown for stretch in result for passage in stretch]


def search_page(wanted: Wanted, place: Place) -> Listing:
    """Return one page; raises CursorInvalid and CursorStale besides what retrieval raises."""
    before = _before(wanted, place)
    found = retriever.retrieve(
        wanted.question,
        site_id=place.site_id,
        site_language=place.language,
        k=wanted.k,
        narrowed=wanted.narrowed,
        mode=wanted.mode,
        part=Part(
            skip=0 if wanted.by_document or before is None else before.skip,
            limit=_EVERY if wanted.by_document else 0,
            explained=wanted.explain,
        ),
    )
    skip = before.skip if before else 0
    after = Cursor(skip + wanted.k, found.index_version, place.corpus_version, found.degraded)
    if before and before.index_version != after.index_version:
        raise errors.CursorStale(_STALE)
    if before and before.degraded != after.degraded:
        raise errors.CursorStale(_OTHERWISE)
    shown, more = _page(found.passages, wanted, skip)
    return _listing(wanted, place, found, shown, after if more else None)


_STALE = "The index has changed since the page before: start again without cursor."
_OTHERWISE = (
    "The page before was found with an embedding model or reranker that is away now, or without one that is back: "
    "start again without cursor."
)


def _before(wanted: Wanted, place: Place) -> Cursor | None:
    if not wanted.cursor:
        return None
    before = cursors.read(wanted.cursor, secret=place.instance.bytes, search=wanted.search)
    if before.corpus_version != place.corpus_version:
        raise errors.CursorStale(_STALE)
    return before


def _page(passages: Sequence[Passage], wanted: Wanted, skip: int) -> tuple[list[list[Stretch]], bool]:
    """Return the page's results, and whether there may be another page."""
    if not wanted.by_document:
        return [[stretch] for stretch in _stretches(passages, wanted)], len(passages) == wanted.k
    documents: dict[int, list[Passage]] = {}
    for passage in passages:
        documents.setdefault(passage.document_id, []).append(passage)
    page = list(itertools.islice(documents.values(), skip, skip + wanted.k))
    return [_stretches(of_one, wanted) for of_one in page], len(documents) > skip + wanted.k


def _stretches(passages: Sequence[Passage], wanted: Wanted) -> list[Stretch]:
    return list(joining.neighbours(passages)) if wanted.neighbours else [[passage] for passage in passages]


def _listing(
    wanted: Wanted, place: Place, found: Retrieval, shown: list[list[Stretch]], after: Cursor | None
) -> Listing:
    details = _details(result[0][0].document_id for result in shown) if wanted.details else {}
    body: dict[str, Any] = {
        "results": [_result(result, wanted, found, details) for result in shown],
        "language": found.language,
        "degraded": found.degraded or None,
        "cursor": after and cursors.write(after, secret=place.instance.bytes, search=wanted.search),
    }
    if wanted.explain:
        body["explain"] = explaining.of_search(found, mode=wanted.mode)
    return Listing(body, found, shown)


def _result(
    stretches: Sequence[Stretch], wanted: Wanted, found: Retrieval, details: Mapping[int, dict[str, Any]]
) -> dict[str, Any]:
    result = _shown(stretches[0], wanted, found)
    if wanted.by_document:
        result["passages"] = [
            {name: shown[name] for name in shown if name not in _OF_DOCUMENT}
            for shown in (_shown(stretch, wanted, found) for stretch in stretches)
        ]
    return result | details.get(stretches[0][0].document_id, {})


_OF_DOCUMENT = ("title", "url", "type", "language", "updated_at")


def _shown(stretch: Stretch, wanted: Wanted, found: Retrieval) -> dict[str, Any]:
    """The article's four fields first; `url` is the document's, `link` leads to the heading in it."""
    best = stretch[0]
    content = joining.text(stretch) if len(stretch) > 1 else best.text
    shown = {
        "content": content,
        "title": best.title,
        "url": best.url,
        "score": round(best.score, 4),
        "chunk_id": best.chunk_id,
        "heading": " > ".join(best.headings),
        "snippet": snippets.of(content, found.idfs, language=best.language).html,
        "link": link(best),
        "anchor": best.anchor or None,
        "type": best.type,
        "language": best.language,
        "updated_at": best.updated_at.isoformat() if best.updated_at else None,
    }
    if wanted.neighbours:
        shown["chunk_ids"] = [one.chunk_id for one in sorted(stretch, key=lambda one: one.position)]
    if wanted.explain:
        shown["explain"] = explaining.of_passage(best, found)
    return shown


def link(found: Passage) -> str:
    """Return the address of the heading; an address that has a place of its own already keeps it."""
    return f"{found.url}#{outline.fragment(found.anchor)}" if found.anchor and "#" not in found.url else found.url


def _details(documents: Iterable[int]) -> dict[int, dict[str, Any]]:
    asked = {"documents": sorted(set(documents))}
    with store.autocommit() as cursor:
        rows = cursor.execute(store.statement("details"), asked, prepare=True).fetchall()
    return {
        document: {"image": {"url": url, "alt": alt} if url else None, "categories": categories, "tags": tags}
        for document, url, alt, categories, tags in rows
    }
