"""The whole site: list, plan, ingest what changed, take out what is gone, record."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from askpress import errors, logs, sites
from askpress.providers import prices
from askpress.providers.contract import EmbeddingModel
from askpress.retrieval import index, store, versions
from askpress.sync import embedding, ingest, plan, runs
from askpress.wordpress import client
from askpress.wordpress.post import Post

# The first slices are small, so that the newest posts are searchable within seconds of the start.
_SLICE_SIZES = (5, 20)
_SLICE = 100


@dataclass(frozen=True, slots=True)
class Options:
    """What a run is told."""

    post_types: tuple[str, ...]
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
                sites.raise_alarm(site.id, str(error))
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
        listed = listing(self.wordpress, self.options.post_types)
        todo = plan.compare(listed, held(self.site.id, self.version), force=self.options.force)
        self.run.total = len(listed)
        self.run.unchanged = self.run.done = len(todo.unchanged)
        self.run.save()
        self.read(todo.to_read)
        alarm = self._remove_missing(todo)
        versions.build_ann(self.version.id)
        index.purge(self.site.id, days=self.options.tombstone_days)
        if alarm:
            sites.raise_alarm(self.site.id, alarm)
        else:
            sites.reconciled(self.site.id, at=started)

    def read(self, posts: Sequence[plan.Listed]) -> None:
        """Bring the posts into the index, slice by slice, and count what became of them."""
        for piece in slices(posts):
            self._read(piece)

    def _read(self, piece: Sequence[plan.Listed]) -> None:
        self._stop_if_told()
        read_at = store.now()
        posts: list[Post] = []
        for kind, found in read(self.wordpress, piece):
            if isinstance(found, client.Rejected):
                self._reject(found, kind)
            else:
                posts.append(found)
        self._count(ingest.ingest(posts, self._means(), read_at=read_at))
        # A post that vanished between listing and reading is the next run's business.
        self.run.done += len(piece)
        self.run.save()

    def _means(self) -> ingest.Means:
        return ingest.Means(
            site_id=self.site.id,
            version=self.version,
            model=self.model,
            on_tokens=self._spent,
            before_embedding=self._afford,
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

    def _remove_missing(self, todo: plan.Plan) -> str:
        """Take out what is proven gone; return an alarm when the site must not be believed."""
        for post in todo.missing:
            if post.type not in self.options.post_types:
                self._take_out(post.id, unlisted_type(post.type))
        if alarm := mass_removal(todo, self.options, url=self.site.url):
            return alarm
        for post in todo.missing:
            read_at = store.now()
            if post.type in self.options.post_types and (evidence := why_gone(self.wordpress, post)):
                self._take_out(post.id, evidence, read_at)
        return ""

    def _take_out(self, post_id: int, evidence: str, read_at: dt.datetime | None = None) -> None:
        if index.remove(self.site.id, post_id, evidence=evidence, read_at=read_at):
            self._count([ingest.Outcome(post_id, "removed", evidence)])


def held(site_id: int, version: versions.IndexVersion, only: Sequence[int] | None = None) -> list[plan.Held]:
    """Return what we hold of each of a site's posts, or of those with the ids in `only`."""
    with store.autocommit() as cursor:
        rows = cursor.execute(
            "SELECT d.post_id, d.type, d.modified_at, d.gone_at IS NOT NULL, d.error <> '', i.id IS NOT NULL, d.read_at"
            " FROM askpress_document d"
            " LEFT JOIN askpress_indexed i ON i.document_id = d.id AND i.index_version_id = %(version)s"
            " WHERE d.site_id = %(site)s AND (%(only)s::bigint[] IS NULL OR d.post_id = ANY(%(only)s::bigint[]))",
            {"version": version.id, "site": site_id, "only": None if only is None else list(only)},
        )
        return [plan.Held(*row) for row in rows]


def listing(wordpress: client.WordPress, post_types: Sequence[str]) -> list[plan.Listed]:
    """Return the site's complete listing of the types it has; raises ListingIncomplete when it does not add up."""
    known = wordpress.types()
    return [
        plan.Listed(entry.id, kind, entry.modified_at)
        for kind in post_types
        if kind in known
        for entry in wordpress.listing(kind).entries
    ]


def read(wordpress: client.WordPress, piece: Sequence[plan.Listed]) -> Iterator[tuple[str, Post | client.Rejected]]:
    """Yield each post with its type as the site shows it now; those it no longer lists are left out."""
    for kind in dict.fromkeys(post.type for post in piece):
        for found in wordpress.posts(kind, [post.id for post in piece if post.type == kind]):
            yield kind, found


def why_gone(wordpress: client.WordPress, post: plan.Held) -> str:
    """Ask for one post that a complete listing lacks; return why nobody may find it any more, or "" if he may."""
    found = wordpress.post(post.type, post.id, listing_was_public=True)
    return found.evidence if isinstance(found, client.Gone) else ingest.why_hidden(found)


def unlisted_type(kind: str) -> str:
    return f"the type {kind} is not in ASKPRESS_POST_TYPES"


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


def slices(posts: Sequence[plan.Listed]) -> list[Sequence[plan.Listed]]:
    """Cut what is to be read into pieces that are ingested together."""
    cut, start = [], 0
    for size in _SLICE_SIZES:
        cut.append(posts[start : start + size])
        start += size
    cut += [posts[at : at + _SLICE] for at in range(start, len(posts), _SLICE)]
    return [piece for piece in cut if piece]
