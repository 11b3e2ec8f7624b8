"""Reads the names of a site's categories, tags and authors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from askpress.wordpress import post
from askpress.wordpress.discovery import SiteRoot
from askpress.wordpress.transport import Transport

_TAXONOMIES = {"category": "/wp/v2/categories", "tag": "/wp/v2/tags", "author": "/wp/v2/users"}
# A hundred thousand of a kind: a site that names more pages is not to be followed.
_PAGES_MAX = 1_000
_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Term:
    """A category, tag or author as the site names it."""

    # "category", "tag" or "author".
    taxonomy: str
    id: int
    # Plain text.
    name: str
    slug: str


def read(root: SiteRoot, transport: Transport, only: Mapping[str, Sequence[int]] | None = None) -> Iterator[Term]:
    """Yield all terms, or those with the ids in `only`; none of a kind that the site keeps to itself."""
    for taxonomy, route in _TAXONOMIES.items():
        if only is None:
            yield from _pages(taxonomy, root.route(route), transport, {})
            continue
        ids = [str(int(number)) for number in only.get(taxonomy, ())]
        for at in range(0, len(ids), _AT_ONCE):
            yield from _pages(taxonomy, root.route(route), transport, {"include": ",".join(ids[at : at + _AT_ONCE])})


def _pages(taxonomy: str, collection: str, transport: Transport, more: dict[str, str]) -> Iterator[Term]:
    page, pages = 1, 1
    query = {"per_page": str(_AT_ONCE), "orderby": "id", "order": "asc", "_fields": "id,name,slug", **more}
    while page <= pages:
        reply = transport.get(collection, query | {"page": str(page)})
        if reply.status in (400, 401, 403, 404):
            return
        yield from (_term(taxonomy, row) for row in reply.rows() if _has_id(row))
        declared = reply.headers.get("x-wp-totalpages", "")
        pages = min(int(declared), _PAGES_MAX) if declared.isdigit() else 1
        page += 1


def _term(taxonomy: str, row: dict[str, Any]) -> Term:
    return Term(taxonomy, row["id"], post.plain(str(row.get("name"))), post.storable(str(row.get("slug") or "")))


def _has_id(row: Any) -> bool:
    return isinstance(row, dict) and isinstance(row.get("id"), int)
