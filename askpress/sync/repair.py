"""Audits a site for a command or a job, and repairs what differs through the trip of single posts."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

from django.conf import settings

from askpress import sites
from askpress.retrieval import holdings, versions
from askpress.sync import audit as audits
from askpress.sync import exclusions, plan
from askpress.sync import site as site_trip


def audit(
    site: sites.Site | None = None,
    *,
    deep: bool = False,
    repair: bool = False,
    allow_mass_removal: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> audits.Audit:
    """Return the audit of the site as it is now, with `repair` the one after the repair.

    Raises NoLiveIndex before the first sync, UsageError without a site, ProviderError when nothing can be embedded.
    """
    site, version = site or site_trip.default_to_read(), versions.live()
    with site_trip.wordpress(site, sleep=sleep) as wordpress:
        kinds, rules = site_trip.types_of(site), exclusions.rules_of(site.id)
        found = audits.audit(site, wordpress, version, post_types=kinds, rules=rules, deep=deep)
        if not repair or found.verdict != audits.DIFFERS:
            return found
        refusal = _repair(site, version, found, allow_mass_removal=allow_mass_removal)
        again = audits.audit(site, wordpress, version, post_types=kinds, rules=rules, deep=deep)
        return dataclasses.replace(again, refusal=refusal)


def _repair(site: sites.Site, version: versions.IndexVersion, found: audits.Audit, *, allow_mass_removal: bool) -> str:
    """Bring every post of the sets up to date; return why some were not taken out, or ""."""
    surplus = [post.id for post in (*found.leaked, *found.orphaned)]
    refusal = "" if allow_mass_removal else _mass_removal(site, version, len(surplus))
    holdings.doubt(site.id, version, [post.id for post in found.stale])
    # What is gone is asked for singly, as everywhere; what is there is read by the hundred.
    if surplus and not refusal:
        site_trip.sync_posts(surplus, site)
    site_trip.read_posts([plan.Listed(post.id, post.type, None) for post in (*found.missing, *found.stale)], site)
    return refusal


def _mass_removal(site: sites.Site, version: versions.IndexVersion, surplus: int) -> str:
    searchable = sum(held.chunks is not None and not held.gone for held in holdings.of_site(site.id, version))
    if not plan.alarming(missing=surplus, held=searchable, percent=settings.MASS_REMOVAL_PERCENT):
        return ""
    return (
        f"{surplus} of {searchable} posts would be taken out at once; none was. "
        "If that is right, run `askpress audit --repair --allow-mass-removal`."
    )
