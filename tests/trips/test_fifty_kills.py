"""`kill -9` at fifty random moments of a sync of 500 posts with a slow provider."""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
import time
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest

from askpress.sync import repair
from tests.fakes import openai_replies as replies
from tests.trips.conftest import Service
from tests.trips.test_kill import assert_whole, fill, start_sync


def run_for(service: Service, seconds: float) -> float:
    """Start a sync and kill it after so long; return how long it ran, at most `seconds`."""
    begun = time.monotonic()
    process = start_sync(service)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    process.kill()
    process.wait()
    return time.monotonic() - begun


def rewrite(service: Service, posts: Sequence[int], edition: int) -> None:
    for post in posts:
        words = " ".join(f"word{post}x{place}e{edition}" for place in range(60))
        service.site.edit(post, html=f"<p>{words}</p>", modified=f"2026-02-01T00:{edition:02}:00Z")


def wrong_vectors(service: Service) -> int:
    """Count the chunks whose vector is not that of their own text."""
    (version,) = service.rows("SELECT id FROM askpress_indexversion")[0]
    expected = {text: replies.embedding(text, 64) for text in set(service.openai.embedded)}
    rows = service.rows(
        "SELECT d.title || E'\\n' || c.text, v.embedding::text FROM askpress_chunk c"
        f" JOIN vector_{version} v ON v.chunk_id = c.id JOIN askpress_document d ON d.id = c.document_id"
    )
    return sum(not np.allclose(json.loads(vector), expected[text], atol=0.001) for text, vector in rows)


@pytest.mark.soak
def test_fifty_kills_lose_double_and_overpay_nothing(service: Service) -> None:
    """Between kills somebody rewrites posts, so that there is always something to lose."""
    chance = random.Random(7)
    fill(service, 500)
    service.openai.embedding_seconds = 0.1
    in_flight, whole, killed = Counter[str](), 20.0, 0
    for edition in range(50):
        rewrite(service, chance.sample(range(1, 501), 120), edition)
        sent = service.openai.count("/embeddings")
        limit = chance.uniform(0, whole)
        seconds = run_for(service, limit)
        killed += seconds >= limit
        whole = seconds if seconds < limit else whole
        # One request is sent at a time, the next when the reply is kept.
        if service.openai.count("/embeddings") > sent:
            in_flight.update(service.openai.requests[-1].body["input"])
    service.openai.embedding_seconds = 0

    run = service.sync()

    assert run.error == ""
    assert_whole(service, 500)
    assert wrong_vectors(service) == 0
    assert repair.audit(deep=True).verdict == "equal"
    paid = Counter(service.openai.embedded)
    assert paid - Counter(set(paid)) <= in_flight
    assert killed > 25
