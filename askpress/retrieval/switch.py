"""Makes another index version the live one, in one transaction that proves that it holds what the live one holds."""

from __future__ import annotations

from dataclasses import dataclass

from askpress import errors
from askpress.retrieval import store
from askpress.retrieval.versions import IndexVersion

# Documents of which the one version holds something else than the live one, or which only one of them holds.
_DIFFERING = """
FROM (SELECT document_id, content FROM askpress_indexed
      WHERE index_version_id = (SELECT id FROM askpress_indexversion WHERE state = 'live')) AS live
FULL JOIN (SELECT document_id, content FROM askpress_indexed WHERE index_version_id = %(version)s) AS other
     USING (document_id)
WHERE live.content IS DISTINCT FROM other.content
"""


@dataclass(frozen=True, slots=True)
class Lacking:
    """A document that a version must be given before it may be live."""

    id: int
    # False: the live version does not hold it, so no other may.
    wanted: bool


def lacking(version: int) -> list[Lacking]:
    """Return what differs from the live version in another (0: an empty one), in the order of documents."""
    with store.autocommit() as cursor:
        rows = cursor.execute(
            f"SELECT document_id, live.content IS NOT NULL {_DIFFERING} ORDER BY document_id",
            {"version": version},
        )
        return [Lacking(*row) for row in rows]


def switch(version: IndexVersion) -> int:
    """Make the version live; when it lacks something nothing is done. Return how many documents differ.

    Whoever writes holds the live version's row until he commits: we wait for him, and he who comes after us is told.
    """
    with store.transaction() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SELECT FROM askpress_indexversion WHERE state <> 'dropping' ORDER BY id FOR UPDATE")
        differing = _count(cursor, version)
        if differing:
            return differing
        _prove_whole(cursor, version)
        cursor.execute("UPDATE askpress_indexversion SET state = 'dropping' WHERE state = 'retired' AND id <> %s",
                       (version.id,))  # fmt: skip
        # Not even between two of these statements are there two live or two retired ones.
        cursor.execute("UPDATE askpress_indexversion SET state = 'dropping' WHERE id = %s", (version.id,))
        cursor.execute(
            # What its build cost is not what a way back to it may cost.
            "UPDATE askpress_indexversion SET state = 'retired', retired_at = now(), tokens = 0 WHERE state = 'live'"
        )
        cursor.execute(
            "UPDATE askpress_indexversion SET state = 'live', live_at = now(), retired_at = NULL, error = '',"
            " unattended = false WHERE id = %s",
            (version.id,),
        )
        # A refusal that is remembered was given by the other version.
        cursor.execute("UPDATE askpress_site SET corpus_version = corpus_version + 1")
    return 0


_PARTS = """
SELECT (SELECT coalesce(sum(chunks), 0) FROM askpress_indexed WHERE index_version_id = %(version)s)::bigint,
       (SELECT count(*) FROM askpress_chunk WHERE index_version_id = %(version)s),
       (SELECT count(*) FROM vector_{version}),
       (SELECT count(*) FROM sketch_{version}),
       (SELECT count(*) FROM term_{version})
"""


def _prove_whole(cursor: store.Cursor, version: IndexVersion) -> None:
    # One statement, so that no removal falls between two counts.
    query = _PARTS.replace("{version}", str(version.id)).encode()
    said, *found = cursor.execute(query, {"version": version.id}).fetchone() or (0,)
    if set(found) != {said}:
        raise errors.UsageError(
            f"index version {version.id} is not whole: {said} chunks are said to be in it, and there are "
            "{} of them, {} vectors, {} sketches and {} lists of terms. Drop it and build it anew.".format(*found)
        )


def _count(cursor: store.Cursor, version: IndexVersion) -> int:
    row = cursor.execute(f"SELECT count(*) {_DIFFERING}".encode(), {"version": version.id}).fetchone()
    return int(row[0]) if row else 0
