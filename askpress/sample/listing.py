"""Lists of posts: which items, in which order, which page of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

from askpress.sample.exchange import Request, refuse
from askpress.sample.parameters import ListQuery, ids
from askpress.sample.site import Item

T = TypeVar("T")

_KEYS: dict[str, Callable[[Item], Any]] = {
    "author": lambda item: item.author,
    "date": lambda item: item.date,
    "id": lambda item: item.id,
    "modified": lambda item: item.modified,
    "parent": lambda item: 0,
    "relevance": lambda item: item.date,
    "slug": lambda item: item.slug,
    "title": lambda item: item.title.lower(),
}


def chosen(items: Iterable[Item], kind: str, query: ListQuery, request: Request) -> list[Item]:
    """Return all items that a list request asks for, in its order."""
    kept = [item for item in items if item.type == kind and item.status in query.statuses]
    if query.include:
        kept = [item for item in kept if item.id in query.include]
    if query.exclude:
        kept = [item for item in kept if item.id not in query.exclude]
    if query.slugs:
        kept = [item for item in kept if item.slug in query.slugs]
    if query.search:
        kept = [item for item in kept if query.search in f"{item.title} {item.html}".lower()]
    for name, bound in query.bounds:
        kept = [item for item in kept if _within(item, name, bound)]
    return _ordered(_of_terms(kept, request), query)


def one_page(rows: list[T], query: ListQuery) -> list[T]:
    """Return one page of `rows`; a page beyond the end is refused, an offset beyond it is empty."""
    if query.page > pages(len(rows), query) and query.page > 1 and rows:
        message = "The page number requested is larger than the number of pages available."
        raise refuse(400, "rest_post_invalid_page_number", message)
    start = query.offset or (query.page - 1) * query.per_page
    return rows[start : start + query.per_page]


def pages(total: int, query: ListQuery) -> int:
    """Return how many pages `total` rows fill."""
    return math.ceil(total / query.per_page)


def _within(item: Item, name: str, bound: datetime) -> bool:
    value = item.modified if name.startswith("modified") else item.date
    return value > bound if name.endswith("after") else value < bound


def _of_terms(items: list[Item], request: Request) -> list[Item]:
    for name in ("categories", "tags"):
        wanted = set(ids(request, name))
        if wanted:
            items = [item for item in items if wanted & set(getattr(item, name))]
    authors = set(ids(request, "author"))
    return [item for item in items if item.author in authors] if authors else items


def _ordered(items: list[Item], query: ListQuery) -> list[Item]:
    if query.orderby == "include":
        return sorted(items, key=lambda item: query.include.index(item.id) if query.include else 0)
    if query.orderby == "include_slugs":
        return sorted(items, key=lambda item: query.slugs.index(item.slug) if query.slugs else 0)
    key = _KEYS[query.orderby]
    return sorted(items, key=lambda item: (key(item), item.id), reverse=query.descending)
