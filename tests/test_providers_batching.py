"""Packing, overlap and the search for the one bad text, counted."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from askpress.errors import InputRejected, ProviderRefused
from askpress.providers import batching
from askpress.providers.openai import OpenAIEmbedding
from tests.fakes import openai as fakes
from tests.fakes import openai_replies as replies
from tests.fakes.embedding import TRAITS, Time, Toy, run, vectors_of
from tests.fakes.openai import FakeOpenAI, Fault
from tests.fakes.rate_limit import TokenLimit


# Packing -----------------------------------------------------------------------------------------
@given(
    sizes=st.lists(st.integers(1, 8192), max_size=600),
    concurrency=st.integers(1, 8),
    inputs=st.sampled_from([1, 16, 100, 2048]),
)
def test_batches_hold_every_text_once_in_order_and_keep_the_limits(
    sizes: list[int], concurrency: int, inputs: int
) -> None:
    traits = dataclasses.replace(TRAITS, concurrency=concurrency, batch_inputs=inputs, batch_tokens=20_000)

    batches = list(batching.pack(list(enumerate(sizes)), traits))

    assert [place for batch in batches for place in batch] == list(range(len(sizes)))
    assert max(map(len, batches), default=0) <= min(inputs, batching.PREFERRED_INPUTS)
    assert max((sum(sizes[place] for place in batch) for batch in batches), default=0) <= 20_000


def test_a_thousand_texts_go_out_in_four_requests() -> None:
    batches = batching.pack([(place, 10) for place in range(1000)], dataclasses.replace(TRAITS, concurrency=4))

    assert [len(batch) for batch in batches] == [250, 250, 250, 250]


def test_few_texts_are_not_torn_apart() -> None:
    assert [len(batch) for batch in batching.pack([(place, 10) for place in range(20)], TRAITS)] == [20]


# A good day --------------------------------------------------------------------------------------
def test_every_text_gets_its_own_unit_vector() -> None:
    arrived, failed = run(Toy(), 300)

    assert failed == {}
    np.testing.assert_allclose(np.stack([arrived[place] for place in range(300)]), vectors_of(range(300)), rtol=1e-5)


def test_nothing_to_embed_asks_nobody() -> None:
    model = Toy()

    assert run(model, 0) == ({}, {})
    assert model.asked == []


def test_replies_arrive_one_at_a_time_in_the_callers_thread() -> None:
    threads: set[int] = set()

    batching.embed_all(
        Toy(),
        [str(number) for number in range(200)],
        sizes=[10] * 200,
        on_reply=lambda places, vectors: threads.add(threading.get_ident()),
        retry_seconds=0,
    )

    assert threads == {threading.get_ident()}


def test_a_stop_begins_no_further_request() -> None:
    model = Toy(dataclasses.replace(TRAITS, batch_inputs=1, concurrency=1))
    arrived: list[int] = []

    failed = batching.embed_all(
        model,
        ["0", "1", "2"],
        sizes=[1, 1, 1],
        on_reply=lambda places, vectors: arrived.extend(places),
        retry_seconds=0,
        should_stop=lambda: bool(arrived),
    )

    assert (arrived, failed, len(model.asked)) == ([0], {}, 1)


# Bad texts ---------------------------------------------------------------------------------------
def test_one_rejected_text_is_found_and_all_others_are_embedded() -> None:
    model = Toy()
    model.bad = lambda text: InputRejected("no") if text == "77" else None

    arrived, failed = run(model, 128)

    assert list(failed) == [77]
    assert arrived.keys() == set(range(128)) - {77}
    assert len(model.asked) < 2 * 8 + 2


def test_texts_that_are_empty_or_too_long_are_never_sent() -> None:
    model = Toy()

    arrived, failed = run(model, 3, sizes=[10, 257, 10])

    assert arrived.keys() == {0, 2}
    assert "257 tokens; toy reads at most 256" in str(failed[1])
    assert model.asked == [["0", "2"]]


def test_a_model_that_rejects_everything_is_not_asked_text_by_text() -> None:
    model = Toy()
    model.bad = lambda text: InputRejected("dimensions are not supported")

    with pytest.raises(ProviderRefused, match="first 16 texts were all rejected"):
        run(model, 1000)

    assert len(model.asked) < 100


def test_a_lone_surrogate_is_replaced_not_fatal() -> None:
    model = Toy()
    model.bad = lambda text: InputRejected(text)

    failed = batching.embed_all(model, ["a\ud800"], sizes=[1], on_reply=lambda *_: None, retry_seconds=0)

    assert str(failed[0]) == "a?"


# Over the wire -----------------------------------------------------------------------------------
@contextlib.contextmanager
def wired(server: FakeOpenAI) -> Iterator[OpenAIEmbedding]:
    traits = dataclasses.replace(
        TRAITS, model="text-embedding-3-small", dimensions=1536, max_tokens=8192, concurrency=4
    )
    model = OpenAIEmbedding(traits, base_url=server.url, api_key=fakes.KEY, timeout_seconds=5)
    with contextlib.closing(model):
        yield model


@pytest.mark.parametrize(
    "fault", [fakes.too_many(), fakes.SERVER_ERROR, *map(Fault, ["few", "nan", "zero", "dimension", "cut", "html"])]
)
def test_after_any_passing_fault_every_text_is_embedded_once(openai_server: FakeOpenAI, fault: Fault) -> None:
    openai_server.fail("/embeddings", fault, times=2)
    arrived: list[int] = []
    time = Time()

    with wired(openai_server) as model:
        failed = batching.embed_all(
            model,
            [f"text {number}" for number in range(100)],
            sizes=[3] * 100,
            on_reply=lambda places, vectors: arrived.extend(places),
            retry_seconds=30,
            sleep=time.sleep,
            clock=time.clock,
        )

    assert (sorted(arrived), failed) == (list(range(100)), {})


def test_requests_overlap(openai_server: FakeOpenAI) -> None:
    openai_server.embedding_seconds = 0.2
    with wired(openai_server) as model:
        batching.embed_all(
            model,
            [f"text {number} " + "word " * 500 for number in range(128)],
            sizes=[503] * 128,
            on_reply=lambda *_: None,
            retry_seconds=0,
        )

    assert openai_server.count("/embeddings") == 4
    assert openai_server.most_at_once > 1


def test_a_limit_that_the_provider_tells_is_kept_without_running_into_it(openai_server: FakeOpenAI) -> None:
    texts = [f"text {number} " + "word " * 100 for number in range(256)]
    counts = replies.tokens(*texts)
    # All that wait are twice what may come at once.
    openai_server.limit = TokenLimit(at_once=sum(counts) // 2, per_minute=30 * sum(counts))
    arrived: list[int] = []

    with wired(openai_server) as model:
        # The first reply tells of the limit.
        model.embed(texts[:1])
        batching.embed_all(
            model, texts, sizes=counts, on_reply=lambda places, _: arrived.extend(places), retry_seconds=0
        )

    assert sorted(arrived) == list(range(256))
    assert openai_server.limit.refused == 0
