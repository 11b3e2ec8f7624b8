"""The complete listing of one post type: ids and dates of everything, walked until it adds up."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from askpress import errors
from askpress.wordpress import post
from askpress.wordpress.replies import Reply, shown
from askpress.wordpress.transport import Transport

# A site may be edited while it is walked; whoever edits all the time has to wait for a quieter moment.
_WALKS = 3
# Two million posts: a site that names more pages is not to be followed.
_PAGES_MAX = 20_000
_FIELDS = "id,modified_gmt,link,author,categories,tags"


@dataclass(frozen=True, slots=True)
class Entry:
    """One post in the listing: enough to see whether it has to be read again."""

    id: int
    modified_at: datetime | None
    link: str
    author: int
    categories: tuple[int, ...]
    tags: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """Everything of one type that the site shows; it adds up, or it does not exist."""

    type: str
    # In the order of their ids, each once.
    entries: tuple[Entry, ...]
    # The site's clock when the walk began; None when it sends no Date.
    site_time: datetime | None


def complete(kind: str, collection: str, transport: Transport, *, since: datetime | None = None) -> Listing:
    """Return the listing of the type at the address `collection`, or what of it was modified after `since` (aware).

    Raises ListingIncomplete when it never adds up.
    """
    reason = ""
    for _ in range(_WALKS):
        walk = _Walk(kind, collection, transport, since)
        walk.run()
        reason = walk.doubt()
        if not reason:
            return Listing(kind, tuple(walk.entries[number] for number in sorted(walk.entries)), walk.site_time)
    raise errors.ListingIncomplete(
        f"the list of type {kind!r} at {shown(walk.last.url)} does not add up: {reason}; nothing was concluded. "
        "If the next run says so too, a cache or plugin changes the REST API's lists."
    )


def total(kind: str, collection: str, transport: Transport) -> int | None:
    """Return how many there are in the list at `collection`, None when the site does not say."""
    reply = transport.get(collection, parameters(kind, "id") | {"per_page": "1"})
    reply.rows()
    return _header(reply, "x-wp-total")


def uncached() -> dict[str, str]:
    """Return a parameter that makes an address one that no cache has seen: an old reply proves nothing."""
    return {"_": f"{time.time():.6f}"}


def parameters(kind: str, fields: str) -> dict[str, str]:
    """Return the parameters of every list: a stable order, a full page, only what is public and used, from no cache."""
    query = {"per_page": "100", "orderby": "id", "order": "asc", "_fields": fields} | uncached()
    # Attachments have the status "inherit", and no list of them knows "publish".
    return query if kind == "attachment" else query | {"status": "publish"}


class _Walk:
    """One pass over all pages."""

    def __init__(self, kind: str, collection: str, transport: Transport, since: datetime | None) -> None:
        self._query = parameters(kind, _FIELDS) | ({} if since is None else {"modified_after": _in_gmt(since)})
        self._collection, self._transport = collection, transport
        self.entries: dict[int, Entry] = {}
        self.totals: list[int | None] = []
        self.site_time: datetime | None = None
        self.last: Reply

    def run(self) -> None:
        page, pages = 1, 1
        while page <= min(pages, _PAGES_MAX):
            self.last = self._transport.get(self._collection, self._query | {"page": str(page)})
            if self.last.status == 400 and self.last.code == "rest_post_invalid_page_number" and page > 1:
                # The list became shorter meanwhile; the total of the pages before tells.
                self.totals.append(None)
                return
            self._take(self.last)
            pages = _header(self.last, "x-wp-totalpages") or 0
            page += 1

    def doubt(self) -> str:
        """Return why the walk cannot be believed, or ""."""
        first, last = self.totals[0], self.totals[-1]
        if first is None:
            return "the site does not say how many there are (X-WP-Total)"
        if last != first:
            return f"there were {first} on the first page and {'fewer' if last is None else last} on the last"
        if len(self.entries) != first:
            return f"it says {first} and holds {len(self.entries)}"
        return ""

    def _take(self, reply: Reply) -> None:
        self.site_time = self.site_time or reply.site_time
        for row in reply.rows():
            entry = _entry(row)
            self.entries[entry.id] = entry
        self.totals.append(_header(reply, "x-wp-total"))


def _in_gmt(moment: datetime) -> str:
    # Without the Z WordPress takes it for the site's local time.
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _entry(row: Any) -> Entry:
    # A Post holds exactly these, read from the same names.
    read = post.from_json(row)
    return Entry(read.id, read.modified_at, read.link, read.author, read.categories, read.tags)


def _header(reply: Reply, name: str) -> int | None:
    value = reply.headers.get(name, "")
    return int(value) if value.isascii() and value.isdigit() else None
