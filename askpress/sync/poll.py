"""The cheap look at the site: what was edited or published lately. The rest is for sync/reconcile.py to find."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from askpress import errors, logs, sites
from askpress.providers.contract import EmbeddingModel
from askpress.retrieval import store, versions
from askpress.sync import intake, inventory, plan, runs, terms
from askpress.sync.rules import Rules
from askpress.wordpress import client

# WordPress compares local time: an hour of the autumn comes twice, and the owner may correct the time zone. What was
# seen before and is unchanged costs nothing.
_OVERLAP = dt.timedelta(hours=2)
# The first poll begins at a time by our clock; the site's may be a zone away.
_FIRST_OVERLAP = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Found:
    """What a poll found."""

    # Posts that were read because they are new or changed.
    read: int
    # The site has another number of posts than in the last complete listing: something came or went. False while a
    # reconciliation runs, which lists them anyway; what it misses is the next poll's.
    recounted: bool
    # Of those that were read.
    failed: int = 0
    # Why not all could be embedded, or "": the next poll looks at the same time again.
    error: str = ""


_NOTHING = Found(0, False)


def poll(
    site: sites.Site,
    wordpress: client.WordPress,
    model: EmbeddingModel,
    version: versions.IndexVersion,
    options: intake.Options,
    *,
    since: dt.datetime | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Found:
    """Bring in what was modified since the last poll; nothing while another poll runs or before a first reconciliation.

    With `since` (aware) that moment takes the last poll's place, and the next poll's is left where it is. Raises
    WordPressError and Stopped; the next poll then looks at the same time again.
    """
    with runs.alone(site.id, "poll") as alone:
        started, moment = store.now(), (since or _since(site.id)) if alone else None
        if moment is None:
            return _NOTHING
        wordpress.prove_credentials()
        kinds = [kind for kind in options.post_types if kind in wordpress.types()]
        listings = [wordpress.changed_since(kind, moment) for kind in kinds]
        todo = _compare(site.id, version, listings, options.rules)
        failed, error = 0, ""
        if todo:
            with runs.recorded(site.id, kind="poll") as run:
                run.total = len(todo)
                try:
                    intake.Intake(site, wordpress, model, version, options, run, should_stop).read(todo)
                except errors.ProviderError as problem:
                    # What came or went is to be noticed all the same.
                    run.error = error = str(problem)
                    logs.warning("poll stopped early", site=site.name, reason=error)
                failed = run.failed
            terms.learn(site.id, wordpress, [post.id for post in todo], known_too=False)
        if since is None and not error:
            _remember(site.id, listings, started)
        return Found(len(todo), _recounted(site.id, wordpress, kinds), failed, error)


def _since(site_id: int) -> dt.datetime | None:
    with store.autocommit() as cursor:
        row = cursor.execute(
            "SELECT polled_until, reconciled_at FROM askpress_site WHERE id = %s", (site_id,)
        ).fetchone()
    polled_until, reconciled_at = row or (None, None)
    if polled_until:
        return polled_until - _OVERLAP  # type: ignore[no-any-return]
    return reconciled_at - _FIRST_OVERLAP if reconciled_at else None


def _compare(
    site_id: int, version: versions.IndexVersion, listings: Sequence[client.Listing], rules: Rules
) -> tuple[plan.Listed, ...]:
    listed = [inventory.listed(entry, found.type) for found in listings for entry in found.entries]
    ours = inventory.held(site_id, version, [post.id for post in listed])
    return plan.compare(listed, ours, excluded=inventory.left_out(listed, ours, rules)).to_read


def _remember(site_id: int, listings: Sequence[client.Listing], started: dt.datetime) -> None:
    """Move the watermark to the site's time of the listing, or to the newest date in it, never beyond our now."""
    said = [found.site_time for found in listings if found.site_time]
    dates = [entry.modified_at for found in listings for entry in found.entries if entry.modified_at]
    seen = min(said) if said else max(dates, default=None)
    with store.autocommit() as cursor:
        cursor.execute(
            "UPDATE askpress_site SET polled_at = %s, polled_until ="
            " CASE WHEN %s::timestamptz IS NULL THEN polled_until ELSE least(%s, now()) END WHERE id = %s",
            (started, seen, seen, site_id),
        )


def _recounted(site_id: int, wordpress: client.WordPress, kinds: Sequence[str]) -> bool:
    listed = _listed_last(site_id)
    return listed is not None and _total(wordpress, kinds) not in (None, listed) and not runs.running(site_id)


def _total(wordpress: client.WordPress, kinds: Sequence[str]) -> int | None:
    totals = [wordpress.total(kind) for kind in kinds]
    return None if None in totals else sum(total or 0 for total in totals)


def _listed_last(site_id: int) -> int | None:
    with store.autocommit() as cursor:
        row = cursor.execute(
            "SELECT total FROM askpress_syncrun WHERE site_id = %s AND kind = 'reconcile' AND error = ''"
            " AND finished_at IS NOT NULL ORDER BY id DESC LIMIT 1",
            (site_id,),
        ).fetchone()
    return row[0] if row else None
