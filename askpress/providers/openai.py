"""OpenAI and every server that speaks its API; batches and retries are batching's, errors refusals'."""

from __future__ import annotations

import dataclasses
import functools
import json
import ssl
import time
from collections.abc import Iterator, Sequence
from typing import Any

import httpx2
import openai

from askpress.errors import InputRejected, ProviderError, ProviderRefused
from askpress.providers import checks, dialects, prices, refusals
from askpress.providers.contract import Completion, EmbeddingTraits, LanguageTraits, Usage, Vectors

# Far above the largest honest reply: 2,048 vectors of 3,072 numbers are 34 MB in base64.
MAX_REPLY_BYTES = 100_000_000

# OpenAI's own models that are cut to fewer dimensions on request, with what they give unasked.
RESIZABLE = {"text-embedding-3-large": 3072, "text-embedding-3-small": 1536}


class Server:
    """One base URL and key; a request to it ends in JSON or in one of our errors, within the timeout."""

    def __init__(self, *, base_url: str, api_key: str, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._explain = refusals.Explainer(base_url=base_url, api_key=api_key)
        self._http = httpx2.Client(
            event_hooks={"request": [self._start], "response": [self._bound]}, verify=_certificates()
        )
        self._client = openai.OpenAI(
            base_url=base_url,
            api_key=api_key or "none",  # local servers want no key, the SDK wants one
            max_retries=0,
            timeout=httpx2.Timeout(timeout_seconds, connect=min(5.0, timeout_seconds)),
            http_client=self._http,
        )

    @property
    def is_openai(self) -> bool:
        return self._client.base_url.host.endswith("api.openai.com")

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        # The cause is left out on purpose: it holds the request, and with it the key.
        try:
            return self._json(self._client.post(path, body=body, cast_to=httpx2.Response))
        except openai.APIStatusError as error:
            raise self._explain.status(error.status_code, _answered(error), error.response.headers) from None
        except openai.APITimeoutError:
            raise self._explain.slow(self._timeout_seconds) from None
        except (openai.APIConnectionError, httpx2.HTTPError) as error:
            raise self._explain.unreachable(error.__cause__ or error) from None

    def ask(self, dialect: dialects.Dialect, order: dialects.Order) -> dialects.Reply:
        reply = dialect.read(self.post(dialect.path, dialect.body(order)))
        if reply.outcome == "failed":
            raise self._explain.failed(reply.failure)
        return reply

    def close(self) -> None:
        self._client.close()

    def _json(self, response: httpx2.Response) -> dict[str, Any]:
        try:
            reply = json.loads(response.content)
        except ValueError:
            reply = None
        if not isinstance(reply, dict):
            raise self._explain.not_json(response.headers.get("content-type", ""))
        return reply

    def _start(self, request: httpx2.Request) -> None:
        request.extensions["deadline"] = time.monotonic() + self._timeout_seconds

    def _bound(self, response: httpx2.Response) -> None:
        assert isinstance(response.stream, httpx2.SyncByteStream)
        response.stream = _Bounded(response.stream, deadline=response.request.extensions["deadline"])


@functools.cache
def _certificates() -> ssl.SSLContext:
    # Reading the system's certificates takes 50 ms: once is enough.
    return httpx2.create_ssl_context()


class _Bounded(httpx2.SyncByteStream):
    """A body that must end in time: httpx's own timeout begins anew with every byte."""

    def __init__(self, stream: httpx2.SyncByteStream, *, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for part in self._stream:
            size += len(part)
            if time.monotonic() > self._deadline:
                raise httpx2.ReadTimeout("the reply did not end in time")
            if size > MAX_REPLY_BYTES:
                raise httpx2.ReadError(f"the reply is larger than {MAX_REPLY_BYTES} bytes")
            yield part

    def close(self) -> None:
        self._stream.close()


def _answered(error: openai.APIStatusError) -> dict[str, Any]:
    if isinstance(error.body, dict):
        return error.body
    return {"message": str(error.body or "")}


class OpenAIEmbedding:
    """An embedding model of OpenAI's or of a compatible server (Ollama, vLLM, LM Studio, Azure)."""

    def __init__(self, traits: EmbeddingTraits, *, base_url: str, api_key: str, timeout_seconds: float) -> None:
        self.traits = traits
        self._server = Server(base_url=base_url, api_key=api_key, timeout_seconds=timeout_seconds)
        self._format = "base64"
        native = RESIZABLE.get(traits.model)
        self._asks_dimensions = native is not None and native != traits.dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = self._request(texts)
        if self._asks_dimensions or vectors.shape[1] == self.traits.dimensions:
            return vectors
        # An unknown model gave its own length. Some take another on request; the reply shows whether it did.
        resized = self._request(texts, dimensions=self.traits.dimensions)
        self._asks_dimensions = resized.shape[1] == self.traits.dimensions
        return resized

    def native_dimensions(self) -> int:
        """Ask the model for one vector and return its length."""
        return int(self._request(["dimensions"]).shape[1])

    def close(self) -> None:
        self._server.close()

    def _request(self, texts: Sequence[str], *, dimensions: int | None = None) -> Vectors:
        body: dict[str, Any] = {
            "model": self.traits.model,
            "input": list(texts),
            "encoding_format": self._format,
        }
        wanted = dimensions or (self.traits.dimensions if self._asks_dimensions else None)
        if wanted:
            body["dimensions"] = wanted
        try:
            return checks.read(self._server.post("/embeddings", body), expected=len(texts))
        except InputRejected as error:
            if self._format == "float" or "encoding_format" not in str(error):
                raise
            self._format = "float"
            return self._request(texts, dimensions=dimensions)


class OpenAILanguage:
    """A language model behind the Responses API, or behind chat completions where a server has only that."""

    def __init__(
        self,
        model: str,
        *,
        base_url: str,
        api_key: str,
        timeout_seconds: float,
        max_output_tokens: int,
        temperature: float | None = 0.0,
    ) -> None:
        self.traits = LanguageTraits(provider="openai", model=model)
        self._server = Server(base_url=base_url, api_key=api_key, timeout_seconds=timeout_seconds)
        self._max_output_tokens = max_output_tokens
        self._temperature = temperature if dialects.takes_temperature(model) else None
        # What the server was found to understand; tried in order until one is answered, then kept.
        self._dialects = dialects.DIALECTS[:1] if self._server.is_openai else dialects.DIALECTS

    def generate(self, *, instructions: str, prompt: str, schema: dict[str, Any], user: str) -> Completion:
        order = dialects.Order(
            model=self.traits.model,
            instructions=instructions,
            prompt=prompt,
            schema=schema,
            user=user,
            max_output_tokens=self._max_output_tokens,
            temperature=self._temperature,
        )
        return self._completion(self._ask(order))

    def close(self) -> None:
        self._server.close()

    def _ask(self, order: dialects.Order) -> dialects.Reply:
        refusal: ProviderError | None = None
        reply: dialects.Reply | None = None
        for dialect in self._dialects:
            try:
                reply = self._reply(dialect, order)
            except (refusals.NotUnderstood, InputRejected) as error:
                refusal = refusal or error
                continue
            # Some servers take a schema and ignore it: only an object proves that a dialect is understood.
            if reply.outcome != "complete" or dialects.json_object(reply.text) is not None:
                self._dialects = (dialect,)
                break
        if reply is None:
            raise ProviderRefused(str(refusal))
        return reply

    def _reply(self, dialect: dialects.Dialect, order: dialects.Order) -> dialects.Reply:
        try:
            return self._server.ask(dialect, order)
        except InputRejected as error:
            # Behind a name of the owner's own, as on Azure, may be a model that takes none.
            if order.temperature is None or "temperature" not in str(error):
                raise
            self._temperature = None
            return self._server.ask(dialect, dataclasses.replace(order, temperature=None))

    def _completion(self, reply: dialects.Reply) -> Completion:
        usage = Usage(
            reply.usage.input_tokens,
            reply.usage.cached_tokens,
            reply.usage.output_tokens,
            cost=prices.completion_cost(self.traits.model, reply.usage),
        )
        if reply.outcome != "complete":
            return Completion(data=None, outcome=reply.outcome, usage=usage)
        data = dialects.json_object(reply.text)
        return Completion(data=data, outcome="empty" if data is None else "complete", usage=usage)
