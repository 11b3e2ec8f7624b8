"""What a sync would do and cost: read from the site and made ready as a sync does it; the database is only read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from askpress import sites
from askpress.providers import checks, prices
from askpress.providers.contract import EmbeddingTraits
from askpress.retrieval import changes, index, kept, store, versions
from askpress.sync import ingest, intake, inventory, plan, ready, reconcile
from askpress.wordpress import client
from askpress.wordpress.post import Post


@dataclass(frozen=True, slots=True)
class Named:
    """One post of a preview."""

    id: int
    type: str
    title: str
    # Why it is gone, fails, is left out or has no chunks, or "".
    reason: str = ""


@dataclass(slots=True)
class Preview:
    """What a sync of the site as it is now would do; each list in the order of the work."""

    # The site's address.
    url: str
    traits: EmbeddingTraits
    new: list[Named] = field(default_factory=list)
    changed: list[Named] = field(default_factory=list)
    gone: list[Named] = field(default_factory=list)
    unchanged: list[Named] = field(default_factory=list)
    failing: list[Named] = field(default_factory=list)
    # Public, and not to be ingested.
    left_out: list[Named] = field(default_factory=list)
    # Texts to embed and their tokens; chunks whose vector is known or comes from an equal text.
    chunks: int = 0
    tokens: int = 0
    reused: int = 0
    # Why nothing would be removed, or "".
    alarm: str = ""

    @property
    def cost(self) -> float | None:
        """US dollars; None when the model's price is unknown."""
        price = self.traits.price_per_million
        return None if price is None else prices.cost(self.tokens, price)


def preview(
    site: sites.Site,
    wordpress: client.WordPress,
    version: versions.IndexVersion,
    options: intake.Options,
    traits: EmbeddingTraits,
) -> Preview:
    """Return what reconcile would do with the same site and options.

    Raises WordPressError where a sync would stop, and StoreUnavailable.
    """
    wordpress.prove_credentials()
    wordpress.discover()
    listed, ours = inventory.listing(wordpress, options.post_types), inventory.held(site.id, version)
    excluded = inventory.left_out(listed, ours, options.rules)
    todo = plan.compare(listed, ours, force=options.force, excluded=excluded)
    dry = _DryRun(wordpress, version, options, site.id, Preview(site.url, traits))
    dry.found.unchanged += [dry.named(post) for post in todo.unchanged]
    dry.leave_out(listed, excluded)
    for piece in plan.slices(todo.to_read):
        dry.read(piece)
    dry.look_for_missing(todo)
    return dry.found


_SHOWN = ", ".join(f"d.{name}" for name in changes.SHOWN if name != "text")


@dataclass(frozen=True, slots=True)
class _Held:
    """What replace() compares a content with."""

    title: str = ""
    # What a search shows of it, but its text: the checksum is of that.
    shown: tuple[object, ...] = ()
    # Of the chunks in the live index version; None: none.
    checksum: str | None = None
    was_read: bool = False
    gone: bool = False

    def becomes(self, content: index.Content) -> str:
        if not self.was_read:
            return "new"
        same = (self.checksum, self.shown) == (content.checksum, changes.shown_of(content, but="text"))
        return "unchanged" if same and not self.gone else "changed"


