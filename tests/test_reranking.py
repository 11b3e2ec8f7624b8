"""Rerankers over HTTP in both forms, their time limit, and what search and ask do without them."""

from __future__ import annotations

import contextlib
import math
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.test import override_settings

from askpress import providers
from askpress.errors import ProviderError, ProviderRefused, ProviderUnavailable
from askpress.providers.reranking import Bounded, CrossEncoder, HttpReranker
from askpress.retrieval import rerank
from tests import visitor
from tests.fakes.reranker import FakeReranker
from tests.fakes.reranker import rerank_server as rerank_server
from tests.passages import passage

TEXTS = ["no animal", "a quokka", "quokka quokka"]


@contextlib.contextmanager
def reranker(fake: FakeReranker, *, seconds: float = 5.0, key: str = "") -> Iterator[Bounded]:
    made = Bounded(HttpReranker(fake.url, model="m", api_key=key, timeout_seconds=seconds), timeout_seconds=seconds)
    with contextlib.closing(made):
        yield made


@pytest.mark.parametrize("wants", ["documents", "texts"])
def test_both_forms_of_server_are_understood(rerank_server: FakeReranker, wants: str) -> None:
    rerank_server.wants = wants
    with reranker(rerank_server, key="k") as model:
        scores = [model.scores("animal?", TEXTS) for _ in range(2)]

    assert scores == [[0.0, 0.1, 0.2]] * 2
    assert rerank_server.bodies[-1][wants] == TEXTS
    assert rerank_server.bodies[-1]["query"] == "animal?"
    assert set(rerank_server.keys) == {"Bearer k"}


def test_the_form_is_found_out_once(rerank_server: FakeReranker) -> None:
    rerank_server.wants = "texts"
    with reranker(rerank_server) as model:
        for _ in range(3):
            model.scores("animal?", TEXTS)

    assert ["texts" in body for body in rerank_server.bodies] == [False, True, True, True]


def test_the_form_is_found_out_by_requests_that_run_at_once(rerank_server: FakeReranker) -> None:
    rerank_server.wants, rerank_server.slow = "texts", True
    with reranker(rerank_server) as model, ThreadPoolExecutor() as pool:
        waiting = [pool.submit(model.scores, "animal?", TEXTS) for _ in range(4)]
        while len(rerank_server.bodies) < len(waiting):
            time.sleep(0.01)
        rerank_server.go_on.set()

        assert [one.result() for one in waiting] == [[0.0, 0.1, 0.2]] * 4


def test_logits_become_scores_between_0_and_1(rerank_server: FakeReranker) -> None:
    rerank_server.offset = -5
    with reranker(rerank_server) as model:
        scores = model.scores("animal?", TEXTS)

    assert scores == pytest.approx([1 / (1 + math.exp(5 - n / 10)) for n in range(3)])


@pytest.mark.parametrize(
    "garbage",
    [
        b"<html>", b"{}", b"[]", b"null", b'{"results": [{"index": 0, "relevance_score": 1}]}',
        b'[{"index": 0, "score": 1}, {"index": 0, "score": 1}, {"index": 1, "score": 1}]',
        b'[{"index": 0, "score": NaN}, {"index": 1, "score": 1}, {"index": 2, "score": 1}]',
        b'[{"index": 0}, {"index": 1}, {"index": 2}]',
        b'[{"index": 1, "score": 1}, {"index": 2, "score": 1}, {"index": 3, "score": 1}]',
    ],
)  # fmt: skip
def test_a_reply_that_is_none_is_refused(rerank_server: FakeReranker, garbage: bytes) -> None:
    rerank_server.garbage = garbage
    with reranker(rerank_server) as model, pytest.raises(ProviderUnavailable, match="reply"):
        model.scores("animal?", TEXTS)


@pytest.mark.parametrize(("status", "error"), [(401, ProviderRefused), (429, ProviderUnavailable)])
def test_a_refusal_names_the_address(rerank_server: FakeReranker, status: int, error: type[ProviderError]) -> None:
    rerank_server.status = status
    with reranker(rerank_server) as model, pytest.raises(error, match=f"/v1/rerank answered {status}"):
        model.scores("animal?", TEXTS)


def test_a_server_that_hangs_costs_no_more_than_the_time_limit(rerank_server: FakeReranker) -> None:
    rerank_server.slow = True
    begun = time.monotonic()
    with reranker(rerank_server, seconds=0.1) as model, pytest.raises(ProviderUnavailable):
        model.scores("animal?", TEXTS)

    assert time.monotonic() - begun < 5


def test_without_the_package_the_local_one_says_what_to_install() -> None:
    with pytest.raises(ProviderRefused, match=r"pip install 'askpress\[rerank\]'"):
        CrossEncoder("some/model", cache_dir="").scores("animal?", TEXTS)


def test_the_local_one_asks_fastembeds_cross_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "fastembed/rerank/cross_encoder.py"
    module.parent.mkdir(parents=True)
    module.write_text(
        "class TextCrossEncoder:\n"
        "    def __init__(self, model_name, cache_dir): self.made_of = (model_name, cache_dir)\n"
        "    def rerank(self, query, documents): return (float(len(document)) for document in documents)\n"
    )
    for name in ("fastembed", "fastembed/rerank"):
        (tmp_path / name / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    try:
        assert CrossEncoder("some/model", cache_dir="here").scores("q", ["a", "bcd"]) == [1.0, 3.0]
    finally:
        for name in [name for name in sys.modules if name.startswith("fastembed")]:
            del sys.modules[name]


def test_the_best_are_ordered_anew_and_the_rest_follow(rerank_server: FakeReranker) -> None:
    texts = ["none", "quokka", "quokka quokka", "never judged"]
    found = [passage(text, document=n, score=0.9 - n / 10) for n, text in enumerate(texts)]

    with override_settings(RERANK_PASSAGES=3), reranker(rerank_server) as model:
        ordered = rerank.rerank("animal?", found, model)

    assert ordered is not None
    assert [one.text for one in ordered] == ["quokka quokka", "quokka", "none", "never judged"]
    assert [one.score for one in ordered] == [0.2, 0.1, 0.0, 0.0]


def test_equal_scores_keep_the_order(rerank_server: FakeReranker) -> None:
    found = [passage(f"text {n}", document=n) for n in range(5)]

    with reranker(rerank_server) as model:
        ordered = rerank.rerank("animal?", found, model)

    assert ordered is not None
    assert [one.document_id for one in ordered] == list(range(5))


@pytest.mark.usefixtures("db")
def test_search_and_ask_use_it_and_do_without_it(rerank_server: FakeReranker) -> None:
    visitor.index_a_price()
    asking = visitor.with_key()
    rerank_server.word = "puncture"

    with override_settings(RERANK_PROVIDER="http", RERANK_BASE_URL=rerank_server.url, RERANK_TIMEOUT_MS=10_000):
        found = visitor.body(asking.post("/search", {"q": "puncture repair"}))
        rerank_server.status = 500
        plain = visitor.body(asking.post("/search", {"q": "puncture repair"}))
        told = visitor.body(asking.post("/ask", {"q": "What does a puncture repair cost?"}))
    providers.close()

    assert (found["degraded"], found["results"][0]["score"]) == (None, 0.1)
    assert (plain["degraded"], plain["results"][0]["content"]) == ("rerank", visitor.PRICES)
    assert "12 pounds" in told["answer"]
    assert len(rerank_server.bodies) >= 3
