"""Writes the index: replace a document's chunks, take a document out, forget what is long gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from askpress.retrieval import rows, store
from askpress.retrieval.versions import IndexVersion

_DOCUMENT_COLUMNS = (
    "type", "url", "slug", "title", "language", "author", "categories", "tags", "published_at", "modified_at",
    "source", "source_checksum", "text", "note",
)  # fmt: skip
# A change in any of these changes what a search shows or an answer says.
_SHOWN = ("url", "title", "language", "text", "note")


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


def replace(version: IndexVersion, content: Content) -> str:
    """Make the index hold `content`, in one transaction; return "added", "changed", "unchanged" or "older".

    Every vector must have been kept before. Readers see the old chunks or the new ones, never a mixture.
    """
    with store.transaction() as cursor:
        cursor.execute(
            "INSERT INTO askpress_document (site_id, post_id, type, url, slug, title, language, author, categories,"
            " tags, source, source_checksum, text, version, evidence, note, error, attempts)"
            " VALUES (%s, %s, %s, '', '', '', '', 0, '{}', '{}', '', '', '', 0, '', '', '', 0)"
            " ON CONFLICT (site_id, post_id) DO NOTHING",
            (content.site_id, content.post_id, content.type),
        )
        stored = _lock(cursor, content)
        if stored.read_at is not None and stored.read_at > content.read_at:
            return "older"
        held = _indexed(cursor, version.id, stored.id)
        fresh = held != content.checksum
        shown = stored.gone or stored.shown != tuple(getattr(content, name) for name in _SHOWN)
        _write_document(cursor, stored.id, content, new_version=fresh or shown)
        if fresh:
            document = rows.Document(stored.id, site_id=content.site_id, post_id=content.post_id)
            rows.write(cursor, version, document, checksum=content.checksum, chunks=content.chunks)
        if fresh or shown:
            cursor.execute(
                "UPDATE askpress_site SET corpus_version = corpus_version + 1 WHERE id = %s",
                (content.site_id,),
            )
    if stored.new:
        return "added"
    return "changed" if fresh or shown else "unchanged"


def remove(site_id: int, post_id: int, *, evidence: str, read_at: datetime | None = None, note: str = "") -> bool:
    """Take a document out of search and answers at once, as the site was at `read_at` (now); False when it was not in.

    The row and the kept vectors stay, so that a post that comes back costs nothing.
    """
    with store.transaction() as cursor:
        row = cursor.execute(
            "SELECT id, gone_at IS NOT NULL, coalesce(read_at > %s, false) FROM askpress_document"
            " WHERE site_id = %s AND post_id = %s FOR UPDATE",
            (read_at, site_id, post_id),
        ).fetchone()
        if row is None or row[2]:
            return False
        # Whoever read the post before it vanished and writes after us is refused by this.
        cursor.execute(
            "UPDATE askpress_document SET read_at = coalesce(%s, clock_timestamp()) WHERE id = %s", (read_at, row[0])
        )
        if row[1]:
            return False
        cursor.execute(
            "UPDATE askpress_document SET gone_at = now(), evidence = %s, note = %s, error = '', text = '',"
            " url = '', slug = '', title = '', source = '', source_checksum = '',"
            " version = nextval('askpress_content_version') WHERE id = %s",
            (evidence, note, row[0]),
        )
        cursor.execute("DELETE FROM askpress_chunk WHERE document_id = %s", (row[0],))
        cursor.execute("DELETE FROM askpress_indexed WHERE document_id = %s", (row[0],))
        cursor.execute("UPDATE askpress_site SET corpus_version = corpus_version + 1 WHERE id = %s", (site_id,))
    return True


def remember_gone(site_id: int, post_id: int, *, type: str, evidence: str, read_at: datetime) -> None:
    """Leave a tombstone of a post we never held: who read it before it vanished may still be about to write it."""
    with store.autocommit() as cursor:
        cursor.execute(
            "INSERT INTO askpress_document (site_id, post_id, type, url, slug, title, language, author, categories,"
            " tags, source, source_checksum, text, version, evidence, note, error, attempts, gone_at, read_at)"
            " VALUES (%s, %s, %s, '', '', '', '', 0, '{}', '{}', '', '', '', 0, %s, '', '', 0, now(), %s)"
            " ON CONFLICT (site_id, post_id) DO NOTHING",
            (site_id, post_id, type, evidence, read_at),
        )


def purge(site_id: int, *, days: int) -> int:
    """Forget posts that have been gone for `days`; return how many. Until then their number and why are kept."""
    with store.autocommit() as cursor:
        cursor.execute(
            "DELETE FROM askpress_document WHERE site_id = %s AND gone_at < now() - make_interval(days => %s)",
            (site_id, days),
        )
        return cursor.rowcount


def record_failure(site_id: int, post_id: int, *, type: str, error: str) -> None:
    """Remember why a post could not be ingested; what was searchable of it stays so."""
    with store.autocommit() as cursor:
        cursor.execute(
            "INSERT INTO askpress_document (site_id, post_id, type, url, slug, title, language, author, categories,"
            " tags, source, source_checksum, text, version, evidence, note, error, attempts)"
            " VALUES (%s, %s, %s, '', '', '', '', 0, '{}', '{}', '', '', '', 0, '', '', %s, 1)"
            " ON CONFLICT (site_id, post_id) DO UPDATE SET error = excluded.error,"
            " attempts = askpress_document.attempts + 1",
            (site_id, post_id, type, error[:2_000]),
        )


@dataclass(frozen=True, slots=True)
class _Stored:
    id: int
    new: bool
    gone: bool
    read_at: datetime | None
    shown: tuple[str, ...]


def _lock(cursor: store.Cursor, content: Content) -> _Stored:
    row = cursor.execute(
        f"SELECT id, gone_at IS NOT NULL, read_at, {', '.join(_SHOWN)} FROM askpress_document"  # noqa: S608
        " WHERE site_id = %s AND post_id = %s FOR UPDATE",
        (content.site_id, content.post_id),
    ).fetchone()
    assert row is not None
    return _Stored(id=row[0], new=row[2] is None, gone=row[1], read_at=row[2], shown=row[3:])


def _indexed(cursor: store.Cursor, version: int, document: int) -> str | None:
    row = cursor.execute(
        "SELECT checksum FROM askpress_indexed WHERE index_version_id = %s AND document_id = %s",
        (version, document),
    ).fetchone()
    return row[0] if row else None


def _write_document(cursor: store.Cursor, document: int, content: Content, *, new_version: bool) -> None:
    places = ", ".join(f"{name} = %({name})s" for name in _DOCUMENT_COLUMNS)
    number = ", version = nextval('askpress_content_version')" if new_version else ""
    values = {name: getattr(content, name) for name in _DOCUMENT_COLUMNS}
    cursor.execute(
        f"UPDATE askpress_document SET {places}{number}, gone_at = NULL, evidence = '', error = '', attempts = 0,"  # noqa: S608
        " read_at = %(read_at)s WHERE id = %(id)s",
        {
            **values,
            "categories": list(content.categories),
            "tags": list(content.tags),
            "read_at": content.read_at,
            "id": document,
        },
    )
