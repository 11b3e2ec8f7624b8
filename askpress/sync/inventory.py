"""Reads both sides of a comparison: what the site lists and shows, and what we hold of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from askpress import errors
from askpress.retrieval import store, versions
from askpress.sync import plan
from askpress.sync.rules import NOINDEX, Rules
from askpress.wordpress import client
from askpress.wordpress.post import Post

# One post that breaks its own page says nothing of the others; several do of the site.
_FAILURES_IN_A_ROW = 3


def held(site_id: int, version: versions.IndexVersion, only: Sequence[int] | None = None) -> list[plan.Held]:
    """Return what we hold of each of a site's posts, or of those with the ids in `only`."""
    with store.autocommit() as cursor:
        rows = cursor.execute(
            "SELECT d.post_id, d.type, d.modified_at, d.gone_at IS NOT NULL, d.error <> '', i.id IS NOT NULL,"
            " d.read_at, d.url, d.author, d.categories, d.tags, coalesce(d.noindex, false)"
            " FROM askpress_document d"
            " LEFT JOIN askpress_indexed i ON i.document_id = d.id AND i.index_version_id = %(version)s"
            " WHERE d.site_id = %(site)s AND (%(only)s::bigint[] IS NULL OR d.post_id = ANY(%(only)s::bigint[]))",
            {"version": version.id, "site": site_id, "only": None if only is None else list(only)},
        )
        return [plan.Held(*row) for row in rows]


def listing(wordpress: client.WordPress, post_types: Sequence[str]) -> list[plan.Listed]:
    """Return the site's complete listing of the types it has; raises ListingIncomplete when it does not add up."""
    known = wordpress.types()
    return [listed(entry, kind) for kind in post_types if kind in known for entry in wordpress.listing(kind).entries]


def left_out(listed: Sequence[plan.Listed], ours: Sequence[plan.Held], rules: Rules) -> dict[int, str]:
    """Return why the owner keeps posts out that the site lists; of noindex ones those that we hold."""
    known = {post.id: why for post in listed if (why := rules.why_excluded(post))}
    marked = set() if rules.index_noindex else {post.id for post in ours if post.noindex and not post.gone}
    return known | {post.id: NOINDEX for post in listed if post.id in marked}


def listed(entry: client.Entry, kind: str) -> plan.Listed:
    """Return an entry of a listing as plans know it."""
    return plan.Listed(entry.id, kind, entry.modified_at, entry.link, entry.author, entry.categories, entry.tags)


def read(wordpress: client.WordPress, piece: Sequence[plan.Listed]) -> Iterator[tuple[str, Post | client.Rejected]]:
    """Yield each post with its type as the site shows it now; those it no longer lists are left out."""
    for kind in dict.fromkeys(post.type for post in piece):
        for found in wordpress.posts(kind, [post.id for post in piece if post.type == kind]):
            yield kind, found


def probed(
    wordpress: client.WordPress, missing: Sequence[plan.Held], rules: Rules
) -> Iterator[tuple[plan.Held, str, errors.WordPressError | None]]:
    """Ask singly for posts that a complete listing lacks.

    Yield each with why nobody may find it any more, "" if he may, or with what kept the site from telling. After three
    of those in a row it is left in peace.
    """
    failures = 0
    for post in missing:
        try:
            found = wordpress.post(post.type, post.id, listing_was_public=True)
        except errors.WordPressError as error:
            failures += 1
            yield post, "", error
            if failures == _FAILURES_IN_A_ROW:
                return
        else:
            failures = 0
            yield post, found.evidence if isinstance(found, client.Gone) else rules.why_hidden(found), None


def unlisted_type(kind: str) -> str:
    return f"the type {kind} is not among those that are read (ASKPRESS_POST_TYPES, or the site's --types)"
