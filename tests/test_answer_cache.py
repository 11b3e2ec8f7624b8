"""What is stored of an answer is sent as it stands, so what is not whole is not sent."""

from __future__ import annotations

import pytest

from askpress import redis_client
from askpress.answer import cache

ENTRY = cache.Entry(b'{"answer":"Yes."}', 1, (), 0, 1, 0.0)


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("damage", ["cut", "empty", "other", "garbage"])
def test_a_damaged_entry_counts_as_none(damage: str) -> None:
    cache.put("one", ENTRY)
    raw = redis_client.call(lambda redis: redis.get("one"), default=None)
    assert isinstance(raw, bytes)
    assert raw.endswith(ENTRY.body)
    damaged = {"cut": raw[:-1], "empty": b"", "other": b"[1]\n{}", "garbage": b"\xff\n{}"}
    redis_client.call(lambda redis: redis.set("one", damaged[damage]), default=None)
    assert cache.fetch("one", site_id=1) is None
