"""Embeds the texts whose vectors are not kept yet, and keeps each reply as it arrives: paid once is paid for good."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from askpress import errors, providers
from askpress.providers.contract import EmbeddingModel, Vectors
from askpress.retrieval import kept
from askpress.retrieval.versions import Recipe
from askpress.sync import ready


@dataclass(frozen=True, slots=True)
class Purse:
    """Who pays for embeddings, and how long he waits for them."""

    model: EmbeddingModel
    # Called with the tokens of each reply as it arrives.
    on_tokens: Callable[[int], None] = lambda tokens: None
    # Called with the tokens about to be embedded and how many chunks have their vectors; may raise Stopped.
    before_embedding: Callable[[int, int], None] = lambda tokens, reused: None
    retry_seconds: float = 120.0
    # Looked at before each request.
    should_stop: Callable[[], bool] = lambda: False


def stop_if_told(should_stop: Callable[[], bool]) -> None:
    """Raise Stopped when somebody wants the run to end: what it did stays."""
    if should_stop():
        raise errors.Stopped("stopped; the next sync goes on from here.")


def embed(
    texts: Mapping[bytes, str], purse: Purse, recipe: Recipe, *, chunks: int
) -> dict[bytes, errors.ProviderError]:
    """Make the vector of every text, of `chunks` chunks in all, a kept one; return what could not be embedded."""
    held = kept.claim(list(texts)) if texts else set()
    keys = [key for key in texts if key not in held]
    count = ready.token_counter(recipe)
    sizes = [count(texts[key]) for key in keys]
    purse.before_embedding(sum(sizes), chunks - len(keys))
    if not keys:
        return {}

    def keep(places: Sequence[int], vectors: Vectors) -> None:
        kept.keep({keys[place]: np.asarray(vector) for place, vector in zip(places, vectors, strict=True)})
        purse.on_tokens(sum(sizes[place] for place in places))

    failed = providers.embed_all(
        purse.model,
        [texts[key] for key in keys],
        sizes=sizes,
        on_reply=keep,
        retry_seconds=purse.retry_seconds,
        should_stop=purse.should_stop,
    )
    stop_if_told(purse.should_stop)
    return {keys[place]: error for place, error in failed.items()}
