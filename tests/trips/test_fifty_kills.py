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
from tests.fakes.openai import Request
from tests.trips.conftest import Service
from tests.trips.test_kill import AT_ONCE, assert_whole, fill, start_sync
from tests.trips.workers import wait_until


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


def embeddings(service: Service) -> list[Request]:
    """Return the requests for embeddings, after those of a killed process have all been read."""
    wait_until(lambda: not service.openai.connections)
    return [request for request in service.openai.requests if request.path == "/embeddings"]


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
        sent = len(embeddings(service))
        limit = chance.uniform(0, whole)
        seconds = run_for(service, limit)
        killed += seconds >= limit
        whole = seconds if seconds < limit else whole
        # So many requests may be on their way at once; the next leaves when the reply to one of them is kept.
        for request in embeddings(service)[sent:][-AT_ONCE:]:
            in_flight.update(request.body["input"])
    service.openai.embedding_seconds = 0

    run = service.sync()

    assert run.error == ""
    assert_whole(service, 500)
    assert wrong_vectors(service) == 0
    assert repair.audit(deep=True).verdict == "equal"
    paid = Counter(service.openai.embedded)
    assert paid - Counter(set(paid)) <= in_flight
    assert killed > 25