class _DryRun:
    """A sync that fills a Preview."""

    def __init__(
        self,
        wordpress: client.WordPress,
        version: versions.IndexVersion,
        options: intake.Options,
        site_id: int,
        found: Preview,
    ) -> None:
        self.wordpress, self.version, self.options, self.site_id = wordpress, version, options, site_id
        self.found = found
        self._held = _held(site_id, version)
        self._count = ready.token_counter(version.recipe)
        # Keys of texts that are embedded by then.
        self._embedded: set[bytes] = set()

    def named(self, post: plan.Listed | plan.Held, reason: str = "") -> Named:
        return Named(post.id, post.type, self._of(post.id).title, reason)

    def read(self, piece: Sequence[plan.Listed]) -> None:
        made: list[ready.Ready] = []
        for kind, post in inventory.read(self.wordpress, piece):
            if isinstance(post, client.Rejected):
                self.found.failing.append(Named(post.id, kind, self._of(post.id).title, post.error))
            elif why := self.options.rules.why_hidden(post):
                self._hide(post, why)
            else:
                made += self._make(post)
        self._price(made)

    def leave_out(self, listed: Sequence[plan.Listed], excluded: Mapping[int, str]) -> None:
        for post in listed:
            if post.id in excluded:
                held = self._held.get(post.id)
                place = self.found.left_out if held is None or held.gone else self.found.gone
                place.append(self.named(post, excluded[post.id]))

    def look_for_missing(self, todo: plan.Plan) -> None:
        self.found.alarm = reconcile.mass_removal(todo, self.options, url=self.found.url)
        kinds = self.options.post_types
        for post in todo.missing:
            if post.type not in kinds:
                self.found.gone.append(self.named(post, inventory.unlisted_type(post.type)))
        asked = [] if self.found.alarm else [post for post in todo.missing if post.type in kinds]
        for post, evidence, error in inventory.probed(self.wordpress, asked, self.options.rules):
            if evidence:
                self.found.gone.append(self.named(post, evidence))
            if error:
                self.found.failing.append(self.named(post, str(error)))

    def _of(self, post_id: int) -> _Held:
        return self._held.get(post_id, _Held())

    def _hide(self, post: Post, why: str) -> None:
        held = self._held.get(post.id)
        place = self.found.left_out if held is None or held.gone else self.found.gone
        place.append(Named(post.id, post.type, post.title, why))

    def _make(self, post: Post) -> list[ready.Ready]:
        public_page = self.wordpress.public_page if self.options.read_public_pages else None
        now = dt.datetime.now(dt.UTC)
        try:
            recipe = self.version.recipe
            return [ready.make(post, site_id=self.site_id, recipe=recipe, read_at=now, public_page=public_page)]
        except Exception as error:  # noqa: BLE001  as in a sync: one post's failure is told, the others go on
            self.found.failing.append(Named(post.id, post.type, post.title, ingest.reason_of(error)))
            return []

    def _price(self, made: Sequence[ready.Ready]) -> None:
        """Count what one slice costs, and tell what becomes of its posts."""
        keys = {key for one in made for key in one.texts}
        self._embedded |= kept.known(list(keys)) if keys else set()
        for one in made:
            content = one.content
            unknown = [text for key, text in one.texts.items() if key not in self._embedded]
            self._embedded |= one.texts.keys()
            self.found.reused += len(content.chunks) - len(unknown)
            failure = self._embed(unknown)
            kind = "failing" if failure else self._of(content.post_id).becomes(content)
            reason = failure or ready.WITHOUT_TEXT.get(content.note, "")
            getattr(self.found, kind).append(Named(content.post_id, content.type, content.title, reason))

    def _embed(self, texts: Sequence[str]) -> str:
        """Count the texts that can be sent; return why one cannot, or ""."""
        failure = ""
        for text in texts:
            size = self._count(text)
            if error := checks.unsendable(text, size, self.found.traits):
                failure = str(error)
            else:
                self.found.chunks += 1
                self.found.tokens += size
        return failure


def _held(site_id: int, version: versions.IndexVersion) -> dict[int, _Held]:
    with store.autocommit() as cursor:
        rows = cursor.execute(
            f"SELECT d.post_id, d.title, i.checksum, d.read_at IS NOT NULL, d.gone_at IS NOT NULL, {_SHOWN}"  # noqa: S608
            " FROM askpress_document d"
            " LEFT JOIN askpress_indexed i ON i.document_id = d.id AND i.index_version_id = %s"
            " WHERE d.site_id = %s",
            (version.id, site_id),
        )
        return {
            number: _Held(title, tuple(shown), checksum, was_read, gone)
            for number, title, checksum, was_read, gone, *shown in rows
        }
