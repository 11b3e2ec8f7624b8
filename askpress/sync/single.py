"""One post by its id: found whatever its type, brought into the index or taken out by what the site shows now."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from askpress import errors
from askpress.retrieval import index, store
from askpress.sync import ingest, inventory
from askpress.wordpress import client
from askpress.wordpress.post import Post


@dataclass(frozen=True, slots=True)
class Notice:
    """Word that a post changed. What became of it is read from the site, never believed."""

    post_id: int
    # What the notice calls the post's type; "" when it does not say.
    type: str = ""
    # The site has a post that is at least as new, or shows none any more: anything older comes out of some cache.
    modified_at: dt.datetime | None = None
    deleted: bool = False


def bring(
    notice: Notice,
    held_type: str,
    wordpress: client.WordPress,
    means: ingest.Means,
    *,
    post_types: tuple[str, ...],
) -> ingest.Outcome:
    """Make the index hold the post as the site shows it; `held_type` is "" for a post that we do not hold.

    A site that fails, or serves an older post than the notice tells of, is a failed outcome that says whether trying
    again can help. Raises ProviderError when nothing can be embedded, and StoreUnavailable.
    """
    read_at = store.now()
    kinds = _kinds(notice, held_type, post_types)
    if not kinds:
        return ingest.Outcome(notice.post_id, "unknown", inventory.unlisted_type(notice.type))
    try:
        found = _find(notice.post_id, kinds, wordpress)
    except errors.WordPressError as error:
        index.record_failure(means.site_id, notice.post_id, type=kinds[0], error=str(error))
        return ingest.Outcome(
            notice.post_id, "failed", str(error), retryable=error.retryable, wait_seconds=wait_seconds(error),
            site_away=isinstance(error, errors.SiteUnreachable),
        )  # fmt: skip
    if isinstance(found, client.Gone):
        return _take_out(notice.post_id, kinds[0], found.evidence, means.site_id, read_at)
    if cached := _why_cached(found, notice, means):
        return ingest.Outcome(notice.post_id, "failed", cached, retryable=True)
    return ingest.ingest([found], means, read_at=read_at)[0]


def wait_seconds(error: errors.AskpressError) -> float:
    """Return how long site or provider asked us to wait, 0 when they asked for nothing."""
    if isinstance(error, errors.SiteUnreachable | errors.ProviderUnavailable):
        return error.retry_after or 0.0
    return 0.0


def _kinds(notice: Notice, held_type: str, post_types: tuple[str, ...]) -> list[str]:
    """Return the types to look in, the likeliest first; none for a type the owner did not list."""
    if notice.type and notice.type not in post_types and not held_type:
        return []
    likely = [kind for kind in (notice.type, held_type) if kind in post_types]
    return list(dict.fromkeys([*likely, *post_types]))


def _find(post_id: int, kinds: list[str], wordpress: client.WordPress) -> Post | client.Gone:
    """Return the post in the first type that has it; gone is only what every type calls gone.

    Raises NotWordPress when the likeliest type is not in the REST API: then its posts are not gone, but out of sight.
    """
    known = wordpress.types()
    gone: client.Gone | None = None
    for kind in [kinds[0], *(kind for kind in kinds[1:] if kind in known)]:
        public = wordpress.lists(kind)
        found = wordpress.post(kind, post_id, listing_was_public=public)
        if isinstance(found, Post):
            return found
        gone = gone or found
    assert gone is not None
    return gone


def _why_cached(found: Post, notice: Notice, means: ingest.Means) -> str:
    if notice.modified_at and found.modified_at and found.modified_at < notice.modified_at:
        return (
            f"the site still shows the post of {found.modified_at:%Y-%m-%d %H:%M:%S}, though it was edited at "
            f"{notice.modified_at:%Y-%m-%d %H:%M:%S} UTC; a cache in front of the REST API is the usual reason."
        )
    if notice.deleted and not means.rules.why_hidden(found):
        return "the site still shows the post that it says it removed; a cache in front of it is the usual reason."
    return ""


def _take_out(post_id: int, kind: str, evidence: str, site_id: int, read_at: dt.datetime) -> ingest.Outcome:
    if index.remove(site_id, post_id, evidence=evidence, read_at=read_at):
        return ingest.Outcome(post_id, "removed", evidence)
    index.remember_gone(site_id, post_id, type=kind, evidence=evidence, read_at=read_at)
    return ingest.Outcome(post_id, "unknown", evidence)
