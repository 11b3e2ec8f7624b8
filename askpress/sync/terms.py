"""Keeps the names of a site's categories, tags and authors: a renamed one changes no post's date."""

from __future__ import annotations

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


def renew(site_id: int, wordpress: client.WordPress) -> None:
    """Make the names those of the site; what it does not tell strangers any more is forgotten.

    A site that fails keeps its old ones: the posts are worth more than their labels.
    """
    try:
        found = wordpress.terms()
    except errors.WordPressError as error:
        logs.warning("terms not read", reason=str(error))
        return
    values = {
        "site": site_id,
        "taxonomies": [term.taxonomy for term in found],
        "numbers": [term.id for term in found],
        "names": [term.name for term in found],
        "slugs": [term.slug for term in found],
    }
    with store.transaction() as cursor:
        changed = cursor.execute(_UPSERT, values).rowcount + cursor.execute(_DELETE, values).rowcount
        if changed:
            # What a filter by name finds may be another now, and so what no answer was found for.
            cursor.execute("UPDATE askpress_site SET corpus_version = corpus_version + 1 WHERE id = %s", (site_id,))
