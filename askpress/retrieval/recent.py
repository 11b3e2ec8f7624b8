"""A bounded sample of the vectors of recent questions, for the probe: in Redis, for a day, without their texts."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import numpy.typing as npt

from askpress import redis_client

_MOST = 200
_SECONDS = 86_400
# A process keeps one question in so many seconds: a busy hour must not crowd out the rest of the day.
_PAUSE_SECONDS = 10.0
_next_at = 0.0

Vector = npt.NDArray[np.float32]


def remember(version: int, site_id: int, vector: Vector) -> None:
    """Keep a question's vector if it is time for one."""
    global _next_at
    if time.monotonic() < _next_at:
        return
    _next_at = time.monotonic() + _PAUSE_SECONDS
    name, now = _name(version, site_id), time.time()
    raw = np.asarray(vector, dtype="<f2").tobytes()

    def add(redis: Any) -> None:
        with redis.pipeline() as pipe:
            pipe.zadd(name, {raw: now})
            pipe.zremrangebyscore(name, "-inf", now - _SECONDS)
            pipe.zremrangebyrank(name, 0, -_MOST - 1)
            pipe.expire(name, _SECONDS)
            pipe.execute()

    redis_client.call(add, default=None)


def forget() -> None:
    """Keep the next question, however soon it comes; for tests."""
    global _next_at
    _next_at = 0.0


def vectors(version: int, site_id: int) -> list[Vector]:
    """Return the vectors of the last day's questions that were kept."""
    oldest = time.time() - _SECONDS
    found = redis_client.call(lambda redis: redis.zrangebyscore(_name(version, site_id), oldest, "+inf"), default=[])
    return [np.frombuffer(raw, dtype="<f2").astype(np.float32) for raw in found if isinstance(raw, bytes)]


def _name(version: int, site_id: int) -> str:
    return f"askpress:asked:{version}:{site_id}"
