"""The languages a site's documents are written in, looked up once a minute."""

from __future__ import annotations

import time

from askpress.retrieval import store

_KEPT_SECONDS = 60.0
# In a language of fewer documents than this share, most are taken for it by mistake.
_LEAST_SHARE = 0.02
_MOST = 4
_LANGUAGES = """
SELECT language, count(*)
FROM askpress_document
WHERE site_id = %s AND gone_at IS NULL AND text <> ''
GROUP BY language
ORDER BY count(*) DESC, language
"""
# Of a site its languages with the number of documents in each, and when they were counted.
_held: dict[int, tuple[list[tuple[str, int]], float]] = {}


def of_documents(site_id: int) -> tuple[str, ...]:
    """Return ISO 639-1 codes, the commonest first, "" for documents whose language is unknown; not the rarest."""
    counted = _counted(site_id)
    least = _LEAST_SHARE * sum(documents for _, documents in counted)
    return tuple(language for language, documents in counted[:_MOST] if documents >= least)


def every(site_id: int) -> tuple[str, ...]:
    """Return the same of all documents."""
    return tuple(language for language, _ in _counted(site_id))


def _counted(site_id: int) -> list[tuple[str, int]]:
    held = _held.get(site_id)
    if held is None or time.monotonic() - held[1] > _KEPT_SECONDS:
        with store.autocommit() as cursor:
            rows = cursor.execute(_LANGUAGES, (site_id,)).fetchall()
        held = _held[site_id] = [(row[0], row[1]) for row in rows], time.monotonic()
    return held[0]


def forget() -> None:
    """Look again at the next question; for tests."""
    _held.clear()
