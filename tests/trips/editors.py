"""Editors who do anything in any order, and what they were promised to find in a search."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from askpress.sample import rest
from askpress.sample.exchange import Reply, Request
from tests.conftest import empty_stores
from tests.trips.conftest import Service

LONG_AGO = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
HIDDEN = ("draft", "pending", "private", "future", "trash", "password", "delete")
posts = st.integers(0, 30)


def slow_clock() -> dt.datetime:
    """The time, in steps of two seconds: so that many edits have the date of the one before."""
    now = dt.datetime.now(dt.UTC)
    return now - dt.timedelta(seconds=now.second % 2, microseconds=now.microsecond)


class Editors(RuleBasedStateMachine):
    """`promised` holds for a post's id the only note that a search may show of it; None: none at all."""

    service: Service

    def __init__(self) -> None:
        super().__init__()
        empty_stores()
        self.site = self.service.site
        for item in self.site.items():
            self.site.delete(item.id)
        self.site.clock = slow_clock
        self.all_is_well()
        self.promised: dict[int, str | None] = {}
        self.notes: dict[int, str] = {}
        # Notes that a stranger could read at some time.
        self.public: set[str] = set()
        # Posts whose text changed and whose date did not: no listing shows that.
        self.silent: set[int] = set()
        self.number = 0

    def all_is_well(self) -> None:
        """No faults any more; lists come in pages of three, so that few posts fill several."""
        self.site.faults.clear()
        self.site.faults.add(self.in_pages_of_three, path="per_page=100")
        self.service.openai.heal()

    def in_pages_of_three(self, request: Request, reply: Reply) -> Reply:
        if "include" in request.query:
            return reply
        asked = dataclasses.replace(request, query={**request.query, "per_page": "3"})
        return rest.answer(asked, self.site, self.site.server.addresses)

    def note(self, post: int) -> str:
        self.number += 1
        self.notes[post] = f"note{post}x{self.number}"
        return f"<p>This is the subject of {self.notes[post]}.</p>"

    def visible(self, post: int) -> bool:
        item = self.site.item(post)
        return item is not None and item.status == "publish" and not item.password

    def changed(self, post: int) -> None:
        """Take back what was promised of a post, unless it was out of sight and still is."""
        if self.visible(post):
            self.public.add(self.notes[post])
            self.promised.pop(post, None)
        elif self.promised.get(post):
            del self.promised[post]

    def promise(self, ids: Iterable[int]) -> None:
        for post in ids:
            self.promised[post] = self.notes[post] if self.visible(post) else None

    def pick(self, post: int) -> int | None:
        """Return one of the site's posts, if it has any."""
        ids = [item.id for item in self.site.items()]
        return ids[post % len(ids)] if ids else None

    @rule(status=st.sampled_from(["publish", "publish", "draft", "private", "future"]), old=st.booleans())
    def write(self, status: str, old: bool) -> None:
        post = max(self.notes, default=0) + 1
        moment = LONG_AGO if old else None
        html, kind = self.note(post), ("post", "page")[post % 2]
        self.site.add(f"Post {post}", html, id=post, type=kind, status=status, modified=moment, date=LONG_AGO)
        self.changed(post)

    @rule(which=posts, silently=st.booleans())
    def edit(self, which: int, silently: bool) -> None:
        if post := self.pick(which):
            item = self.site.item(post)
            assert item
            self.site.edit(post, html=self.note(post), modified=item.modified if silently else None)
            (self.silent.add if silently else self.silent.discard)(post)
            self.changed(post)

    @rule(which=posts, how=st.sampled_from(HIDDEN))
    def hide(self, which: int, how: str) -> None:
        if post := self.pick(which):
            if how == "delete":
                self.site.delete(post)
            elif how == "password":
                self.site.edit(post, password="sesame")
            else:
                self.site.set_status(post, how)
            self.changed(post)

    @rule(which=posts, by_cron=st.booleans())
    def show(self, which: int, by_cron: bool) -> None:
        """Publish; as cron does it for a scheduled post, the date stays."""
        if post := self.pick(which):
            item = self.site.item(post)
            assert item
            moment = item.modified if by_cron else None
            self.site.edit(post, status="publish", password="", slug=f"post-{post}", modified=moment)
            self.changed(post)
