"""Syncs a site: what a command and a job ask for, with the settings' means."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Sequence

from django.conf import settings

from askpress import errors, logs, providers, sites
from askpress.providers.contract import EmbeddingModel, EmbeddingTraits
from askpress.retrieval import retriever, versions
from askpress.sync import exclusions, ingest, intake, inventory, plan, preview, reconcile, runs, single, terms
from askpress.sync import poll as polling
from askpress.sync import sweep as sweeping
from askpress.wordpress import client


def sync(
    site: sites.Site | None = None,
    *,
    force: bool = False,
    allow_mass_removal: bool = False,
    max_cost: float | None = None,
    on_change: Callable[[runs.Run], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> runs.Run:
    """Reconcile the whole site, that of WP_URL if none is given; raises UsageError while another run holds it.

    `max_cost` is in US dollars; a model whose price is not known raises UsageError with it.
    """
    site = site or default()
    version, model = live_means()
    options = options_of(model.traits, site, force=force, allow_mass_removal=allow_mass_removal, max_cost=max_cost)
    with wordpress(site, sleep=sleep) as site_client:
        return reconcile.reconcile(
            site, site_client, model, version, options, on_change=on_change, should_stop=should_stop
        )


def foresee(
    site: sites.Site | None = None,
    *,
    force: bool = False,
    allow_mass_removal: bool = False,
    max_cost: float | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> preview.Preview:
    """Return what `sync` with the same arguments would do; writes nothing, not even a first index version."""
    site = site or default_to_read()
    version, traits = means_to_read()
    options = options_of(traits, site, force=force, allow_mass_removal=allow_mass_removal, max_cost=max_cost)
    with wordpress(site, sleep=sleep) as site_client:
        return preview.preview(site, site_client, version, options, traits)


def options_of(
    traits: EmbeddingTraits,
    site: sites.Site,
    *,
    force: bool = False,
    allow_mass_removal: bool = False,
    max_cost: float | None = None,
) -> intake.Options:
    """Return what a run is told by its caller, the site's row and the settings."""
    if max_cost is not None and traits.price_per_million is None:
        raise errors.UsageError(
            f"the price of {traits.model} is not known, so a limit on the cost cannot be kept: leave --max-cost out; "
            "`askpress plan` says how many tokens it will be."
        )
    return intake.Options(
        post_types=types_of(site),
        rules=exclusions.rules_of(site.id),
        mass_removal_percent=settings.MASS_REMOVAL_PERCENT,
        tombstone_days=settings.TOMBSTONE_DAYS,
        force=force,
        allow_mass_removal=allow_mass_removal,
        read_public_pages=settings.READ_PUBLIC_PAGES,
        retry_seconds=settings.PROVIDER_RETRY_SECONDS,
        max_cost=max_cost,
    )


def types_of(site: sites.Site) -> tuple[str, ...]:
    """Return the types of posts that are read, the site's own or the settings'."""
    return tuple(settings.POST_TYPES if site.post_types is None else site.post_types)


