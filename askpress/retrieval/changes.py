"""What contents do to the documents that are there: which are new, changed, or read too long ago; locks their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from askpress.retrieval import rows, store
from askpress.retrieval.versions import IndexVersion

# A change in any of these changes what a search shows or an answer says.
SHOWN = (
    "type", "url", "title", "language", "text", "note", "author", "categories", "tags", "translation_group", "image",
    "image_url", "image_alt",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Content:
    """A document as it is now, ready to be written."""

    site_id: int
    post_id: int
    type: str
    url: str
    slug: str
    title: str
    language: str
    author: int
    categories: tuple[int, ...]
    tags: tuple[int, ...]
    published_at: datetime | None
    modified_at: datetime | None
    source: bytes
    source_checksum: str
    text: str
    note: str
    # Of title, text, language and recipe: when it stands, the chunks stand.
    checksum: str
    chunks: tuple[rows.NewChunk, ...]
    # When the post was fetched: an older reading never overwrites a newer one.
    read_at: datetime
    language_source: str = ""
    translation_group: int = 0
    noindex: bool | None = None
    image: int = 0
    image_url: str = ""
    image_alt: str = ""


@dataclass(frozen=True, slots=True)
class _Stored:
    """What is there of a document."""

    id: int
    # Document.version.
    number: int
    gone: bool
    read_at: datetime | None
    shown: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What a content does to its document."""

    content: Content
    document: rows.Document
    # "added", "changed", "unchanged" or "older".
    kind: str
    # Its chunks are to be written.
    fresh: bool
    # What a search shows of it is another.
    shown: bool


_Key = tuple[int, int]


def of(cursor: store.Cursor, version: IndexVersion, contents: Sequence[Content]) -> list[Change]:
    keys = [(content.site_id, content.post_id) for content in contents]
    stored = _lock(cursor, {key: content.type for key, content in zip(keys, contents, strict=True)})
    held: dict[int, str] = dict(
        cursor.execute(
            "SELECT document_id, checksum FROM askpress_indexed WHERE index_version_id = %s AND document_id = ANY(%b)",
            (version.id, [one.id for one in stored.values()]),
        )
    )
    numbers = iter([row[0] for row in cursor.execute(_NEXT_NUMBERS, (len(keys),))])
    return [
        _change(content, stored[key], held.get(stored[key].id), next(numbers))
        for key, content in zip(keys, contents, strict=True)
    ]


_NEXT_NUMBERS = "SELECT nextval('askpress_content_version') FROM generate_series(1, %s)"


def _change(content: Content, stored: _Stored, held: str | None, number: int) -> Change:
    if stored.read_at is not None and stored.read_at > content.read_at:
        return Change(content, document(content, stored.id, stored.number), "older", fresh=False, shown=False)
    fresh = held != content.checksum
    shown = stored.gone or stored.shown != shown_of(content)
    kind = "changed" if fresh or shown else "unchanged"
    return Change(
        content,
        document(content, stored.id, number if fresh or shown else stored.number),
        "added" if stored.read_at is None else kind,
        fresh=fresh,
        shown=shown,
    )


def shown_of(content: Content, *, but: str = "") -> tuple[object, ...]:
    """Return what a search shows of a content, in the form in which it comes out of the table."""
    values = (getattr(content, name) for name in SHOWN if name != but)
    return tuple(list(value) if isinstance(value, tuple) else value for value in values)


def _lock(cursor: store.Cursor, types: Mapping[_Key, str]) -> dict[_Key, _Stored]:
    """Make the rows that are missing and lock them all, in one order for all writers."""
    sites, posts = [site for site, _ in sorted(types)], [post for _, post in sorted(types)]
    cursor.execute(
        "INSERT INTO askpress_document (site_id, post_id, type, url, slug, title, language, author, categories,"
        " tags, source, source_checksum, text, version, evidence, note, error, attempts)"
        " SELECT site, post, type, '', '', '', '', 0, '{}', '{}', '', '', '', 0, '', '', '', 0"
        " FROM unnest(%b::bigint[], %b::bigint[], %b::text[]) AS wanted (site, post, type) ORDER BY site, post"
        " ON CONFLICT (site_id, post_id) DO NOTHING",
        (sites, posts, [types[key] for key in sorted(types)]),
    )
    found = cursor.execute(
        f"SELECT site_id, post_id, id, version, gone_at IS NOT NULL, read_at, {', '.join(SHOWN)}"  # noqa: S608
        " FROM askpress_document JOIN unnest(%b::bigint[], %b::bigint[]) AS wanted (site, post)"
        " ON site_id = site AND post_id = post ORDER BY site_id, post_id FOR UPDATE OF askpress_document",
        (sites, posts),
    )
    return {(row[0], row[1]): _Stored(row[2], row[3], row[4], row[5], row[6:]) for row in found}


def document(content: Content, document: int, number: int) -> rows.Document:
    return rows.Document(
        id=document,
        site_id=content.site_id,
        post_id=content.post_id,
        number=number,
        checksum=content.checksum,
        chunks=content.chunks,
    )
