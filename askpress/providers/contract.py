"""What an embedding model and a language model must give: one method each; the rest is ours, done once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class EmbeddingTraits:
    """What the rest of the service must know of an embedding model before it calls it."""

    # "openai" or "local".
    provider: str
    # The provider's own name of the model.
    model: str
    # Length of every vector.
    dimensions: int
    # Tokens of the model's own tokenizer: recommended size of a chunk, of the overlap, and the most it reads.
    chunk_tokens: int
    overlap_tokens: int
    max_tokens: int
    # Inputs and tokens one request may hold.
    batch_inputs: int
    batch_tokens: int
    # Requests that may run at once.
    concurrency: int
    # Cosine from which a passage is evidence; None where it was never calibrated.
    evidence_floor: float | None
    # ISO 639-1 codes the model understands; empty means any.
    languages: frozenset[str]
    # Price in US dollars per million tokens, 0 when it runs here, None when unknown.
    price_per_million: float | None
    # Capitals mean nothing to it.
    folds_case: bool = False

    @property
    def space(self) -> str:
        """Names the vector space: vectors of equal spaces may be compared and reused."""
        return f"{self.provider}:{self.model}:{self.dimensions}"


class EmbeddingModel(Protocol):
    """Implementers give `traits` and two methods; batching, pacing, retries and checks are ours."""

    traits: EmbeddingTraits

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return n × dimensions vectors for n texts, in order, in one request.

        Raises ProviderUnavailable (trying again can help), ProviderRefused, InputRejected.
        """

    def wait_seconds(self, *, requests: int, tokens: int) -> float:
        """Return in how many seconds the provider takes so many requests and tokens, by its own count; 0 for now."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens one call was billed for."""

    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    # US dollars; None when the price is unknown.
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """What came back from a language model."""

    # The JSON object the model wrote, or None when it wrote none.
    data: dict[str, Any] | None
    # "complete", "incomplete" (cut by a limit), "refused", "empty", or "failed" (broken off).
    outcome: str
    usage: Usage


@dataclass(frozen=True, slots=True)
class LanguageTraits:
    """What the rest of the service must know of a language model before it calls it."""

    provider: str
    model: str


def _nothing() -> None:
    pass


class Call:
    """What is asked of providers for one answer; another thread may end it, and so does the time it may take.

    `rest` is called after each piece of a reply, and returns when the next is wanted.
    """

    def __init__(self, rest: Callable[[], None] = _nothing) -> None:
        self.rest = rest
        self._lock = threading.Lock()
        self._hang_up: Callable[[], None] | None = None
        self._due: float | None = None
        self.ended = False

    @property
    def is_over(self) -> bool:
        """True when it was ended or its time is up: nothing more is to be asked for it."""
        return self.ended or (self._due is not None and time.monotonic() >= self._due)

    def end_within(self, seconds: float) -> None:
        """Say how long it may take from now on, all its requests together."""
        self._due = time.monotonic() + seconds

    def within(self, timeout: float | None) -> float | None:
        """Return how many seconds of the timeout are left to it, a thousandth at least: then the next wait fails."""
        if self._due is None:
            return timeout
        left = max(self._due - time.monotonic(), 0.001)
        return left if timeout is None else min(timeout, left)

    def end(self) -> None:
        """End it now: what it costs is wanted by nobody any more."""
        with self._lock:
            self.ended = True
            if self._hang_up is not None:
                self._hang_up()

    def on_end(self, hang_up: Callable[[], None]) -> None:
        """Say how it is ended, from here on; a call that was ended before is ended at once."""
        with self._lock:
            self._hang_up = hang_up
            if self.ended:
                hang_up()


class LanguageModel(Protocol):
    """Implementers give `traits` and `stream`; who needs the whole reply calls `generate`."""

    traits: LanguageTraits

    def stream(
        self, *, instructions: str, prompt: str, schema: dict[str, Any], user: str, call: Call | None = None
    ) -> Iterator[str | Completion]:
        """Yield the model's reply to `prompt` in pieces as they come, then what came of it.

        The pieces together are an object that fits the JSON `schema`. `user` is an opaque hash that tells end users
        apart for the provider. Raises ProviderUnavailable or ProviderRefused, also after the first piece.
        """

    def generate(
        self, *, instructions: str, prompt: str, schema: dict[str, Any], user: str, call: Call | None = None
    ) -> Completion:
        """Return the model's whole reply as an object that fits the JSON `schema`; raises as `stream` does."""
        pieces = self.stream(instructions=instructions, prompt=prompt, schema=schema, user=user, call=call)
        return next(piece for piece in pieces if isinstance(piece, Completion))
