"""What a run does while the provider is unwell or sends garbage, and when it gives up."""

from __future__ import annotations

import dataclasses
import random

import numpy as np
import pytest

from askpress.errors import BadEmbedding, ProviderRefused, ProviderUnavailable
from askpress.providers import batching, patience
from tests.fakes.embedding import TRAITS, Time, Toy, run, vectors_of


# Bad days ----------------------------------------------------------------------------------------
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


# Garbage -----------------------------------------------------------------------------------------
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
    assert sorted(model.asked[-2:]) == [["0"], ["1", "2"]]


def test_another_dimension_ends_the_run_and_says_which_came() -> None:
    other = np.ones((3, 5), dtype=np.float32)
    model = Toy(TRAITS, *[other] * batching.MOST_GARBAGE)

    with pytest.raises(BadEmbedding, match="5 dimensions where the index has 4; set ASKPRESS_EMBEDDING_DIM"):
        run(model, 3)


# Queries -----------------------------------------------------------------------------------------
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
