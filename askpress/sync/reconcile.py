"""The whole site: list, plan, ingest what changed, take out what is gone, record."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from askpress import errors, logs, sites
from askpress.providers import prices
from askpress.providers.contract import EmbeddingModel
from askpress.retrieval import index, lengths, store, versions
from askpress.sync import embedding, ingest, inventory, plan, runs, terms
from askpress.sync.rules import Rules
from askpress.wordpress import client
from askpress.wordpress.post import Post


@dataclass(frozen=True, slots=True)
class Options:
    """What a run is told."""

    post_types: tuple[str, ...]
    rules: Rules
    mass_removal_percent: int
    tombstone_days: int
    force: bool = False
    allow_mass_removal: bool = False
    read_public_pages: bool = False
    retry_seconds: float = 120.0
    # US dollars for embeddings; None: no limit.
    max_cost: float | None = None


def reconcile(
    site: sites.Site,
    wordpress: client.WordPress,
    model: EmbeddingModel,
    version: versions.IndexVersion,
    options: Options,
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
class Trip:
    """One run over a site; a poll and a sweep read posts by it too."""

    site: sites.Site
    wordpress: client.WordPress
    model: EmbeddingModel
    version: versions.IndexVersion
    options: Options
    run: runs.Run
    should_stop: Callable[[], bool]

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
            self._take_out(post.id, excluded[post.id])
        # Before anything is read: to forget needs no embedding model, and does not wait for one.
        self._remove_missing(todo)
        if len(todo.to_read) == len(listed):
            sites.forget_sources(self.site.id)
        self.read(todo.to_read)
        if self.site.reconciled_at is None:
            lengths.settle(self.version.id)
        versions.build_ann(self.version.id)
        index.purge(self.site.id, days=self.options.tombstone_days)
        if not self.run.alarm:
            sites.reconciled(self.site.id, at=started)

    def read(self, posts: Sequence[plan.Listed]) -> None:
        """Bring the posts into the index, slice by slice, and count what became of them."""
        noindex, language = set[str](), set[str]()
        left = plan.slices(posts)
        while left:
            try:
                found = self._read(left.pop(0))
            except errors.ProviderError:
                self._hide([post for piece in left for post in piece])
                raise
            noindex |= {post.noindex_source for post in found}
            language |= {post.language_source for post in found}
        if posts:
            sites.sources(
                self.site.id, noindex=", ".join(sorted(noindex - {""})), language=", ".join(sorted(language - {""}))
            )

    def _read(self, piece: Sequence[plan.Listed]) -> list[Post]:
        self._stop_if_told()
        read_at = store.now()
        posts: list[Post] = []
        for kind, found in inventory.read(self.wordpress, piece):
            if isinstance(found, client.Rejected):
                self._reject(found, kind)
            else:
                posts.append(found)
        self._count(ingest.ingest(posts, self._means(), read_at=read_at))
        # A post that vanished between listing and reading is the next run's business.
        self.run.done += len(piece)
        self.run.save()
        return posts

    def _hide(self, posts: Sequence[plan.Listed]) -> None:
        """Without a model no text comes in; what nobody may read any more goes all the same."""
        held = inventory.held(self.site.id, self.version, [post.id for post in posts])
        searchable = {post.id for post in held if post.indexed and not post.gone}
        for piece in plan.slices([post for post in posts if post.id in searchable]):
            read_at = store.now()
            found = [post for _, post in inventory.read(self.wordpress, piece) if isinstance(post, Post)]
            self._count(ingest.hide(found, self._means(), read_at=read_at))

    def _means(self) -> ingest.Means:
        return ingest.Means(
            site_id=self.site.id,
            version=self.version,
            model=self.model,
            on_tokens=self._spent,
            before_embedding=self._afford,
            rules=self.options.rules,
            public_page=self.wordpress.public_page if self.options.read_public_pages else None,
            retry_seconds=self.options.retry_seconds,
            should_stop=self.should_stop,
        )

    def _spent(self, tokens: int) -> None:
        self.run.tokens += tokens
        self.run.save()
        self._stop_if_told()

    def _afford(self, tokens: int, reused: int) -> None:
        """Raise Stopped when the next slice's texts would cost more than is left."""
        self.run.reused += reused
        price, limit = self.model.traits.price_per_million, self.options.max_cost
        if price is None or limit is None or prices.cost(self.run.tokens + tokens, price) <= limit:
            return
        spent, needed = prices.cost(self.run.tokens, price), prices.cost(tokens, price)
        raise errors.Stopped(
            f"embeddings would cost more than {prices.dollars(limit)}: {prices.dollars(spent)} is spent, and the next "
            f"posts' {tokens:,} tokens cost {prices.dollars(needed)}. "
            "What is done stays; run it again with a larger --max-cost to go on."
        )

    def _stop_if_told(self) -> None:
        embedding.stop_if_told(self.should_stop)

    def _reject(self, found: client.Rejected, kind: str) -> None:
        index.record_failure(self.site.id, found.id, type=kind, error=found.error)
        self._count([ingest.Outcome(found.id, "failed", found.error)])

    def _count(self, outcomes: Sequence[ingest.Outcome]) -> None:
        for outcome in outcomes:
            if outcome.kind in {"added", "changed", "unchanged", "removed", "failed"}:
                setattr(self.run, outcome.kind, getattr(self.run, outcome.kind) + 1)
            if outcome.reason:
                self.run.note(outcome.note or outcome.kind, outcome.post_id, outcome.reason)

    def _remove_missing(self, todo: plan.Plan) -> None:
        """Take out what is proven gone; raise an alarm when the site must not be believed or does not tell."""
        kinds = self.options.post_types
        for post in todo.missing:
            if post.type not in kinds:
                self._take_out(post.id, inventory.unlisted_type(post.type))
        if alarm := mass_removal(todo, self.options, url=self.site.url):
            self.alarm(alarm)
            return
        asked = [post for post in todo.missing if post.type in kinds]
        read_at = store.now()
        for post, evidence, error in inventory.probed(self.wordpress, asked, self.options.rules):
            if evidence:
                self._take_out(post.id, evidence, read_at)
            if error:
                self.alarm(f"post {post.id} is not listed any more and stays all the same: {error}")
            self._stop_if_told()
            read_at = store.now()

    def alarm(self, text: str) -> None:
        """Tell everybody why the site is not believed; the next run that believes it ends that."""
        self.run.alarm = text
        sites.raise_alarm(self.site.id, text)
        logs.warning("site not believed", site=self.site.name, reason=text)

    def _take_out(self, post_id: int, evidence: str, read_at: dt.datetime | None = None) -> None:
        if index.remove(self.site.id, post_id, evidence=evidence, read_at=read_at):
            self._count([ingest.Outcome(post_id, "removed", evidence)])


def mass_removal(todo: plan.Plan, options: Options, *, url: str) -> str:
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
