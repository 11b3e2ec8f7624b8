"""What the live index version really holds of each document of a site, counted row by row; and how to doubt it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from askpress.retrieval import store
from askpress.retrieval.versions import IndexVersion


@dataclass(frozen=True, slots=True)
class Holding:
    """What is there of one document."""

    post_id: int
    type: str
    modified_at: datetime | None
    # Post.checksum of what was ingested.
    source_checksum: str
    was_read: bool
    gone: bool
    # Why the last attempt to ingest failed; what the site said when it was found gone.
    error: str
    evidence: str
    # How many chunks the version is said to hold; None: it does not hold the document.
    chunks: int | None
    # How many chunks, vectors and lists of terms are there.
    found_chunks: int
    vectors: int
    terms: int


def of_site(site_id: int, version: IndexVersion) -> list[Holding]:
    """Return every document's holding, tombstones included."""
    with store.autocommit() as cursor:
        rows = cursor.execute(store.statement("holdings", version.id), {"site": site_id})
        return [Holding(*row) for row in rows]


def doubt(site_id: int, version: IndexVersion, post_ids: Sequence[int]) -> None:
    """Let the next ingest of these posts write their chunks anew, known content or not; they stay searchable."""
    with store.autocommit() as cursor:
        cursor.execute(
            "UPDATE askpress_indexed i SET checksum = '' FROM askpress_document d"
            " WHERE d.id = i.document_id AND i.index_version_id = %s AND d.site_id = %s AND d.post_id = ANY(%s)",
            (version.id, site_id, list(post_ids)),
        )
