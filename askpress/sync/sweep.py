"""The slow sweep: every post is read again in so many days, for what changes a post's text and none of its dates."""

from __future__ import annotations

from collections.abc import Callable

from askpress import sites
from askpress.providers.contract import EmbeddingModel
from askpress.retrieval import store, versions
from askpress.sync import intake, plan, runs
from askpress.wordpress import client

# The share that this run owes, and whatever earlier runs left undone. A post that fails is read by each reconciliation
# anyway, and would stand at the head of the line for ever.
_DUE = """
SELECT post_id, type, modified_at
FROM askpress_document
WHERE site_id = %(site)s AND gone_at IS NULL AND error = '' AND read_at IS NOT NULL AND type = ANY(%(types)s)
ORDER BY read_at, post_id
LIMIT (
    SELECT greatest(
        ceil(count(*) * %(share)s::float),
        count(*) FILTER (WHERE read_at < now() - make_interval(days => %(days)s))
    )::bigint
    FROM askpress_document
    WHERE site_id = %(site)s AND gone_at IS NULL AND error = '' AND read_at IS NOT NULL AND type = ANY(%(types)s)
)
"""
_DAY_SECONDS = 86_400


def sweep(
    site: sites.Site,
    wordpress: client.WordPress,
    model: EmbeddingModel,
    version: versions.IndexVersion,
    options: intake.Options,
    *,
    days: int,
    interval_seconds: int,
    should_stop: Callable[[], bool] = lambda: False,
) -> int:
    """Read the posts whose turn it is, for a sweep that runs every `interval_seconds`; return how many.

    Raises WordPressError, ProviderError and Stopped; what was not read stays first in line.
    """
    with runs.alone(site.id, "sweep") as alone:
        share = min(1.0, interval_seconds / (days * _DAY_SECONDS))
        due = _due(site.id, options.post_types, share=share, days=days) if alone else []
        if due:
            wordpress.prove_credentials()
            with runs.recorded(site.id, kind="sweep") as run:
                run.total = len(due)
                intake.Intake(site, wordpress, model, version, options, run, should_stop).read(due)
        return len(due)


def _due(site_id: int, types: tuple[str, ...], *, share: float, days: int) -> list[plan.Listed]:
    with store.autocommit() as cursor:
        rows = cursor.execute(_DUE, {"site": site_id, "types": list(types), "share": share, "days": days})
        return [plan.Listed(*row) for row in rows]
