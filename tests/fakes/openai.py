"""A provider on loopback that answers as OpenAI does, counts what it is asked, and fails on demand."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from askpress import providers
from tests.fakes import openai_replies as replies
from tests.fakes import openai_streams as streams
from tests.fakes.rate_limit import TokenLimit

JSON = dict[str, Any]
KEY = "sk-fake-0123456789abcdef"


@dataclass(frozen=True)
class Fault:
    """One way to fail; `kind` says which, the rest says how."""

    # Any route: "status", "stall", "drip", "cut", "html", "invalid_json".
    # Embeddings: "few", "nan", "zero", "dimension", "shuffled".
    # Answers: "refusal", "incomplete", "filtered", "empty", "failed", "invalid_object".
    # Answers in pieces, after the first half: "stalled", "torn", "garbled", "endless", "huge", "unending".
    kind: str
    status: int = 500
    code: str = "server_error"
    message: str = "The server had an error while processing your request."
    headers: dict[str, str] = field(default_factory=dict)


SERVER_ERROR = Fault("status")
NO_QUOTA = Fault("status", status=429, code="insufficient_quota", message="You exceeded your current quota.")
NO_MODEL = Fault("status", status=404, code="model_not_found", message="The model `nope` does not exist.")


def too_many(retry_after: str = "0") -> Fault:
    headers = {"Retry-After": retry_after} if retry_after else {}
    return Fault("status", 429, "rate_limit_exceeded", "Rate limit reached for requests.", headers)


@dataclass(frozen=True)
class Request:
    """One request the fake was sent."""

    path: str
    body: JSON
    headers: dict[str, str]


class FakeOpenAI:
    """Start it, point a base URL at `url`, script what it answers, read what it was asked."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        # Objects (or raw texts) the language model answers next; when none is left, `answers` is asked.
        self.scripted: deque[JSON | str] = deque()
        self.answers: Callable[[str, JSON], JSON] = replies.echo
        # Answers are streamed in pieces of so many characters, with so long a pause before each.
        self.piece_chars = 40
        self.pause_seconds = 0.0
        # How long embeddings take, and what the account may send.
        self.embedding_seconds = 0.0
        self.limit: TokenLimit | None = None
        # Requests whose client hung up while it stalled, or while an answer was streamed.
        self.hung_up = 0
        # When the last stream stalled, of time.monotonic().
        self.stalled_at = 0.0
        # Routes, formats and parameters this server does not know: "/responses", "json_schema", "base64", "stream"...
        # "usage": it does not say what it used. "events": it takes `stream` and sends the reply whole.
        self.unknown: set[str] = set()
        # Texts that hold this are answered with a 400.
        self.poison = "\0poison\0"
        self.dimensions = 8
        self.embedded: list[str] = []
        self.embedded_tokens = 0
        self.at_once = 0
        self.most_at_once = 0
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self.connections: set[socket.socket] = set()
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._http.fake = self  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    def fail(self, path: str, fault: Fault, *, times: int = 1) -> None:
        """Let the next `times` requests to `path` ("/embeddings") fail."""
        self._faults[path].extend([fault] * times)

    def heal(self) -> None:
        self._faults.clear()

    def count(self, path: str) -> int:
        return sum(request.path == path for request in self.requests)

    def next_fault(self, path: str) -> Fault | None:
        with self.lock:
            return self._faults[path].popleft() if self._faults[path] else None

    def next_answer(self, prompt: str, schema: JSON) -> str:
        with self.lock:
            scripted = self.scripted.popleft() if self.scripted else None
        # Outside the lock: `answers` may do what makes our own code call this server again.
        answer = self.answers(prompt, schema) if scripted is None else scripted
        return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)

    def close(self) -> None:
        self.closing.set()
        self._http.shutdown()
        self._thread.join()
        # Clients keep connections open; their threads end when the sockets do.
        for connection in tuple(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._http.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def fake(self) -> FakeOpenAI:
        return self.server.fake  # type: ignore[attr-defined, no-any-return]

    def setup(self) -> None:
        super().setup()
        self.fake.connections.add(self.connection)

    def finish(self) -> None:
        self.fake.connections.discard(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        models = [{"id": name, "object": "model"} for name in replies.NATIVE_DIMENSIONS]
        self._send(200, {"object": "list", "data": models})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        path = self.path.removeprefix("/v1")
        self.fake.requests.append(Request(path, body, dict(self.headers)))
        with self.fake.lock:
            self.fake.at_once += 1
            self.fake.most_at_once = max(self.fake.most_at_once, self.fake.at_once)
        try:
            self._answer(path, body, self.fake.next_fault(path))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            with self.fake.lock:
                self.fake.at_once -= 1

    def _answer(self, path: str, body: JSON, fault: Fault | None) -> None:
        if self.headers.get("Authorization") != f"Bearer {KEY}":
            message = f"Incorrect API key provided: {self.headers.get('Authorization')}."
            self._send(401, replies.error(message, code="invalid_api_key"))
        elif path in self.fake.unknown:
            self._send(404, {"detail": "Not Found"})
        elif fault and fault.kind in _WIRE_FAULTS:
            _WIRE_FAULTS[fault.kind](self, fault)
        elif path == "/embeddings":
            self._embeddings(body, fault.kind if fault else "")
        else:
            self._language(path, body, fault.kind if fault else "")

    def _embeddings(self, body: JSON, fault: str) -> None:
        counts = replies.tokens(*body["input"])
        problem = replies.embeddings_problem(body, counts) or self._disliked(body)
        if problem:
            return self._send(400, problem)
        allowed, told = self.fake.limit.take(sum(counts)) if self.fake.limit else (True, {})
        if not allowed:
            return self._send(429, replies.error("Rate limit reached.", code="rate_limit_exceeded"), told)
        native = replies.NATIVE_DIMENSIONS.get(body["model"], self.fake.dimensions)
        dimensions = native if "dimensions" in self.fake.unknown else body.get("dimensions", native)
        with self.fake.lock:
            self.fake.embedded.extend(body["input"])
            self.fake.embedded_tokens += sum(counts)
        if self.fake.embedding_seconds:
            self.fake.closing.wait(self.fake.embedding_seconds)
        return self._send(200, replies.embeddings(body, dimensions=dimensions, counts=counts, fault=fault), told)

    def _disliked(self, body: JSON) -> JSON | None:
        if any(self.fake.poison in text for text in body["input"]):
            return replies.error("'$.input' is invalid.", code="invalid_input", param="input")
        if body.get("encoding_format") in self.fake.unknown:
            return replies.error("encoding_format must be float", code="bad", param="encoding_format")
        return None

    def _language(self, path: str, body: JSON, fault: str) -> None:
        prompt, shape, schema = replies.wanted(body)
        if shape in self.fake.unknown:
            return self._send(400, replies.error(f"{shape} is not supported", code="unsupported_value"))
        for name in sorted(self.fake.unknown & body.keys()):
            hint = " Use 'max_completion_tokens' instead." if name == "max_tokens" else ""
            message = f"Unsupported parameter: '{name}'.{hint}"
            return self._send(400, replies.error(message, code="unsupported_parameter"))
        reply = replies.answer(path, body, self.fake.next_answer(prompt, schema), fault=fault)
        if "usage" in self.fake.unknown:
            reply["usage"] = None
        if not body.get("stream") or "events" in self.fake.unknown:
            return self._send(200, reply)
        return self._stream(streams.events(reply, piece_chars=self.fake.piece_chars), fault)

    def _stream(self, events: list[JSON], fault: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for part in streams.parts(events, fault):
                if part is streams.STALL:
                    self.fake.stalled_at = time.monotonic()
                if part is streams.TEAR or not self._paused(60 if part is streams.STALL else self.fake.pause_seconds):
                    self.close_connection = True
                    return
                self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.fake.hung_up += 1
            raise

    def _paused(self, seconds: float) -> bool:
        """Wait; False when the fake closes meanwhile. Raises when the client hangs up."""
        until = time.monotonic() + seconds
        while not self.fake.closing.is_set():
            left = max(0.0, until - time.monotonic())
            readable, _, _ = select.select([self.connection], [], [], min(left, 0.1))
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                raise ConnectionResetError
            if not left:
                return True
        return False

    # The wire -----------------------------------------------------------------------------------
    def _send(self, status: int, body: JSON, headers: dict[str, str] | None = None) -> None:
        self._send_raw(status, json.dumps(body).encode(), headers or {})

    def _send_raw(self, status: int, content: bytes, headers: dict[str, str], *, length: int | None = None) -> None:
        self.send_response(status)
        for name, value in ({"Content-Type": "application/json"} | headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length or len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _fail_status(self, fault: Fault) -> None:
        self._send(fault.status, replies.error(fault.message, code=fault.code), fault.headers)

    def _stall(self, fault: Fault) -> None:
        try:
            self._paused(60)
        except ConnectionResetError:
            self.fake.hung_up += 1
            raise
        self.close_connection = True

    def _drip(self, fault: Fault) -> None:
        self._send_raw(200, b"{", {}, length=1_000)
        while not self.fake.closing.wait(0.02):
            self.wfile.write(b" ")
        self.close_connection = True

    def _cut(self, fault: Fault) -> None:
        self._send_raw(200, b'{"object": "list", "data": [', {}, length=5_000)
        self.close_connection = True

    def _html(self, fault: Fault) -> None:
        self._send_raw(200, b"<html><body>Welcome</body></html>", {"Content-Type": "text/html"})

    def _invalid_json(self, fault: Fault) -> None:
        self._send_raw(200, b'{"object": "list", "data": [}', {})


_WIRE_FAULTS: dict[str, Callable[[_Handler, Fault], None]] = {
    "status": _Handler._fail_status,
    "stall": _Handler._stall,
    "drip": _Handler._drip,
    "cut": _Handler._cut,
    "html": _Handler._html,
    "invalid_json": _Handler._invalid_json,
}


@pytest.fixture
def openai_server() -> Iterator[FakeOpenAI]:
    fake = FakeOpenAI()
    yield fake
    providers.close()
    fake.close()
