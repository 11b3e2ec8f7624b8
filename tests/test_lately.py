"""What is remembered for a second, and what happens when it proves wrong."""

from __future__ import annotations

import itertools

import pytest

from askpress import errors
from askpress.retrieval import lately, versions
from tests import visitor


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_within_a_second_nothing_is_loaded_again() -> None:
    clock, loads = Clock(), itertools.count()
    remembered = lately.Lately(lambda: next(loads), clock=clock)

    seen = []
    for clock.now in (0.0, 0.9, 1.1, 2.0):
        seen.append(remembered())

    assert seen == [0, 0, 1, 1]


def test_a_failure_is_not_remembered() -> None:
    tries = itertools.count()

    def load() -> int:
        if next(tries) == 0:
            raise errors.NoLiveIndex("none yet")
        return 7

    remembered = lately.Lately(load)

    with pytest.raises(errors.NoLiveIndex):
        remembered()
    assert remembered() == 7


def test_forgetting_reaches_everything_remembered() -> None:
    loads = itertools.count()
    remembered = lately.Lately(lambda: next(loads))
    remembered()

    lately.forget()

    assert remembered() == 1


def test_a_search_in_an_index_dropped_meanwhile_is_told_to_come_again(db: None) -> None:
    visitor.index_a_price()
    asking = visitor.with_key("search")
    assert asking.post("/search", {"q": "puncture repair"}).status_code == 200

    versions.reset()
    reply = asking.post("/search", {"q": "something never asked before"})

    assert (reply.status_code, visitor.body(reply)["code"]) == (503, "no_index")
    assert reply.headers["Retry-After"]
