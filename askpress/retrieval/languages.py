"""The languages a site's documents are written in, looked up once a minute."""

from __future__ import annotations

import time

from askpress.retrieval import store

_KEPT_SECONDS = 60.0
# In a language of fewer documents than this share, most are taken for it by mistake.
_LEAST_SHARE = 0.02
_MOST = 4
_LANGUAGES = """
SELECT language
FROM (SELECT language, count(*) AS documents, sum(count(*)) OVER () AS every
      FROM askpress_document
      WHERE site_id = %s AND gone_at IS NULL AND text <> ''
      GROUP BY language) AS counted
WHERE documents >= %s * every
ORDER BY documents DESC, language
LIMIT %s
"""
_held: dict[int, tuple[tuple[str, ...], float]] = {}


def of_documents(site_id: int) -> tuple[str, ...]:
    """Return ISO 639-1 codes, the commonest first, "" for documents whose language is unknown."""
    held = _held.get(site_id)
    if held is None or time.monotonic() - held[1] > _KEPT_SECONDS:
        with store.autocommit() as cursor:
            rows = cursor.execute(_LANGUAGES, (site_id, _LEAST_SHARE, _MOST)).fetchall()
        held = _held[site_id] = tuple(row[0] for row in rows), time.monotonic()
    return held[0]


def forget() -> None:
    """Look again at the next question; for tests and after large changes."""
    _held.clear()