def poll(
    site: sites.Site | None = None,
    *,
    since: dt.datetime | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> polling.Found:
    """Look for what was modified lately, or after `since` (aware); raises as `sync` does.

    Finds nothing while another poll of the site runs.
    """
    site = site or default()
    version, model = live_means()
    options = options_of(model.traits, site)
    with wordpress(site) as site_client:
        return polling.poll(
            site, site_client, model, version, options, since=since, should_stop=should_stop or (lambda: False)
        )


def sweep(site: sites.Site | None = None, *, should_stop: Callable[[], bool] | None = None) -> int:
    """Read again what was read longest ago; return how many posts. Raises as `sync` does."""
    site = site or default()
    version, model = live_means()
    with wordpress(site) as site_client:
        return sweeping.sweep(
            site,
            site_client,
            model,
            version,
            options_of(model.traits, site),
            days=settings.SWEEP_DAYS,
            interval_seconds=settings.RECONCILE_INTERVAL_SECONDS,
            should_stop=should_stop or (lambda: False),
        )


def sync_posts(post_ids: Sequence[int], site: sites.Site | None = None) -> list[ingest.Outcome]:
    """Bring single posts up to date from the site's current state."""
    return follow([single.Notice(post_id) for post_id in post_ids], site)


def read_posts(posts: Sequence[plan.Listed], site: sites.Site) -> None:
    """Bring posts of known types up to date by the hundred, in a run of their own; raises as `sync` does."""
    if not posts:
        return
    version, model = live_means()
    options = options_of(model.traits, site)
    with wordpress(site) as site_client, runs.recorded(site.id, kind="repair") as run:
        site_client.prove_credentials()
        run.total = len(posts)
        intake.Intake(site, site_client, model, version, options, run, lambda: False).read(posts)


def follow(
    notices: Sequence[single.Notice],
    site: sites.Site | None = None,
    *,
    should_stop: Callable[[], bool] | None = None,
) -> list[ingest.Outcome]:
    """Bring the posts that were told of up to date from the site's current state."""
    site = site or default()
    version, model = live_means()
    held = {post.id: post.type for post in inventory.held(site.id, version, [notice.post_id for notice in notices])}
    with wordpress(site) as site_client:
        site_client.prove_credentials()
        means = ingest.Means(
            site_id=site.id,
            version=version,
            model=model,
            on_tokens=lambda tokens: None,
            rules=exclusions.rules_of(site.id),
            public_page=site_client.public_page if settings.READ_PUBLIC_PAGES else None,
            retry_seconds=settings.PROVIDER_RETRY_SECONDS,
            should_stop=should_stop or (lambda: False),
        )
        kinds = types_of(site)
        outcomes = [
            single.bring(notice, held.get(notice.post_id, ""), site_client, means, post_types=kinds)
            for notice in notices
        ]
        # A renamed term changes none of its posts, but the plugin tells of them.
        followed = [one.post_id for one in outcomes if one.kind != "failed"]
        terms.learn(site.id, site_client, followed, known_too=True)
        return outcomes


def default() -> sites.Site:
    """Return the site of WP_URL, made when there is none at all; without WP_URL the first one.

    Raises UsageError when neither is there.
    """
    return sites.ensure(settings.WP_URL) if settings.WP_URL else _first()


def numbers() -> list[int]:
    """Return the numbers of all sites, that of WP_URL made when there is none; raises as `default` does."""
    if settings.WP_URL:
        try:
            sites.ensure(settings.WP_URL)
        except errors.UsageError as error:
            # The sites that are here have nothing to do with it.
            logs.warning("WP_URL passed over", reason=str(error))
    else:
        _first()
    return [site.id for site in sites.every()]


def default_to_read() -> sites.Site:
    """Return the same site without making it, with the id 0 before its first sync."""
    return sites.at(settings.WP_URL) if settings.WP_URL else _first()


def _first() -> sites.Site:
    try:
        return sites.first()
    except errors.NoLiveIndex:
        raise errors.UsageError(
            "no site is set: give WP_URL=https://example.org, or `askpress sites add URL`, or `askpress up URL`."
        ) from None


def live_means() -> tuple[versions.IndexVersion, EmbeddingModel]:
    """Return the live index version, made from the settings when there is none, and its embedding model."""
    try:
        version = versions.live()
    except errors.NoLiveIndex:
        version = versions.live_or_new(configured_recipe(), kind=settings.VECTOR_INDEX)
    return version, retriever.embedding_model(version.recipe)


def means_to_read() -> tuple[versions.IndexVersion, EmbeddingTraits]:
    """Return the live index version, or the one that the first sync would make, and its model's traits."""
    try:
        version = versions.live()
    except errors.NoLiveIndex:
        version = versions.IndexVersion(id=0, recipe=configured_recipe(), mean_lexemes=None)
    recipe = version.recipe
    return version, providers.embedding_traits(recipe.provider, recipe.model, recipe.dimensions)


def configured_recipe() -> versions.Recipe:
    """Return the recipe the settings ask for: the live one only until somebody changes a setting."""
    traits = providers.configured_traits(
        settings.EMBEDDING_PROVIDER,
        settings.EMBEDDING_MODEL,
        settings.EMBEDDING_DIMENSIONS,
        base_url=settings.EMBEDDING_BASE_URL,
        api_key=settings.EMBEDDING_API_KEY,
        timeout_seconds=settings.PROVIDER_TIMEOUT_SECONDS,
    )
    return versions.recipe_of(traits, chunk_tokens=settings.CHUNK_TOKENS, overlap_tokens=settings.OVERLAP_TOKENS)


def wordpress(site: sites.Site, *, sleep: Callable[[float], None] = time.sleep) -> client.WordPress:
    """Return the client for a site with the settings' limits."""
    return sites.reader(site, timeout_seconds=settings.WORDPRESS_TIMEOUT_SECONDS, sleep=sleep)
