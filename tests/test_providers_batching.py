"""Packing, overlap, pacing, retries and the search for the one bad text, counted."""

from __future__ import annotations

import contextlib
import dataclasses
import random
import threading
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from askpress.errors import BadEmbedding, InputRejected, ProviderError, ProviderRefused, ProviderUnavailable
from askpress.providers import batching, local, patience
from askpress.providers.contract import EmbeddingTraits, Vectors
from askpress.providers.openai import OpenAIEmbedding
from tests.fakes import openai as fakes
from tests.fakes.openai import FakeOpenAI, Fault

TRAITS = dataclasses.replace(
    local.TRAITS, provider="openai", model="toy", dimensions=4, batch_inputs=2048, batch_tokens=300_000, concurrency=2
)


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(seconds)

    def clock(self) -> float:
        return self.now


class Toy:
    """Gives each text the vector (1, its number, 0, 0); what is queued in `failures` comes first."""

    def __init__(self, traits: EmbeddingTraits = TRAITS, *failures: Exception | Vectors) -> None:
        self.traits = traits
        self.failures: list[Exception | Vectors] = list(failures)
        self.asked: list[list[str]] = []
        self.bad: Callable[[str], Exception | None] = lambda text: None
        self.lock = threading.Lock()

    def embed(self, texts: Sequence[str]) -> Vectors:
        with self.lock:
            self.asked.append(list(texts))
            failure = self.failures.pop(0) if self.failures else None
        for error in map(self.bad, texts):
            if error is not None:
                raise error
        if isinstance(failure, Exception):
            raise failure
        if failure is not None:
            return failure
        return np.array([[1, float(text), 0, 0] for text in texts], dtype=np.float32)


def run(
    model: Toy, count: int, *, sizes: Sequence[int] = (), retry_seconds: float = 60, time: Time | None = None
) -> tuple[dict[int, Vectors], dict[int, ProviderError]]:
    """Embed the texts "0", "1", ... and return what arrived and what failed, by place."""
    time = time or Time()
    arrived: dict[int, Vectors] = {}

    def on_reply(places: Sequence[int], vectors: Vectors) -> None:
        assert not arrived.keys() & set(places)
        arrived.update(zip(places, vectors, strict=True))

    failed = batching.embed_all(
        model,
        [str(number) for number in range(count)],
        sizes=sizes or [10] * count,
        on_reply=on_reply,
        retry_seconds=retry_seconds,
        sleep=time.sleep,
        clock=time.clock,
        rng=random.Random(1),
    )
    return arrived, failed


def vectors_of(places: Sequence[int]) -> Vectors:
    vectors = np.array([[1, place, 0, 0] for place in places], dtype=np.float32)
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


# Packing ----------------------------------------------------------------------------------------
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


# A good day -------------------------------------------------------------------------------------
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


# Bad texts --------------------------------------------------------------------------------------
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


# Bad days ---------------------------------------------------------------------------------------
def test_an_unavailable_provider_is_tried_again_after_a_pause() -> None:
    time = Time()

    arrived, failed = run(Toy(TRAITS, ProviderUnavailable("503"), ProviderUnavailable("503")), 5, time=time)

    assert (len(arrived), failed) == (5, {})
    assert 0 < sum(time.slept) < 1.5


def test_retry_after_is_waited_for() -> None:
    time = Time()

    run(Toy(TRAITS, ProviderUnavailable("429", retry_after=20)), 5, time=time)

    assert 20 <= time.now <= 21.5


def test_a_provider_that_stays_away_ends_the_run_within_the_budget() -> None:
    time = Time()
    model = Toy()
    model.bad = lambda text: ProviderUnavailable("503 for ever")

    with pytest.raises(ProviderUnavailable, match="503 for ever"):
        run(model, 5, retry_seconds=60, time=time)

    assert time.now <= 60


def test_without_a_budget_nothing_is_tried_again() -> None:
    with pytest.raises(ProviderUnavailable):
        run(Toy(TRAITS, ProviderUnavailable("503")), 5, retry_seconds=0)


def test_a_refusal_stops_at_once_and_keeps_what_had_arrived() -> None:
    model = Toy(dataclasses.replace(TRAITS, batch_inputs=1, concurrency=1))
    model.bad = lambda text: ProviderRefused("wrong key") if text == "1" else None
    arrived: list[int] = []

    with pytest.raises(ProviderRefused, match="wrong key"):
        batching.embed_all(
            model,
            ["0", "1", "2"],
            sizes=[1, 1, 1],
            on_reply=lambda places, vectors: arrived.extend(places),
            retry_seconds=60,
        )

    assert (arrived, model.asked) == ([0], [["0"], ["1"]])


# Garbage ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("value", [np.nan, np.inf, 0])
def test_sound_vectors_are_kept_and_only_the_others_are_asked_for_again(value: float) -> None:
    reply = vectors_of([0, 1, 2])
    reply[1] = value
    model = Toy(TRAITS, reply)

    arrived, failed = run(model, 3)

    assert (sorted(arrived), failed) == ([0, 1, 2], {})
    assert model.asked == [["0", "1", "2"], ["1"]]


def test_a_text_whose_vector_is_always_garbage_fails_alone() -> None:
    reply = vectors_of([0, 1, 2])
    reply[1] = 0
    nothing = np.zeros((1, 4), dtype=np.float32)

    arrived, failed = run(Toy(TRAITS, reply, nothing, nothing), 3)

    assert arrived.keys() == {0, 2}
    assert "zero vectors for 1 texts" in str(failed[1])


def test_too_few_vectors_are_tried_again() -> None:
    model = Toy(TRAITS, vectors_of([0, 1]))

    arrived, failed = run(model, 3)

    assert (len(arrived), failed, len(model.asked)) == (3, {}, 2)


def test_a_server_that_always_drops_the_third_vector_gets_smaller_batches() -> None:
    model = Toy(TRAITS, *[vectors_of([0, 1])] * batching.MOST_GARBAGE)

    arrived, failed = run(model, 3)

    assert (sorted(arrived), failed) == ([0, 1, 2], {})
    assert model.asked[-2:] == [["0"], ["1", "2"]]


def test_another_dimension_ends_the_run_and_says_which_came() -> None:
    other = np.ones((3, 5), dtype=np.float32)
    model = Toy(TRAITS, *[other] * batching.MOST_GARBAGE)

    with pytest.raises(BadEmbedding, match="5 dimensions where the index has 4; set ASKPRESS_EMBEDDING_DIM"):
        run(model, 3)


# Over the wire ----------------------------------------------------------------------------------
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


# Queries ----------------------------------------------------------------------------------------
def test_a_query_gets_one_unit_vector() -> None:
    np.testing.assert_allclose(batching.embed_query(Toy(), "3"), vectors_of([3])[0], rtol=1e-5)


def test_a_query_survives_one_hiccup() -> None:
    model = Toy(TRAITS, ProviderUnavailable("503", retry_after=0))

    assert batching.embed_query(model, "3").shape == (4,)


@pytest.mark.parametrize("failures", [1, 5])
def test_patience_ends_within_its_budget(failures: int) -> None:
    time = Time()
    left = [ProviderUnavailable("503")] * failures

    def call() -> str:
        if left:
            raise left.pop()
        return "done"

    done = patience.patiently(call, retry_seconds=60, sleep=time.sleep, clock=time.clock, rng=random.Random(2))

    assert (done, len(time.slept)) == ("done", failures)
    assert time.now <= 60
