"""Keeps the names of a site's categories, tags and authors: a renamed one changes no post's date."""

from __future__ import annotations

from collections.abc import Sequence

from askpress import errors, logs
from askpress.retrieval import store
from askpress.wordpress import client

_UPSERT = """
INSERT INTO askpress_term (site_id, taxonomy, term_id, name, slug)
SELECT %(site)s, taxonomy, number, name, slug
FROM unnest(%(taxonomies)s::text[], %(numbers)s::bigint[], %(names)s::text[], %(slugs)s::text[])
     AS given (taxonomy, number, name, slug)
ON CONFLICT (site_id, taxonomy, term_id) DO UPDATE SET name = excluded.name, slug = excluded.slug
WHERE (askpress_term.name, askpress_term.slug) <> (excluded.name, excluded.slug)
"""
_DELETE = """
DELETE FROM askpress_term
WHERE site_id = %(site)s AND (taxonomy, term_id) NOT IN (
    SELECT * FROM unnest(%(taxonomies)s::text[], %(numbers)s::bigint[])
)
"""
# Authors only where the site tells of any.
_USED = """
SELECT DISTINCT taxonomy, number
FROM askpress_document AS document,
     LATERAL (
         SELECT 'category', unnest(document.categories)
         UNION ALL SELECT 'tag', unnest(document.tags)
         UNION ALL SELECT 'author', document.author WHERE EXISTS (
             SELECT FROM askpress_term WHERE site_id = %(site)s AND taxonomy = 'author'
         )
     ) AS used (taxonomy, number)
WHERE site_id = %(site)s AND post_id = ANY(%(posts)s::bigint[]) AND gone_at IS NULL AND (
    %(known_too)s OR NOT EXISTS (
        SELECT FROM askpress_term AS term
        WHERE term.site_id = %(site)s AND term.taxonomy = used.taxonomy AND term.term_id = used.number
    )
)
"""


def renew(site_id: int, wordpress: client.WordPress) -> None:
    """Make the names those of the site; what it does not tell strangers any more is forgotten.

    A site that fails keeps its old ones: the posts are worth more than their labels.
    """
    try:
        found = wordpress.terms()
    except errors.WordPressError as error:
        logs.warning("terms not read", reason=str(error))
        return
    with store.transaction() as cursor:
        values = _values(site_id, found)
        changed = cursor.execute(_UPSERT, values).rowcount + cursor.execute(_DELETE, values).rowcount
        _count_change(cursor, site_id, changed)


def learn(site_id: int, wordpress: client.WordPress, post_ids: Sequence[int], *, known_too: bool) -> None:
    """Learn the names that these posts have and we do not know, or may know wrongly; fails as `renew` does."""
    with store.autocommit() as cursor:
        rows = cursor.execute(_USED, {"site": site_id, "posts": list(post_ids), "known_too": known_too}).fetchall()
    wanted: dict[str, list[int]] = {}
    for taxonomy, number in rows:
        wanted.setdefault(taxonomy, []).append(number)
    try:
        found = wordpress.terms(wanted) if wanted else []
    except errors.WordPressError as error:
        logs.warning("terms not read", reason=str(error))
        return
    with store.transaction() as cursor:
        _count_change(cursor, site_id, cursor.execute(_UPSERT, _values(site_id, found)).rowcount)


def _values(site_id: int, found: Sequence[client.Term]) -> dict[str, object]:
    return {
        "site": site_id,
        "taxonomies": [term.taxonomy for term in found],
        "numbers": [term.id for term in found],
        "names": [term.name for term in found],
        "slugs": [term.slug for term in found],
    }


def _count_change(cursor: store.Cursor, site_id: int, changed: int) -> None:
    """What a filter by name finds may be another now, and so what no answer was found for."""
    if changed:
        cursor.execute("UPDATE askpress_site SET corpus_version = corpus_version + 1 WHERE id = %s", (site_id,))
