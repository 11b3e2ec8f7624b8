"""The whole site: list, plan, ingest what changed, take out what is gone, record."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from askpress import errors, logs, sites
from askpress.providers.contract import EmbeddingModel
from askpress.retrieval import index, lengths, store, versions
from askpress.sync import intake, inventory, plan, runs, terms
from askpress.wordpress import client


def reconcile(
    site: sites.Site,
    wordpress: client.WordPress,
    model: EmbeddingModel,
    version: versions.IndexVersion,
    options: intake.Options,
    *,
    on_change: Callable[[runs.Run], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> runs.Run:
    """Make the index equal to the site and return the finished run; `run.error` says why it stopped early.

    Raises UsageError while another run holds the site, and StoreUnavailable.
    """
    with runs.alone(site.id) as alone:
        if not alone:
            raise errors.UsageError(f"another sync of {site.url} is running; `askpress status` shows how far it is.")
        run = runs.start(site.id, kind="reconcile", on_change=on_change)
        trip = Trip(site, wordpress, model, version, options, run, should_stop or (lambda: False))
        try:
            trip.run_all()
        except (errors.WordPressError, errors.ProviderError, errors.Stopped) as error:
            run.error = str(error)
            if isinstance(error, errors.WordPressError):
                trip.alarm(str(error))
            logs.warning("sync stopped early", site=site.name, reason=str(error))
        except errors.StoreUnavailable as error:
            run.error = str(error)
            raise
        finally:
            # Without Postgres the row stays open; the next run does not mind.
            with contextlib.suppress(errors.StoreUnavailable):
                run.save(finished=True)
    logs.info("sync finished", site=site.name, added=run.added, changed=run.changed, removed=run.removed,
              failed=run.failed, unchanged=run.unchanged, tokens=run.tokens)  # fmt: skip
    return run


@dataclass(frozen=True, slots=True)
class Trip(intake.Intake):
    """One run over a whole site."""

    def run_all(self) -> None:
        started = dt.datetime.now(dt.UTC)
        self.wordpress.prove_credentials()
        root = self.wordpress.discover()
        sites.describe(self.site.id, api_root=root.api_root, title=root.name, language=root.language)
        terms.renew(self.site.id, self.wordpress)
        listed, ours = (
            inventory.listing(self.wordpress, self.options.post_types),
            inventory.held(self.site.id, self.version),
        )
        excluded = inventory.left_out(listed, ours, self.options.rules)
        todo = plan.compare(listed, ours, force=self.options.force, excluded=excluded)
        self.run.total = len(listed)
        self.run.unchanged = self.run.done = len(todo.unchanged)
        self.run.save()
        for post in todo.excluded:
            self.take_out(post.id, excluded[post.id])
        # Before anything is read: to forget needs no embedding model, and does not wait for one.
        self._remove_missing(todo)
        if len(todo.to_read) == len(listed):
            sites.forget_sources(self.site.id)
        self.read(todo.to_read)
        # A first load: of the site, or of an index version that began empty.
        if self.site.reconciled_at is None or not any(mine.indexed for mine in ours):
            lengths.settle(self.version.id)
        versions.build_ann(self.version.id)
        index.purge(self.site.id, days=self.options.tombstone_days)
        if not self.run.alarm:
            sites.reconciled(self.site.id, at=started)

    def _remove_missing(self, todo: plan.Plan) -> None:
        """Take out what is proven gone; raise an alarm when the site must not be believed or does not tell."""
        kinds = self.options.post_types
        unlisted = [post for post in todo.missing if post.type not in kinds]
        if alarm := self._misspelt_types(wanted=bool(unlisted) or not self.run.total):
            self.alarm(alarm)
            unlisted = []
        for post in unlisted:
            self.take_out(post.id, inventory.unlisted_type(post.type))
        if alarm := mass_removal(todo, self.options, url=self.site.url):
            self.alarm(alarm)
            return
        asked = [post for post in todo.missing if post.type in kinds]
        read_at = store.now()
        for post, evidence, error in inventory.probed(self.wordpress, asked, self.options.rules):
            if evidence:
                self.take_out(post.id, evidence, read_at)
            if error:
                self.alarm(f"post {post.id} is not listed any more and stays all the same: {error}")
            self.stop_if_told()
            read_at = store.now()

    def _misspelt_types(self, *, wanted: bool) -> str:
        """Return the alarm when posts are `wanted` and types are asked for that the site does not have, or ""."""
        there = self.wordpress.types() if wanted else self.options.post_types
        strange = [kind for kind in self.options.post_types if kind not in there]
        if not strange:
            return ""
        return (
            f"{self.site.url} has no type {', '.join(strange)}, only {', '.join(sorted(there))}; none was removed. "
            f"Set ASKPRESS_POST_TYPES, or `askpress sites set {self.site.name} --types A,B`."
        )


def mass_removal(todo: plan.Plan, options: intake.Options, *, url: str) -> str:
    """Return the alarm when so much is missing that the site must not be believed, or ""."""
    missing = sum(post.type in options.post_types for post in todo.missing)
    searchable = len(todo.unchanged) + len(todo.changed) + missing
    percent = options.mass_removal_percent
    if options.allow_mass_removal or not plan.alarming(missing=missing, held=searchable, percent=percent):
        return ""
    return (
        f"{missing} of {searchable} posts vanished from {url} at once; nothing was removed. "
        "If that is right, run `askpress sync --allow-mass-removal`."
    )
