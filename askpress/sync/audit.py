"""Compares the site's complete listing with the index and stores what came out; repairs nothing."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from askpress import errors, logs, sites
from askpress.models import Audit as Row
from askpress.retrieval import holdings, store, versions
from askpress.sync import inventory, plan, sides
from askpress.sync.rules import Rules
from askpress.wordpress import client
from askpress.wordpress.post import Post

EQUAL, DIFFERS, INCOMPLETE = Row.Verdict.values
# Kinds of proof: by ids and dates, and by contents too.
LISTING, DEEP = "listing", "deep"
_KEPT_DAYS = 90
# What the site says of a post that is not there at all; anything else says that it keeps it to itself.
_NOT_THERE = ("404", "410")


@dataclass(frozen=True, slots=True)
class Audit:
    """One audit as it is stored."""

    proof: str
    started_at: dt.datetime
    finished_at: dt.datetime
    verdict: str
    # "" when it is incomplete.
    site_digest: str = ""
    index_digest: str = ""
    # Why it is incomplete, or "".
    reason: str = ""
    missing: tuple[sides.Difference, ...] = ()
    stale: tuple[sides.Difference, ...] = ()
    orphaned: tuple[sides.Difference, ...] = ()
    leaked: tuple[sides.Difference, ...] = ()
    # Why a repair took nothing out, or ""; not stored.
    refusal: str = ""

    @property
    def differences(self) -> tuple[sides.Difference, ...]:
        return (*self.missing, *self.stale, *self.orphaned, *self.leaked)

    def body(self) -> dict[str, Any]:
        """Return the audit as JSON-ready values."""
        sets = {name: [dataclasses.asdict(found) for found in getattr(self, name)] for name in sides.SETS}
        return {
            "verdict": self.verdict,
            "proof": self.proof,
            "started_at": self.started_at.isoformat(),
            "finished_at": self.finished_at.isoformat(),
            **sets,
            "site_digest": self.site_digest,
            "index_digest": self.index_digest,
            "reason": self.reason,
        }


def audit(
    site: sites.Site,
    wordpress: client.WordPress,
    version: versions.IndexVersion,
    *,
    post_types: tuple[str, ...],
    rules: Rules,
    deep: bool = False,
) -> Audit:
    """Compare, store and return; a site that cannot be read whole is a verdict of its own. Raises StoreUnavailable."""
    started = store.now()
    look = _Look(site, wordpress, version, post_types, rules, deep=deep)
    try:
        found = look.compare()
    except errors.WordPressError as error:
        made = Audit(look.proof, started, store.now(), INCOMPLETE, reason=str(error))
    else:
        verdict = EQUAL if found.site_digest == found.index_digest else DIFFERS
        values = {field.name: getattr(found, field.name) for field in dataclasses.fields(found)}
        made = Audit(look.proof, started, store.now(), verdict, **values)
    _store(site.id, made)
    logs.info(
        "audit finished", site=site.name, proof=made.proof, verdict=made.verdict, differences=len(made.differences)
    )
    return made


def last(site_id: int) -> Audit | None:
    """Return the last stored audit, None before the first."""
    with store.autocommit() as cursor:
        row = cursor.execute(
            # In the order of Audit's fields.
            "SELECT proof, started_at, finished_at, verdict, site_digest, index_digest, reason, sets"
            " FROM askpress_audit WHERE site_id = %s AND finished_at IS NOT NULL ORDER BY started_at DESC LIMIT 1",
            (site_id,),
        ).fetchone()
    if row is None:
        return None
    *plain, sets = row
    stored: dict[str, Any] = json.loads(sets)
    found: Any = {name: tuple(sides.Difference(**one) for one in stored[name]) for name in sides.SETS}
    return dataclasses.replace(Audit(*plain), **found)


def _store(site_id: int, made: Audit) -> None:
    body = made.body()
    with store.transaction() as cursor:
        cursor.execute("DELETE FROM askpress_audit WHERE started_at < now() - make_interval(days => %s)", (_KEPT_DAYS,))
        cursor.execute(
            "INSERT INTO askpress_audit (site_id, proof, started_at, finished_at, verdict, sets, site_digest,"
            " index_digest, reason) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (site_id, made.proof, made.started_at, made.finished_at, made.verdict,
             json.dumps({name: body[name] for name in sides.SETS}), made.site_digest, made.index_digest, made.reason),
        )  # fmt: skip


class _Look:
    """One look at both sides, and a second one at what differs: editors and workers go on meanwhile."""

    def __init__(
        self,
        site: sites.Site,
        wordpress: client.WordPress,
        version: versions.IndexVersion,
        post_types: tuple[str, ...],
        rules: Rules,
        *,
        deep: bool,
    ) -> None:
        self.site, self.wordpress, self.version, self.post_types = site, wordpress, version, post_types
        self.rules = rules
        self.proof = DEEP if deep else LISTING
        self.theirs: dict[int, sides.Shown] = {}
        self.unseen: dict[int, sides.Unseen] = {}
        # Why the content of a post that the site lists cannot be read.
        self.unreadable: dict[int, str] = {}

    def compare(self) -> sides.Comparison:
        self.wordpress.prove_credentials()
        self.wordpress.discover()
        listed = inventory.listing(self.wordpress, self.post_types)
        listed = [post for post in listed if not self.rules.why_excluded(post)]
        self.theirs = {post.id: sides.Shown(post.id, post.type, post.modified_at) for post in listed}
        if self.proof == DEEP:
            self._read(listed)
        ours = self._ours()
        doubtful = sides.doubtful(self.theirs, ours)
        if doubtful:
            ours = self._look_again(doubtful, ours)
        self._refuse_the_unreadable(ours)
        return sides.compare(self.theirs, ours, self.unseen)

    def _look_again(self, doubtful: set[int], ours: dict[int, sides.Ours]) -> dict[int, sides.Ours]:
        """Read what differs from the site once more, then from the index; return our side as it is then."""
        types = {number: (self.theirs.get(number) or ours[number]).type for number in doubtful}
        self._read(plan.Listed(number, kind, None) for number, kind in types.items() if kind in self.post_types)
        now = self._ours()
        # Of the others the first look stands: they were equal in it.
        again = {number: mine for number, mine in ours.items() if number not in doubtful}
        again |= {number: now[number] for number in doubtful if number in now}
        for number in doubtful - self.theirs.keys():
            if number in again and again[number].searchable:
                self._probe(again[number])
        return again

    def _read(self, posts: Iterable[plan.Listed]) -> None:
        """Replace what is known of the posts by what the site shows of them now."""
        wanted = list(posts)
        before = {post.id: self.theirs.pop(post.id, None) for post in wanted}
        for kind, found in inventory.read(self.wordpress, wanted):
            if not isinstance(found, client.Rejected):
                self._see(kind, found)
                continue
            self.unreadable[found.id] = found.error
            if shown := before[found.id]:
                self.theirs[found.id] = shown

    def _see(self, kind: str, post: Post) -> None:
        self.unreadable.pop(post.id, None)
        if why := self.rules.why_hidden(post):
            self.unseen[post.id] = sides.Unseen(why, exists=True)
        else:
            checksum = post.checksum if self.proof == DEEP else ""
            self.theirs[post.id] = sides.Shown(post.id, kind, post.modified_at, checksum)

    def _probe(self, mine: sides.Ours) -> None:
        """Ask singly for a post that is searchable here and that the site does not list for readers."""
        if mine.type not in self.post_types:
            self.unseen[mine.id] = sides.Unseen(inventory.unlisted_type(mine.type), exists=False)
        elif mine.id not in self.unseen:
            found = self.wordpress.post(mine.type, mine.id, listing_was_public=True)
            if isinstance(found, client.Gone):
                self.unseen[mine.id] = sides.Unseen(found.evidence, exists=not found.evidence.startswith(_NOT_THERE))
            else:
                self._see(mine.type, found)

    def _ours(self) -> dict[int, sides.Ours]:
        deep = self.proof == DEEP
        return {held.post_id: _ours(held, deep=deep) for held in holdings.of_site(self.site.id, self.version)}

    def _refuse_the_unreadable(self, ours: dict[int, sides.Ours]) -> None:
        """A content that cannot be read proves nothing; of a post that is not searchable none is needed."""
        posts = {number: why for number, why in self.unreadable.items() if number in ours and ours[number].searchable}
        if self.proof == DEEP and posts:
            number, why = next(iter(posts.items()))
            raise errors.ListingIncomplete(
                f"the content of {len(posts)} posts could not be read, so that nothing is proven. Post {number}: {why}"
            )


def _ours(held: holdings.Holding, *, deep: bool) -> sides.Ours:
    kept = held.was_read and not held.gone
    return sides.Ours(
        id=held.post_id,
        type=held.type,
        modified_at=held.modified_at,
        checksum=held.source_checksum if deep else "",
        searchable=kept and held.chunks is not None,
        whole={held.found_chunks, held.vectors, held.terms} == {held.chunks},
        kept=kept,
        reason=held.error or (f"it was taken out: {held.evidence}" if held.gone else ""),
    )
