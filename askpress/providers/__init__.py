"""Models that others made: one instance of each per process, made when it is first wanted."""

from __future__ import annotations

import contextlib
import functools
import os
import threading
from collections.abc import Callable, Hashable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar, cast

from askpress.providers import known, patience
from askpress.providers.batching import QUERY_RETRY_SECONDS, embed_all, embed_query
from askpress.providers.contract import (
    Call,
    Completion,
    EmbeddingModel,
    EmbeddingTraits,
    LanguageModel,
)
from askpress.providers.known import embedding_traits

if TYPE_CHECKING:
    from askpress.providers.language import OpenAILanguage
    from askpress.providers.local import MiniLM
    from askpress.providers.openai import OpenAIEmbedding
    from askpress.providers.reranking import Bounded

__all__ = [
    "close",
    "configured_traits",
    "embed_all",
    "embed_query",
    "embedding_model",
    "embedding_traits",
    "language_model",
    "probe_dimensions",
    "reranker",
]

T = TypeVar("T")


def configured_traits(
    provider: str, model: str, dimensions: int, *, base_url: str, api_key: str, timeout_seconds: float
) -> EmbeddingTraits:
    """Return embedding_traits; an unknown model without set dimensions is asked for one vector."""
    if provider == "openai" and not dimensions and model not in known.NATIVE_DIMENSIONS:
        dimensions = probe_dimensions(model, base_url=base_url, api_key=api_key, timeout_seconds=timeout_seconds)
    return embedding_traits(provider, model, dimensions)


@functools.lru_cache(maxsize=16)
def probe_dimensions(model: str, *, base_url: str, api_key: str, timeout_seconds: float) -> int:
    """Return the length of an unknown model's vectors from one call, made once per process."""
    probed = _openai_embedding(known.openai_traits(model, 0), base_url, api_key, timeout_seconds)
    with contextlib.closing(probed):
        return int(probed.native_dimensions())


def embedding_model(traits: EmbeddingTraits, *, base_url: str, api_key: str, timeout_seconds: float) -> EmbeddingModel:
    """Return the process's one instance; nothing is connected or loaded before the first text."""
    if traits.provider == "local":
        return _once(("local",), _minilm)
    return _once(
        ("embedding", traits, base_url, api_key, timeout_seconds),
        lambda: _openai_embedding(traits, base_url, api_key, timeout_seconds),
    )


def language_model(
    model: str, *, base_url: str, api_key: str, timeout_seconds: float, max_output_tokens: int
) -> LanguageModel:
    """Return the process's one instance, which tries again after a hiccup."""

    def make() -> _PatientLanguage:
        from askpress.providers import language

        return _PatientLanguage(
            language.OpenAILanguage(
                model,
                base_url=base_url,
                api_key=api_key,
                timeout_seconds=timeout_seconds,
                max_output_tokens=max_output_tokens,
            )
        )

    return _once(("language", model, base_url, api_key, timeout_seconds, max_output_tokens), make)


def reranker(
    provider: str, model: str, *, base_url: str, api_key: str, cache_dir: str, timeout_seconds: float
) -> Bounded | None:
    """Return the process's one instance, None for "none"; nothing is connected or loaded before its first use."""
    if provider == "none":
        return None

    def make() -> Bounded:
        from askpress.providers import reranking

        made: reranking.Reranker = (
            reranking.CrossEncoder(model, cache_dir=cache_dir)
            if provider == "local"
            else reranking.HttpReranker(base_url, model=model, api_key=api_key, timeout_seconds=timeout_seconds)
        )
        return reranking.Bounded(made, timeout_seconds=timeout_seconds)

    return _once(("reranker", provider, model, base_url, api_key, timeout_seconds), make)


# openai costs half a second and 40 MB to import, onnxruntime and tokenizers 70 MB: only who uses them pays.
def _openai_embedding(traits: EmbeddingTraits, base_url: str, api_key: str, timeout_seconds: float) -> OpenAIEmbedding:
    from askpress.providers import openai

    return openai.OpenAIEmbedding(traits, base_url=base_url, api_key=api_key, timeout_seconds=timeout_seconds)


def _minilm() -> MiniLM:
    from askpress.providers import local

    return local.MiniLM()


class _PatientLanguage(LanguageModel):
    """A language model whose hiccups a person who waits does not notice."""

    def __init__(self, model: OpenAILanguage) -> None:
        self.traits = model.traits
        self._model = model

    def stream(
        self, *, instructions: str, prompt: str, schema: dict[str, Any], user: str, call: Call | None = None
    ) -> Iterator[str | Completion]:
        def begin() -> tuple[str | Completion, Iterator[str | Completion]]:
            pieces = self._model.stream(instructions=instructions, prompt=prompt, schema=schema, user=user, call=call)
            return next(pieces), pieces

        # What was said cannot be unsaid: only what comes before the first piece is tried again.
        first, others = patience.patiently(
            begin, retry_seconds=QUERY_RETRY_SECONDS, over=lambda: call is not None and call.is_over
        )
        yield first
        yield from others

    def close(self) -> None:
        self._model.close()


_instances: dict[tuple[Hashable, ...], Any] = {}
_lock = threading.Lock()


def _once(key: tuple[Hashable, ...], make: Callable[[], T]) -> T:
    # A forked child must not share its parent's sockets.
    key = (os.getpid(), *key)
    with _lock:
        if key not in _instances:
            _instances[key] = make()
        return cast(T, _instances[key])


def close() -> None:
    """Close the process's connections to providers; the next use makes new ones. The offline model has none."""
    with _lock:
        for key in [key for key in _instances if "local" not in key]:
            _instances.pop(key).close()
