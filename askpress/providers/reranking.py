"""Rerankers: models that read question and passage together; over HTTP or in this process, always bounded in time."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import httpx2

from askpress.errors import ProviderError, ProviderRefused, ProviderUnavailable

# Of a reply: some servers send the passages back.
_MAX_BYTES = 4_000_000
# At once in a process; whoever waits longer than the time limit goes without.
_AT_ONCE = 16


class Reranker(Protocol):
    """Implementers give one method; the time limit and the fallback are ours."""

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return a score for each text, in order, larger is better; 0..1, or logits of any size.

        Raises ProviderUnavailable (trying again can help) and ProviderRefused.
        """

    def close(self) -> None:
        """Close what is open."""


class HttpReranker:
    """A /rerank endpoint: of Cohere's, Jina's and vLLM's form, or of text-embeddings-inference's."""

    def __init__(self, base_url: str, *, model: str, api_key: str, timeout_seconds: float) -> None:
        base = base_url.rstrip("/")
        self._url = base if base.endswith("/rerank") else f"{base}/rerank"
        self._model = model
        self._seconds = timeout_seconds
        # The form the server took last; the first request finds out.
        self._named = "documents"
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = httpx2.Client(timeout=timeout_seconds, headers=headers)

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        # Searches run at once: each keeps to what it read, and none takes back what another found out.
        named = self._named
        status, content = self._sent(question, texts, named)
        if status in (400, 422):
            # text-embeddings-inference wants `texts` and says so this way.
            named = "texts" if named == "documents" else "documents"
            status, content = self._sent(question, texts, named)
        if status >= 400:
            kind = ProviderUnavailable if status == 429 or status >= 500 else ProviderRefused
            raise kind(f"The reranker at {self._url} answered {status}; see ASKPRESS_RERANK_BASE_URL and _API_KEY.")
        self._named = named
        return list(_read(content, expected=len(texts)))

    def close(self) -> None:
        self._client.close()

    def _sent(self, question: str, texts: Sequence[str], named: str) -> tuple[int, bytes]:
        body: dict[str, Any] = {"query": question, named: list(texts)}
        if self._model:
            body["model"] = self._model
        if named == "texts":
            body["truncate"] = True
        deadline = time.monotonic() + self._seconds
        try:
            with self._client.stream("POST", self._url, json=body) as reply:
                return reply.status_code, b"".join(_bounded(reply.iter_bytes(), deadline))
        except httpx2.HTTPError as error:
            raise ProviderUnavailable(f"The reranker at {self._url} failed: {type(error).__name__}.") from error


def _bounded(pieces: Iterator[bytes], deadline: float) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > _MAX_BYTES or time.monotonic() > deadline:
            raise ProviderUnavailable(f"The reranker's reply was too late or too long, at {size} bytes.")
        yield piece


def _read(content: bytes, *, expected: int) -> Iterator[float]:
    try:
        reply = json.loads(content)
        items = reply["results"] if isinstance(reply, dict) else reply
        found = {int(item["index"]): float(item.get("relevance_score", item.get("score"))) for item in items}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ProviderUnavailable(f"The reranker's reply cannot be read ({type(error).__name__}).") from None
    if sorted(found) != list(range(expected)) or not all(map(math.isfinite, found.values())):
        raise ProviderUnavailable(f"The reranker's reply does not give each of {expected} texts one score.")
    return (found[place] for place in range(expected))


class CrossEncoder:
    """A cross-encoder in this process through fastembed, an extra; loaded, and fetched if need be, at its first use."""

    def __init__(self, model: str, *, cache_dir: str) -> None:
        self._model, self._cache_dir = model, cache_dir
        self._encoder: Any = None

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        encoder = self._encoder or self._load()
        return [float(score) for score in encoder.rerank(question, list(texts))]

    def close(self) -> None:
        self._encoder = None

    def _load(self) -> Any:
        try:
            from fastembed.rerank.cross_encoder import TextCrossEncoder
        except ImportError:
            raise ProviderRefused(
                "ASKPRESS_RERANK_PROVIDER is local, but fastembed is not installed: pip install 'askpress[rerank]'."
            ) from None
        self._encoder = TextCrossEncoder(model_name=self._model, cache_dir=self._cache_dir)
        return self._encoder


class Bounded:
    """A reranker that gives up in time, whatever hangs: loading, the network, the model."""

    def __init__(self, reranker: Reranker, *, timeout_seconds: float) -> None:
        self._reranker, self._seconds = reranker, timeout_seconds
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="rerank")

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return a score 0..1 for each text, in order; raises ProviderError, at the latest after the time limit."""
        waiting = self._pool.submit(self._reranker.scores, question, texts)
        try:
            found = waiting.result(self._seconds)
        except TimeoutError:
            waiting.cancel()
            raise ProviderUnavailable(f"The reranker took longer than {self._seconds * 1000:.0f} ms.") from None
        except ProviderError:
            raise
        except Exception as error:  # whatever a model's runtime raises: search goes on without it
            raise ProviderUnavailable(f"The reranker failed: {type(error).__name__}: {error}") from error
        return found if all(0 <= score <= 1 for score in found) else [_squashed(score) for score in found]

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._reranker.close()


def _squashed(logit: float) -> float:
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, logit))))
