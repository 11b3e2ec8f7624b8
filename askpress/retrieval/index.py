"""Writes the index: replace a document's chunks, take a document out, forget what is long gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from askpress import errors
from askpress.retrieval import changes, rows, store
from askpress.retrieval.changes import Change
from askpress.retrieval.changes import Content as Content
from askpress.retrieval.versions import IndexVersion

# Of a document, with their types.
_COLUMNS = {
    "type": "text", "url": "text", "slug": "text", "title": "text", "language": "text", "author": "bigint",
    "categories": "bigint[]", "tags": "bigint[]", "published_at": "timestamptz", "modified_at": "timestamptz",
    "source": "bytea", "source_checksum": "text", "text": "text", "note": "text", "language_source": "text",
    "translation_group": "bigint", "noindex": "boolean", "image": "bigint", "image_url": "text", "image_alt": "text",
    "read_at": "timestamptz",
}  # fmt: skip


def replace(version: IndexVersion, content: Content) -> str:
    """Make the index hold `content`; return "added", "changed", "unchanged" or "older"."""
    return replace_all(version, [content])[0]


def replace_all(version: IndexVersion, contents: Sequence[Content]) -> list[str]:
    """Make the live index hold `contents`, in one transaction; return what became of each, as `replace` does.

    Every vector must have been kept before. Readers see the old chunks or the new ones, never a mixture. Raises
    Stopped when the version is not the live one any more.
    """
    with store.transaction() as cursor:
        _hold(cursor, version, "live")
        found = changes.of(cursor, version, contents)
        _write_documents(cursor, [change for change in found if change.kind != "older"])
        rows.write(cursor, version, [change.document for change in found if change.fresh])
        _renumber(cursor, version, [change for change in found if change.shown and not change.fresh])
        sites = {change.content.site_id for change in found if change.fresh or change.shown}
        if sites:
            cursor.execute(
                "UPDATE askpress_site SET corpus_version = corpus_version + 1 WHERE id = ANY(%s)", (sorted(sites),)
            )
    return [change.kind for change in found]


def bring(version: IndexVersion, contents: Mapping[tuple[int, int], Content], *, unwanted: Sequence[int]) -> None:
    """Give a version that is not live `contents`, by document and the Document.version they were made from.

    A document that changed meanwhile is left out. `unwanted` ones, which the live version does not hold, go.
    """
    with store.transaction() as cursor:
        _hold(cursor, version, "building", "retired")
        current = cursor.execute(
            "SELECT id, version FROM askpress_document WHERE id = ANY(%b) AND gone_at IS NULL ORDER BY id FOR UPDATE",
            ([document for document, _ in contents],),
        ).fetchall()
        rows.write(cursor, version, [changes.document(contents[pair], *pair) for pair in current if pair in contents])
        rows.delete(cursor, version.id, unwanted)


def _hold(cursor: store.Cursor, version: IndexVersion, *states: str) -> None:
    """Keep the version in its state until we commit; a switch waits for that (switch.py)."""
    row = cursor.execute(
        "SELECT state FROM askpress_indexversion WHERE id = %s FOR KEY SHARE", (version.id,), prepare=True
    ).fetchone()
    if row is None or row[0] not in states:
        raise errors.Stopped(f"index version {version.id} was replaced or given up meanwhile; the next run goes on.")


def remove(site_id: int, post_id: int, *, evidence: str, read_at: datetime | None = None) -> bool:
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
            "UPDATE askpress_document SET gone_at = now(), evidence = %s, note = '', error = '', text = '',"
            " url = '', slug = '', title = '', source = '', source_checksum = '', image_url = '', image_alt = '',"
            " version = nextval('askpress_content_version') WHERE id = %s",
            (evidence, row[0]),
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


# Lists of numbers come as text: an array of arrays would need all of one length.
_GIVEN = {"id": "bigint", "version": "bigint", **_COLUMNS, "categories": "text", "tags": "text"}
_UPDATE_DOCUMENTS = f"""
UPDATE askpress_document AS document
SET {", ".join(f"{name} = given.{name}::{kind}" for name, kind in _COLUMNS.items())},
    version = given.version, gone_at = NULL, evidence = '', error = '', attempts = 0
FROM unnest({", ".join(f"%({name})b::{kind}[]" for name, kind in _GIVEN.items())}) AS given ({", ".join(_GIVEN)})
WHERE document.id = given.id
"""  # noqa: S608


def _write_documents(cursor: store.Cursor, written: Sequence[Change]) -> None:
    """Write all at once: one by one, psycopg needs a tenth of what all of an ingest's second half costs."""
    if not written:
        return
    contents = [change.content for change in written]
    values: dict[str, list[object]] = {name: [getattr(content, name) for content in contents] for name in _COLUMNS}
    values |= {
        "id": [change.document.id for change in written],
        "version": [change.document.number for change in written],
        "categories": [_array(content.categories) for content in contents],
        "tags": [_array(content.tags) for content in contents],
    }
    cursor.execute(_UPDATE_DOCUMENTS.encode(), values)


def _array(numbers: Sequence[int]) -> str:
    return f"{{{','.join(map(str, numbers))}}}"


def _renumber(cursor: store.Cursor, version: IndexVersion, renumbered: Sequence[Change]) -> None:
    """Their chunks stand, of a document that has a new number."""
    for change in renumbered:
        cursor.execute(
            "UPDATE askpress_indexed SET content = %s WHERE index_version_id = %s AND document_id = %s",
            (change.document.number, version.id, change.document.id),
        )
