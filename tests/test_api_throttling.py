"""A key passes its limit in no 60 seconds, however the requests fall, with Redis and without."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
import redis
from django.conf import settings
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from askpress import keys
from askpress.api import throttling
from askpress.api.throttling import SlidingWindow, Verdict
from tests import visitor

SECOND = 1_000_000  # microseconds


def take(name: str, *, limit: int) -> Verdict:
    return throttling.take_and_get(some_key(name), limit=limit, name="")[0]


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def server(db: None) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        yield client


def some_key(alias: str) -> keys.Key:
    return keys.Key(1, "test", alias, frozenset(), None)


def asked_before(server: redis.Redis, alias: str, *seconds_ago: float) -> None:
    """Write down requests of the past, as the script does."""
    seconds, microseconds = server.time()
    now = seconds * SECOND + microseconds
    server.rpush(f"askpress:throttle:{alias}", *(int(now - ago * SECOND) for ago in seconds_ago))


def plain_reference(times: list[float], limit: int) -> list[bool]:
    """Let a request pass while fewer than `limit` passed in the 60 s before it; written to be obvious."""
    passed: list[float] = []
    verdicts = []
    for now in times:
        allowed = len([earlier for earlier in passed if now - earlier < 60]) < limit
        verdicts.append(allowed)
        passed += [now] if allowed else []
    return verdicts


@given(st.lists(st.integers(0, 40), max_size=60), st.integers(1, 6))
def test_the_window_agrees_with_a_plain_reference(pauses: list[int], limit: int) -> None:
    clock = Clock()
    window = SlidingWindow(clock=clock)
    times, verdicts = [], []
    for pause in pauses:
        clock.now += pause
        times.append(clock.now)
        verdicts.append(window.take("a", limit=limit).allowed)

    assert verdicts == plain_reference(times, limit)


@given(st.lists(st.integers(0, 40), min_size=1, max_size=30), st.integers(1, 6))
def test_who_waits_as_told_is_let_in_and_no_sooner(pauses: list[int], limit: int) -> None:
    clock = Clock()
    window = SlidingWindow(clock=clock)
    for pause in pauses:
        clock.now += pause
        verdict = window.take("a", limit=limit)
    clock.now += verdict.wait_seconds - 0.5
    left_just_before = window.look("a", limit=limit).remaining
    clock.now += 0.5

    assert window.look("a", limit=limit).remaining > left_just_before


def test_looking_does_not_count() -> None:
    window = SlidingWindow(clock=Clock())
    window.look("a", limit=1)

    assert window.take("a", limit=1).allowed
    assert not window.look("a", limit=1).allowed


def test_a_process_remembers_a_bounded_number_of_names() -> None:
    window = SlidingWindow(clock=Clock(), max_names=2)
    window.take("a", limit=1)
    window.take("b", limit=1)
    window.take("c", limit=1)

    assert window.look("a", limit=1).allowed
    assert not window.look("c", limit=1).allowed


def test_requests_older_than_the_window_no_longer_count(server: redis.Redis) -> None:
    asked_before(server, "a", 61, 60.5, 59, 30)

    verdict = take("a", limit=4)

    assert (verdict.allowed, verdict.remaining) == (True, 1)
    assert server.llen("askpress:throttle:a") == 3


def test_a_full_window_refuses_until_its_oldest_request_leaves(server: redis.Redis) -> None:
    asked_before(server, "a", 59, 30, 1)

    verdict = take("a", limit=3)

    assert not verdict.allowed
    assert 0 < verdict.wait_seconds <= 1
    assert verdict.headers["Retry-After"] == "1"
    assert server.llen("askpress:throttle:a") == 3


def test_a_lowered_limit_waits_for_as_many_as_are_too_many(server: redis.Redis) -> None:
    asked_before(server, "a", 50, 40, 30, 20)

    verdict = take("a", limit=2)

    assert not verdict.allowed
    assert 29 < verdict.wait_seconds <= 30


def test_a_clock_that_was_set_back_shuts_nobody_out(server: redis.Redis) -> None:
    asked_before(server, "a", -3600, -3600, -3600)

    assert take("a", limit=3).allowed


def test_what_is_counted_leaves_redis_by_itself(server: redis.Redis) -> None:
    take("a", limit=3)

    assert 59_000 < int(server.pttl("askpress:throttle:a")) <= 60_000


def test_a_hundred_at_once_get_exactly_the_limit(server: redis.Redis) -> None:
    together = threading.Barrier(20)

    def ask(turn: int) -> bool:
        if turn < 20:
            together.wait()
        return take("a", limit=37).allowed

    with ThreadPoolExecutor(20) as pool:
        passed = sum(pool.map(ask, range(100)))

    assert passed == 37


@pytest.mark.parametrize("url", ["", "unix:///nobody/listens.sock?db=0"], ids=["unset", "down"])
def test_without_redis_the_process_keeps_the_limit(url: str) -> None:
    with override_settings(REDIS_URL=url):
        verdicts = [take(f"alone{url}", limit=3).allowed for _ in range(5)]

    assert verdicts == [True, True, True, False, False]


@pytest.mark.parametrize(
    ("verdict", "headers"),
    [
        (Verdict(True, 60, 59, 60.0), {"RateLimit-Policy": '"minute";q=60;w=60', "RateLimit": '"minute";r=59;t=60'}),
        (
            Verdict(False, 60, 0, 3.01),
            {"RateLimit-Policy": '"minute";q=60;w=60', "RateLimit": '"minute";r=0;t=4', "Retry-After": "4"},
        ),
    ],
    ids=["allowed", "refused"],
)
def test_the_headers_say_limit_rest_and_wait(verdict: Verdict, headers: dict[str, str]) -> None:
    assert verdict.headers == headers


@override_settings(REQUESTS_PER_MINUTE=2)
def test_the_third_request_of_two_allowed_is_a_problem_that_says_when(server: redis.Redis) -> None:
    asking = visitor.with_key()
    replies = [asking.post("/search", {}) for _ in range(3)]

    assert [reply.status_code for reply in replies] == [400, 400, 429]
    assert visitor.body(replies[2])["code"] == "rate_limited"
    assert visitor.body(replies[2])["retryable"] is True
    assert 0 < int(replies[2]["Retry-After"]) <= 60
    assert replies[2]["RateLimit"].startswith('"minute";r=0;t=')
    assert replies[0]["RateLimit"].startswith('"minute";r=1;t=')


@override_settings(REQUESTS_PER_MINUTE=1)
def test_search_and_ask_share_the_limit_and_another_key_has_its_own(server: redis.Redis) -> None:
    first, second = visitor.with_key(), visitor.with_key()
    first.post("/v1/search", {})

    assert first.post("/ask", {}).status_code == 429
    assert second.post("/ask", {}).status_code == 400


def test_redis_never_sees_the_key(server: redis.Redis) -> None:
    asking = visitor.with_key()
    asking.post("/search", {})

    names = [str(name) for name in server.scan_iter()]

    assert len(names) == 1
    assert asking.key not in names[0]
