"""How fresh a site's index is to be by its mode and settings, and how fresh it is."""

from __future__ import annotations

from django.conf import settings

from askpress import sites


def poll_seconds(site: sites.Site) -> int:
    """Return how often the site is asked what changed lately."""
    return site.freshness_seconds or int(settings.SYNC_INTERVAL_SECONDS)
