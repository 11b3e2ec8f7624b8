"""OpenAI's server and every one that speaks its API, and its embeddings; batching and retries are batching's."""

from __future__ import annotations

import contextlib
import functools
import json
import ssl
import time
from collections.abc import Generator, Iterator, Sequence
from typing import Any

import httpx2
import openai

from askpress.errors import BadEmbedding, InputRejected, ProviderError
from askpress.providers import embeddings, eventstream, known, refusals, sdk, wire
from askpress.providers.allowance import Allowance
from askpress.providers.contract import Call, EmbeddingTraits, Vectors

# Far above the largest honest reply: 2,048 vectors of 3,072 numbers are 34 MB in base64.
MAX_REPLY_BYTES = 100_000_000


class Server:
    """One base URL and key; a request to it ends in JSON or in one of our errors, within the timeout."""

    def __init__(self, *, base_url: str, api_key: str, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._explain = refusals.Explainer(base_url=base_url, api_key=api_key)
        self._http = httpx2.Client(
            event_hooks={"request": [self._start], "response": [self._bound]},
            verify=_certificates(),
            # How many questions are answered at once is decided before one comes here.
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=20),
        )
        self._wires = wire.Wires()
        self._wires.put_under(self._http)
        self._client = sdk.OpenAI(
            base_url=base_url,
            api_key=api_key or "none",  # local servers want no key, the SDK wants one
            max_retries=0,
            timeout=httpx2.Timeout(timeout_seconds, connect=min(5.0, timeout_seconds)),
            http_client=self._http,
        )

    @property
    def is_openai(self) -> bool:
        return self._client.base_url.host.endswith("api.openai.com")

    def send(self, path: str, body: dict[str, Any]) -> httpx2.Response:
        """Return the whole reply, whatever it holds."""
        try:
            return self._client.post(path, body=body, cast_to=httpx2.Response)
        except (openai.OpenAIError, httpx2.HTTPError) as error:
            raise self._explained(error) from None

    def stream(self, path: str, body: dict[str, Any], call: Call) -> Generator[dict[str, Any], None, None]:
        """Yield the events of a streamed reply; one that came whole, from a server that does not stream, is the only.

        `call` may be ended by another thread, which ends this with ProviderUnavailable, as the end of its time does.
        """
        if call.is_over:
            raise self._explain.slow(self._timeout_seconds)
        try:
            with self._wires.carrying(call):
                response = self._opened(path, body)
            with contextlib.closing(response):
                yield from self._events(response)
        except (openai.OpenAIError, httpx2.HTTPError, ValueError) as error:
            raise self._explained(error) from None

    def failed(self, reason: str) -> ProviderError:
        return self._explain.failed(reason)

    def _opened(self, path: str, body: dict[str, Any]) -> httpx2.Response:
        """Return a response of which nothing was read but its head."""
        # Cast to a response the package hands it on as it is; its types know of no stream without events.
        opened: Any = self._client.post(path, body=body, cast_to=httpx2.Response, stream=True, stream_cls=openai.Stream)
        assert isinstance(opened, httpx2.Response)
        return opened

    def _events(self, response: httpx2.Response) -> Iterator[dict[str, Any]]:
        if "text/event-stream" not in response.headers.get("content-type", ""):
            response.read()
            yield self.object_in(response)
            return
        objects = eventstream.Objects()
        for part in response.iter_bytes() if "content-encoding" in response.headers else response.iter_raw():
            for found in objects.feed(part):
                if found.get("error"):
                    raise self._explain.failed(_reason(found["error"]))
                yield found
            if objects.ended:
                return

    def _explained(self, error: Exception) -> ProviderError:
        """Return our error for one of the transport's; its cause is left out, for it holds the request and the key."""
        match error:
            case openai.APIStatusError():
                return self._explain.status(error.status_code, _answered(error), error.response.headers)
            case openai.APITimeoutError() | httpx2.TimeoutException():
                return self._explain.slow(self._timeout_seconds)
            case openai.APIConnectionError() | httpx2.HTTPError():
                return self._explain.unreachable(error.__cause__ or error)
            case openai.APIError():
                return self._explain.failed(error.message)
        return self._explain.not_json("a broken stream")

    def close(self) -> None:
        self._client.close()

    def object_in(self, response: httpx2.Response) -> dict[str, Any]:
        """Return the JSON object in a reply; raises ProviderUnavailable when it is none."""
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


def _reason(error: object) -> str:
    """Return what a stream says of why it breaks off."""
    said = error.get("message") if isinstance(error, dict) else error
    return said if isinstance(said, str) else ""


def _answered(error: openai.APIStatusError) -> dict[str, Any]:
    if isinstance(error.body, dict):
        return error.body
    return {"message": str(error.body or "")}


class OpenAIEmbedding:
    """An embedding model of OpenAI's or of a compatible server (Ollama, vLLM, LM Studio, Azure)."""

    def __init__(self, traits: EmbeddingTraits, *, base_url: str, api_key: str, timeout_seconds: float) -> None:
        self.traits = traits
        self._server = Server(base_url=base_url, api_key=api_key, timeout_seconds=timeout_seconds)
        self._allowance = Allowance()
        self._format = "base64"
        native = known.NATIVE_DIMENSIONS.get(traits.model)
        self._asks_dimensions = native is not None and native != traits.dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = self._request(texts)
        if self._asks_dimensions or vectors.shape[1] == self.traits.dimensions:
            return vectors
        # An unknown model gave its own length. Some take another on request; the reply shows whether it did.
        resized = self._request(texts, dimensions=self.traits.dimensions)
        self._asks_dimensions = resized.shape[1] == self.traits.dimensions
        return resized

    def wait_seconds(self, *, requests: int, tokens: int) -> float:
        return self._allowance.wait_seconds(requests=requests, tokens=tokens)

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
            reply = self._server.send("/embeddings", body)
        except InputRejected as error:
            if self._format == "float" or "encoding_format" not in str(error):
                raise
            self._format = "float"
            return self._request(texts, dimensions=dimensions)
        self._allowance.read(reply.headers)
        return self._read(reply, expected=len(texts))

    def _read(self, reply: httpx2.Response, *, expected: int) -> Vectors:
        try:
            return embeddings.read(reply.content, expected=expected)
        except BadEmbedding:
            # What is no JSON at all did not come from the model.
            self._server.object_in(reply)
            raise
