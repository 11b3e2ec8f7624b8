"""Brings posts of a site into the index within a run: read, embedded and written by the slice, counted, paid for."""

from __future__ import annotations

import datetime as dt
import functools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from askpress import errors, logs, sites
from askpress.providers import prices
from askpress.providers.contract import EmbeddingModel
from askpress.retrieval import index, store, versions
from askpress.sync import ahead, embedding, ingest, inventory, plan, runs
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


@dataclass(frozen=True, slots=True)
class _Slice:
    """Posts that are brought in together."""

    # As many as were listed.
    posts: int
    # What became of those that the site did not give.
    rejected: Sequence[ingest.Outcome]
    prepared: ingest.Prepared


@dataclass(frozen=True, slots=True)
class _Sources:
    """Where the read posts' marks and languages come from."""

    noindex: set[str] = field(default_factory=set)
    language: set[str] = field(default_factory=set)

    def see(self, posts: Sequence[Post]) -> None:
        self.noindex.update(post.noindex_source for post in posts)
        self.language.update(post.language_source for post in posts)

    def save(self, site_id: int) -> None:
        noindex, language = (", ".join(sorted(names - {""})) for names in (self.noindex, self.language))
        sites.sources(site_id, noindex=noindex, language=language)


@dataclass(frozen=True, slots=True)
class Intake:
    """A run's hands: of a whole sync, a poll or a sweep."""

    site: sites.Site
    wordpress: client.WordPress
    model: EmbeddingModel
    version: versions.IndexVersion
    options: Options
    run: runs.Run
    should_stop: Callable[[], bool]

    def read(self, posts: Sequence[plan.Listed]) -> None:
        """Bring the posts into the index, slice by slice, and count what became of them."""
        sources = _Sources()
        left = plan.slices(posts)
        steps = ahead.Steps(functools.partial(self._read, sources), self._write, self._settle, self._give_up)
        try:
            ahead.run(left, steps)
        except errors.ProviderError:
            self._hide([post for piece in left for post in piece])
            raise
        if posts:
            sources.save(self.site.id)

    def _read(self, sources: _Sources, piece: Sequence[plan.Listed]) -> _Slice:
        self.stop_if_told()
        read_at = store.now()
        posts: list[Post] = []
        rejected: list[ingest.Outcome] = []
        for kind, found in inventory.read(self.wordpress, piece):
            if isinstance(found, client.Rejected):
                index.record_failure(self.site.id, found.id, type=kind, error=found.error)
                rejected.append(ingest.Outcome(found.id, "failed", found.error))
            else:
                posts.append(found)
        sources.see(posts)
        return _Slice(len(piece), rejected, ingest.prepare(posts, self._means(self.should_stop), read_at=read_at))

    def _write(self, piece: _Slice, abandoned: threading.Event) -> list[ingest.Outcome]:
        return ingest.write(piece.prepared, self._means(lambda: abandoned.is_set() or self.should_stop()))

    def _give_up(self, piece: _Slice) -> None:
        self.count([*piece.rejected, *piece.prepared.outcomes])

    def _settle(self, piece: _Slice, outcomes: Sequence[ingest.Outcome]) -> None:
        self.count([*piece.rejected, *outcomes])
        # A post that vanished between listing and reading is the next run's business.
        self.run.done += piece.posts
        self.run.save()

    def _hide(self, posts: Sequence[plan.Listed]) -> None:
        """Without a model no text comes in; what nobody may read any more goes all the same."""
        held = inventory.held(self.site.id, self.version, [post.id for post in posts])
        searchable = {post.id for post in held if post.indexed and not post.gone}
        for piece in plan.slices([post for post in posts if post.id in searchable]):
            read_at = store.now()
            found = [post for _, post in inventory.read(self.wordpress, piece) if isinstance(post, Post)]
            self.count(ingest.hide(found, self._means(self.should_stop), read_at=read_at))

    def _means(self, should_stop: Callable[[], bool]) -> ingest.Means:
        return ingest.Means(
            site_id=self.site.id,
            version=self.version,
            model=self.model,
            on_tokens=self._spent,
            before_embedding=self._afford,
            rules=self.options.rules,
            public_page=self.wordpress.public_page if self.options.read_public_pages else None,
            retry_seconds=self.options.retry_seconds,
            should_stop=should_stop,
        )

    def _spent(self, tokens: int) -> None:
        self.run.tokens += tokens
        self.run.save()
        self.stop_if_told()

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

    def stop_if_told(self) -> None:
        embedding.stop_if_told(self.should_stop)

    def count(self, outcomes: Sequence[ingest.Outcome]) -> None:
        for outcome in outcomes:
            if outcome.kind in {"added", "changed", "unchanged", "removed", "failed"}:
                setattr(self.run, outcome.kind, getattr(self.run, outcome.kind) + 1)
            if outcome.reason:
                self.run.note(outcome.note or outcome.kind, outcome.post_id, outcome.reason)

    def alarm(self, text: str) -> None:
        """Tell everybody why the site is not believed; the next run that believes it ends that."""
        self.run.alarm = text
        sites.raise_alarm(self.site.id, text)
        logs.warning("site not believed", site=self.site.name, reason=text)

    def take_out(self, post_id: int, evidence: str, read_at: dt.datetime | None = None) -> None:
        if index.remove(self.site.id, post_id, evidence=evidence, read_at=read_at):
            self.count([ingest.Outcome(post_id, "removed", evidence)])
