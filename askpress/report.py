"""How things stand: what `status`, `check` and `readyz` tell, gathered once here."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from django.conf import settings
from django.db.migrations.loader import MigrationLoader

from askpress import errors, redis_client, sites
from askpress.counted import counted
from askpress.retrieval import lengths, store, versions
from askpress.sync import recipes
from askpress.sync import site as site_trip


@dataclass(frozen=True, slots=True)
class Counts:
    """Documents and chunks of the live index version."""

    documents: int
    chunks: int
    # Public posts without text to search.
    without_text: int
    failed: int
    gone: int


_COUNTS = """
SELECT count(*) FILTER (WHERE gone_at IS NULL AND read_at IS NOT NULL),
       coalesce(sum(chunks), 0),
       count(*) FILTER (WHERE gone_at IS NULL AND note IN ('empty', 'shortcodes')),
       count(*) FILTER (WHERE gone_at IS NULL AND error <> ''),
       count(*) FILTER (WHERE gone_at IS NOT NULL)
FROM askpress_document AS document
LEFT JOIN askpress_indexed AS indexed ON indexed.document_id = document.id AND index_version_id = %s
WHERE site_id = %s
"""
_LAST_RUN = """
SELECT kind, started_at, finished_at, total, done, added, changed, unchanged, removed, failed, tokens, reused,
       details, error
FROM askpress_syncrun
WHERE site_id = %s AND kind = 'reconcile'
ORDER BY started_at DESC, id DESC
LIMIT 1
"""
_FAILURES = """
SELECT post_id, error FROM askpress_document
WHERE site_id = %s AND gone_at IS NULL AND error <> '' ORDER BY post_id LIMIT 10
"""


def require_tables() -> None:
    """Raise NotMigrated unless the tables are those of this askpress; raises StoreUnavailable."""
    try:
        with store.autocommit() as cursor:
            applied = set(cursor.execute("SELECT app, name FROM django_migrations"))
    except psycopg.errors.UndefinedTable:
        raise errors.NotMigrated from None
    if not _newest_migrations() <= applied:
        raise errors.NotMigrated


@functools.cache
def _newest_migrations() -> frozenset[tuple[str, str]]:
    """The last migration of each app; the ones before it are applied when it is."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).graph.leaf_nodes())


def counts(site_id: int, version_id: int) -> Counts:
    with store.autocommit() as cursor:
        row = cursor.execute(_COUNTS, (version_id, site_id)).fetchone()
    return Counts(*(int(value) for value in row)) if row else Counts(0, 0, 0, 0, 0)


def documents(site_id: int) -> int:
    """Return how many documents of the site can be found or could if they had text."""
    with store.autocommit() as cursor:
        row = cursor.execute(
            "SELECT count(*) FROM askpress_document WHERE site_id = %s AND gone_at IS NULL AND read_at IS NOT NULL",
            (site_id,),
        ).fetchone()
    return int(row[0]) if row else 0


def was_read(site: sites.Site) -> bool:
    """Return whether anything of the site was ever seen."""
    if site.reconciled_at:
        return True
    with store.autocommit() as cursor:
        row = cursor.execute("SELECT 1 FROM askpress_document WHERE site_id = %s LIMIT 1", (site.id,)).fetchone()
    return row is not None


def last_run(site_id: int) -> dict[str, Any] | None:
    """Return the last run's row by column name, None before the first."""
    with store.autocommit() as cursor:
        row = cursor.execute(_LAST_RUN, (site_id,)).fetchone()
        names = [column.name for column in cursor.description or ()]
    return dict(zip(names, row, strict=True)) if row else None


def failures(site_id: int) -> dict[int, str]:
    """Return the first ten posts that could not be ingested, with the reason."""
    with store.autocommit() as cursor:
        return {int(post): str(error) for post, error in cursor.execute(_FAILURES, (site_id,))}


def recipe_warning() -> str:
    """Return how the settings differ from the live recipe and which command makes them true, or ""."""
    try:
        live, wanted = versions.live().recipe, site_trip.configured_recipe()
    except errors.SettingsError as error:
        return f"the settings make no index: {error}"
    except (errors.NoLiveIndex, errors.ProviderError):
        return ""
    if wanted == live:
        return ""
    return (
        f"the index was made with {live.model} ({live.dimensions} dimensions, {live.chunk_tokens}/"
        f"{live.overlap_tokens} tokens) and goes on being searched with it; the settings now ask for {wanted.model} "
        f"({wanted.dimensions}, {wanted.chunk_tokens}/{wanted.overlap_tokens}). To change over: "
        f"`askpress reindex{recipes.flags(live, wanted)}`."
    )


def drift_warning(version: versions.IndexVersion) -> str:
    """Return how far the chunks' mean length has moved from the one that the version's scores rest on, or ""."""
    now = lengths.drifted(version)
    if now is None:
        return ""
    return (
        f"chunks now have {now:.0f} lexemes on average, {version.mean_lexemes:.0f} when the index was made: keyword "
        "scores weigh lengths wrongly; `askpress reindex --force` makes them anew."
    )


def degraded() -> list[str]:
    """Return what works worse than it could, one sentence each; raises StoreUnavailable and NoLiveIndex."""
    known, version = sites.every(), versions.live()
    reasons: list[str] = []
    if not redis_client.reachable():
        reasons.append("Redis does not answer: nothing is cached and limits count per process.")
    for site in known:
        of_site = f"{site.name}: " if len(known) > 1 else ""
        reasons += [of_site + reason for reason in _degraded(site, version)]
    return reasons


def _degraded(site: sites.Site, version: versions.IndexVersion) -> Iterator[str]:
    if site.alarm:
        yield f"The last sync was not believed: {site.alarm}"
    if failed := counts(site.id, version.id).failed:
        yield f"{counted(failed, 'post')} could not be ingested; `askpress status` names them."
    if site.reconciled_at and dt.datetime.now(dt.UTC) - site.reconciled_at > _overdue():
        yield f"The last complete sync is from {site.reconciled_at:%Y-%m-%d %H:%M} UTC."
    if differs_since := _differs_since(site.id):
        yield f"The audit of {differs_since:%Y-%m-%d %H:%M} UTC found a difference: `askpress audit --repair` ends it."


def _differs_since(site_id: int) -> dt.datetime | None:
    """Return when the last audit that could tell found a difference; None when it found none."""
    with store.autocommit() as cursor:
        row = cursor.execute(
            "SELECT verdict, finished_at FROM askpress_audit WHERE site_id = %s AND verdict IN ('equal', 'differs')"
            " ORDER BY started_at DESC LIMIT 1",
            (site_id,),
        ).fetchone()
    return row[1] if row and row[0] == "differs" else None


def _overdue() -> dt.timedelta:
    """Three missed runs and some minutes for a long one."""
    return dt.timedelta(seconds=3 * settings.RECONCILE_INTERVAL_SECONDS + 900)
