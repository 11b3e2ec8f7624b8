"""How fresh a site's index is to be by its mode and settings, and how fresh it is proven to be."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.conf import settings

from askpress import sites

# A poll of a site with a few changes; what is promised is an interval and one run.
_ONE_RUN_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Freshness:
    """What is promised of a site and what is so."""

    mode: str
    # How often it is asked what changed; with webhooks that is the net beneath them.
    target_seconds: int
    # When somebody last looked for changes and was believed; None: never.
    looked_at: dt.datetime | None
    # Since then; None: never.
    age_seconds: int | None
    kept: bool


def poll_seconds(site: sites.Site) -> int:
    """Return how often the site is asked what changed lately."""
    return site.freshness_seconds or int(settings.SYNC_INTERVAL_SECONDS)


def of(site: sites.Site, *, now: dt.datetime) -> Freshness:
    """Return how fresh the site's index is at `now` (aware)."""
    target = poll_seconds(site)
    looks = [moment for moment in (site.polled_at, site.reconciled_at) if moment]
    looked_at = max(looks, default=None)
    age = int((now - looked_at).total_seconds()) if looked_at else None
    kept = age is not None and age <= target + _ONE_RUN_SECONDS
    return Freshness(site.mode, target, looked_at, age, kept)
