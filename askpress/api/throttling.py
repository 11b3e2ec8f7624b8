"""How often a key may ask: at most so many requests in any minute, counted in Redis, without it in this process."""

from __future__ import annotations

import functools
import hashlib
import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from askpress import keys, redis_client
from askpress.api.problems import RATE_LIMITED, Problem

WINDOW_SECONDS = 60
# Names kept in a process; the one not seen for longest is forgotten first.
_MAX_NAMES = 10_000
_POLICY = "minute"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request may pass, and what is left after it."""

    allowed: bool
    limit: int
    remaining: int
    # Until one more request is free.
    wait_seconds: float

    @property
    def headers(self) -> dict[str, str]:
        """RateLimit fields as of draft-ietf-httpapi-ratelimit-headers-10."""
        wait = whole_seconds(self.wait_seconds)
        return {
            "RateLimit-Policy": f'"{_POLICY}";q={self.limit};w={WINDOW_SECONDS}',
            "RateLimit": f'"{_POLICY}";r={self.remaining};t={wait}',
            **({} if self.allowed else {"Retry-After": str(wait)}),
        }


def whole_seconds(seconds: float) -> int:
    """Return the seconds rounded up: who waits them is let in."""
    return max(1, math.ceil(seconds))


class SlidingWindow:
    """Counts in this process; exact, bounded, and gone with it."""

    def __init__(
        self,
        *,
        max_names: int = _MAX_NAMES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_names = max_names
        self._clock = clock
        self._lock = threading.Lock()
        self._taken: OrderedDict[str, deque[float]] = OrderedDict()

    def take(self, name: str, *, limit: int) -> Verdict:
        """Count one more for `name` unless it has its fill."""
        with self._lock:
            now = self._clock()
            times = self._of(name, now)
            if len(times) < limit:
                times.append(now)
                return self._verdict(times, now, limit, allowed=True)
            return self._verdict(times, now, limit, allowed=False)

    def look(self, name: str, *, limit: int) -> Verdict:
        """Return what `take` would say, without counting."""
        with self._lock:
            now = self._clock()
            times = self._of(name, now) if name in self._taken else deque[float]()
            return self._verdict(times, now, limit, allowed=len(times) < limit)

    def _of(self, name: str, now: float) -> deque[float]:
        times = self._taken.setdefault(name, deque())
        self._taken.move_to_end(name)
        if len(self._taken) > self._max_names:
            self._taken.popitem(last=False)
        while times and times[0] <= now - WINDOW_SECONDS:
            times.popleft()
        return times

    def _verdict(self, times: deque[float], now: float, limit: int, *, allowed: bool) -> Verdict:
        remaining = max(0, limit - len(times))
        # Below the limit the oldest leaves first; above it, when it was lowered, so many more must leave.
        leaving = times[max(0, len(times) - limit)] if times else now
        return Verdict(allowed, limit, remaining, leaving + WINDOW_SECONDS - now)


_here = SlidingWindow()


def take_and_get(key: keys.Key, *, limit: int, name: str) -> tuple[Verdict, bytes | None]:
    """Count one request of the key; return also what Redis holds under `name` for one that may pass, on the same trip.

    Without Redis each process counts for itself.
    """
    names = [f"askpress:throttle:{key.alias}", *([name] if name else [])]
    reply = redis_client.call(lambda client: _evaluate(client, names, limit), default=None)
    if reply is None:
        return _here.take(key.alias, limit=limit), None
    allowed, remaining, wait_microseconds, *stored = reply
    verdict = Verdict(bool(allowed), limit, int(remaining), int(wait_microseconds) / 1e6)
    return verdict, stored[0] if stored else None


def refusal(verdict: Verdict) -> Problem:
    wait = whole_seconds(verdict.wait_seconds)
    return Problem(
        RATE_LIMITED, f"This key may ask {verdict.limit} times in any {WINDOW_SECONDS} seconds; wait {wait} s."
    )


def _evaluate(client: redis.Redis, names: Sequence[str], limit: int) -> Any:
    text, digest = _script()
    window = WINDOW_SECONDS * 1_000_000
    try:
        return client.evalsha(digest, len(names), *names, limit, window)
    except redis.exceptions.NoScriptError:
        return client.eval(text, len(names), *names, limit, window)


@functools.cache
def _script() -> tuple[str, str]:
    text = (Path(__file__).parent / "throttle.lua").read_text()
    return text, hashlib.sha1(text.encode()).hexdigest()  # noqa: S324  Redis names scripts so
