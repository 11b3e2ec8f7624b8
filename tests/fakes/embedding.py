"""A toy embedding model that fails when told to, and a clock that only sleeping moves."""

from __future__ import annotations

import dataclasses
import random
import threading
from collections.abc import Callable, Sequence

import numpy as np

from askpress.errors import ProviderError
from askpress.providers import batching, local
from askpress.providers.contract import EmbeddingTraits, Vectors

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

    def wait_seconds(self, *, requests: int, tokens: int) -> float:
        return 0.0


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
