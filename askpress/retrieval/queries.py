"""Embeddings of questions, kept a while: asked again, a question costs no provider; no text of it is stored.

First in this process, which costs nothing to look at, then in Redis, which all processes share and which outlives
them; looking there costs 0.2 ms of CPU, embedding 100 ms of waiting at a provider or 5 ms of CPU here.
"""

from __future__ import annotations

import functools
import hashlib
import json
import threading
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from askpress import errors, providers, redis_client
from askpress.pause import Pause
from askpress.providers.contract import EmbeddingModel, Vectors

_PREFIX = "askpress:query:"
# 3 MB in each process at 3,072 dimensions.
_MAX_HERE = 500
# So much longer than in Redis an embedding may live.
_HERE_SECONDS = 600
# A provider that is down costs each question seconds; words are there at once.
_PAUSE_SECONDS = 30.0
# What the index compares too, so that a question finds the same whether kept or not; little-endian wherever it is read.
_STORED = np.dtype("<f2")
_Stored = npt.NDArray[np.float16]


class Kept:
    """The embeddings used last, at most `most` of them, each for so many seconds."""

    def __init__(self, most: int = _MAX_HERE, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._held: OrderedDict[str, tuple[_Stored, float]] = OrderedDict()

    def get(self, name: str) -> _Stored | None:
        with self._lock:
            held = self._held.get(name)
            if held is None or self._clock() >= held[1]:
                return None
            self._held.move_to_end(name)
            return held[0]

    def put(self, name: str, vector: _Stored, *, seconds: float) -> None:
        with self._lock:
            self._held[name] = vector, self._clock() + seconds
            self._held.move_to_end(name)
            if len(self._held) > self._most:
                self._held.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._held.clear()


_here = Kept()


def embed(question: str, model: EmbeddingModel, *, base_url: str, seconds: int, pause: Pause | None = None) -> Vectors:
    """Return the question's unit vector, kept from before or made now and kept for `seconds` (0: not kept).

    Raises what the model raises, and BadEmbedding for a vector nothing can be compared with; neither is kept. Raises
    ProviderDown at once while a server that was down is left alone, by the process's one `pause` for it.
    """
    pause = pause or _pause(base_url)
    text = normalised(question, folds_case=model.traits.folds_case)
    if not seconds:
        return _embedded(text, model, pause)
    name = key(text, space=model.traits.space, base_url=base_url)
    stored = _here.get(name)
    if stored is None:
        stored = _shared(name, model.traits.dimensions)
        if stored is None:
            stored = _made(name, _embedded(text, model, pause), seconds=seconds)
        _here.put(name, stored, seconds=min(seconds, _HERE_SECONDS))
    return stored.astype(np.float32)


def normalised(question: str, *, folds_case: bool) -> str:
    """Return the question as it is embedded: one blank between words, one form of each character."""
    text = " ".join(unicodedata.normalize("NFKC", question).split())
    return text.lower() if folds_case else text


def key(text: str, *, space: str, base_url: str) -> str:
    """Return the name of the entry: of the text only a hash, with all else the vector depends on."""
    whole = json.dumps([text, space, base_url])
    return _PREFIX + hashlib.sha256(whole.encode()).hexdigest()


def forget() -> None:
    """Forget what this process keeps; for tests."""
    _here.clear()
    _pause.cache_clear()


def _embedded(text: str, model: EmbeddingModel, pause: Pause) -> Vectors:
    if pause.lasts():
        raise errors.ProviderDown("The embedding provider was down a moment ago; it is tried again every half minute.")
    try:
        vector = providers.embed_query(model, text)
    except errors.ProviderDown:
        pause.begin()
        raise
    pause.end()
    return vector


@functools.lru_cache(maxsize=4)
def _pause(base_url: str) -> Pause:
    return Pause(_PAUSE_SECONDS)


def _made(name: str, embedded: Vectors, *, seconds: int) -> _Stored:
    vector: _Stored = embedded.astype(_STORED)
    redis_client.put(redis_client.Put(name, vector.tobytes(), seconds))
    return vector


def _shared(name: str, dimensions: int) -> _Stored | None:
    """Return what another process, or this one before it was started anew, has left; nothing that is damaged."""
    raw = redis_client.call(lambda redis: redis.get(name), default=None)
    if not isinstance(raw, bytes) or len(raw) != dimensions * _STORED.itemsize:
        return None
    vector: _Stored = np.frombuffer(raw, dtype=_STORED)
    return vector if np.isfinite(vector).all() and vector.any() else None
