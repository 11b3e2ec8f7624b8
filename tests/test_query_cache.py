"""The embedding of a question is made once: kept here and in Redis, with nothing that tells the question."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from django.test import override_settings

from askpress import errors, redis_client
from askpress.providers.contract import EmbeddingTraits, Vectors
from askpress.retrieval import queries

TRAITS = EmbeddingTraits("openai", "toy", 3, 800, 100, 8192, 100, 1000, 1, None, frozenset(), None)
GOOD = (1.0, 2.0, 2.0)


class Toy:
    """Returns the vectors it was given, the last one for ever, and remembers what it was asked."""

    def __init__(self, *vectors: Sequence[float], folds_case: bool = False) -> None:
        self.traits = dataclasses.replace(TRAITS, folds_case=folds_case)
        self.asked: list[str] = []
        self._vectors = list(vectors or [GOOD])

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        return np.array([self._vectors[min(len(self.asked), len(self._vectors)) - 1]], dtype=np.float32)

    def wait_seconds(self, *, requests: int, tokens: int) -> float:
        return 0.0


def embed(question: str, model: Toy, *, base_url: str = "http://one.test", seconds: int = 60) -> list[float]:
    return [round(float(number), 3) for number in queries.embed(question, model, base_url=base_url, seconds=seconds)]


def redis_entries() -> dict[Any, Any]:
    return redis_client.call(lambda redis: {name: redis.get(name) for name in redis.keys("*")}, default={})


@pytest.mark.usefixtures("db")
def test_a_question_asked_again_is_not_embedded_again() -> None:
    model = Toy()
    assert embed("What is it?", model) == embed(" What  is\u00a0it? ", model) == [0.333, 0.667, 0.667]
    assert model.asked == ["What is it?"]


@pytest.mark.usefixtures("db")
def test_another_process_finds_it_in_redis_where_no_word_of_it_stands() -> None:
    model = Toy()
    first = embed("Wardrobe?", model)
    queries.forget()  # as a process that has just begun
    assert embed("Wardrobe?", model) == first
    assert model.asked == ["Wardrobe?"]
    ((name, value),) = redis_entries().items()
    assert b"ardrobe" not in name + value
    assert len(value) == 2 * 3
    assert 0 < redis_client.call(lambda redis: int(redis.ttl(name)), default=0) <= 60


@pytest.mark.usefixtures("db")
def test_capitals_count_unless_the_model_folds_them() -> None:
    for model, asked in ((Toy(), ["US law", "us law"]), (Toy(folds_case=True), ["us law"])):
        queries.forget()
        embed("US law", model, base_url=f"http://{len(asked)}.test")
        embed("us law", model, base_url=f"http://{len(asked)}.test")
        assert model.asked == asked


def test_the_key_holds_the_space_and_the_server() -> None:
    keys = {
        queries.key("q", space=space, base_url=url)
        for space in ("openai:a:3", "openai:a:4", "openai:b:3")
        for url in ("http://one.test", "http://two.test")
    }
    assert len(keys) == 6


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("bad", [(0.0, 0.0, 0.0), (float("nan"), 1.0, 1.0), (float("inf"), 1.0, 1.0)])
def test_a_vector_nothing_compares_with_is_refused_by_name_and_not_kept(bad: Sequence[float]) -> None:
    model = Toy(bad, GOOD)
    with pytest.raises(errors.BadEmbedding, match="toy returned a NaN, infinite or zero vector"):
        embed("q", model)
    assert redis_entries() == {}
    assert embed("q", model) == [0.333, 0.667, 0.667]


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("damaged", [b"", b"12345", b"\0" * 6, b"\xff" * 6])
def test_a_damaged_entry_counts_as_none(damaged: bytes) -> None:
    model = Toy()
    name = queries.key("q", space=model.traits.space, base_url="http://one.test")
    redis_client.call(lambda redis: redis.set(name, damaged), default=None)
    assert embed("q", model) == [0.333, 0.667, 0.667]
    assert model.asked == ["q"]


@override_settings(REDIS_URL="")
def test_without_redis_only_this_process_remembers() -> None:
    queries.forget()
    model = Toy()
    embed("q", model)
    embed("q", model)
    assert model.asked == ["q"]


@pytest.mark.usefixtures("db")
def test_zero_seconds_keep_nothing() -> None:
    model = Toy()
    embed("q", model, seconds=0)
    embed("q", model, seconds=0)
    assert model.asked == ["q", "q"]
    assert redis_entries() == {}


def test_a_process_keeps_a_bounded_number_for_a_bounded_time() -> None:
    now = 0.0
    kept = queries.Kept(2, clock=lambda: now)
    one, two, three = (np.array([number], dtype="<f2") for number in (1, 2, 3))
    kept.put("one", one, seconds=10)
    kept.put("two", two, seconds=20)
    assert kept.get("one") is one
    kept.put("three", three, seconds=20)
    assert kept.get("two") is None, "it was not asked for longest"
    now = 10.0
    assert kept.get("one") is None
    assert kept.get("three") is three
