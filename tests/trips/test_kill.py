"""`kill -9` in the middle of an ingest, then again: nothing lost, nothing doubled, nothing paid for twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest

from askpress.retrieval import holdings, versions
from askpress.sync import reindex
from tests.fakes.openai import KEY
from tests.trips.conftest import Service

# Requests the embedding model may have at once (providers/known.py): what can be in flight at a kill.
AT_ONCE = 4


def start_sync(service: Service) -> subprocess.Popen[bytes]:
    return start(service, ["sync"])


def start(service: Service, words: list[str]) -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "WP_URL": service.site.url,
        "ASKPRESS_EMBEDDING_PROVIDER": "openai",
        "ASKPRESS_EMBEDDING_MODEL": "text-embedding-3-small",
        "ASKPRESS_EMBEDDING_DIMENSIONS": "64",
        "ASKPRESS_EMBEDDING_BASE_URL": service.openai.url,
        "ASKPRESS_EMBEDDING_API_KEY": KEY,
        "ASKPRESS_CHUNK_TOKENS": "60",
        "ASKPRESS_OVERLAP_TOKENS": "12",
    }
    command = [sys.executable, "-m", "askpress", *words]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def fill(service: Service, posts: int) -> None:
    for number in range(posts):
        words = " ".join(f"word{number}x{place}" for place in range(60))
        service.site.add(f"Post {number}", f"<p>{words}</p>", modified="2026-01-01T00:00:00Z")


def wait_for(service: Service, texts: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until the provider embedded so many texts, or the process ended."""
    deadline = time.monotonic() + 60
    while service.embeddings < texts and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)


def assert_whole(service: Service, posts: int) -> None:
    """Every post is there once, with each of its chunks once, and each chunk has its vector and terms."""
    assert service.rows("SELECT count(*), count(DISTINCT post_id) FROM askpress_document") == [(posts, posts)]
    (version,) = service.rows("SELECT id FROM askpress_indexversion")[0]
    chunks = service.rows("SELECT count(*) FROM askpress_chunk")
    assert chunks == service.rows(f"SELECT count(*) FROM vector_{version}")
    assert chunks == service.rows(f"SELECT count(*) FROM term_{version}")
    assert chunks == service.rows("SELECT sum(chunks) FROM askpress_indexed")
    cut = "SELECT count(*) FROM askpress_chunk c JOIN askpress_document d ON d.id = c.document_id"
    assert service.rows(f'{cut} WHERE c.text <> substr(d.text, c.start + 1, c."end" - c.start)') == [(0,)]


def paid_again(service: Service) -> int:
    return sum(times - 1 for times in Counter(service.openai.embedded).values())


def kill_once(service: Service, texts: int) -> int:
    """Kill a sync after so many texts; return how many texts may have been on their way."""
    process = start_sync(service)
    wait_for(service, service.embeddings + texts, process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    sent = [len(request.body["input"]) for request in service.openai.requests if request.path == "/embeddings"]
    return sum(sent[-AT_ONCE:])


@pytest.mark.soak
def test_a_killed_ingest_is_finished_by_the_next_run(service: Service) -> None:
    fill(service, 60)
    on_their_way = kill_once(service, 20)

    run = service.sync()

    assert run.error == ""
    assert_whole(service, 60)
    assert paid_again(service) <= on_their_way


@pytest.mark.soak
def test_a_killed_reindex_is_finished_by_a_worker_and_pays_for_nothing_twice(service: Service) -> None:
    fill(service, 300)
    assert service.sync().error == ""
    paid = service.embeddings
    words = ["reindex", "--dimensions", "32", "--chunk-tokens", "40", "--yes"]
    for _ in range(5):
        process = start(service, words)
        wait_for(service, service.embeddings + 60, process)
        process.send_signal(signal.SIGKILL)
        process.wait()

    reindex.tend(should_stop=lambda: False)

    live = versions.live()
    assert live.recipe.dimensions == 32
    assert len(holdings.of_site(1, live)) == 300
    assert all(held.vectors == held.terms == held.chunks for held in holdings.of_site(1, live))
    sent = [len(request.body["input"]) for request in service.openai.requests if request.path == "/embeddings"]
    again = sum(times - 1 for times in Counter(service.openai.embedded[paid:]).values())
    assert again <= 5 * AT_ONCE * max(sent)
