"""A /rerank server on loopback in either of the forms there are, that fails on demand."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


@dataclass
class FakeReranker:
    """Scores a text by how often it holds the word; read what it was sent in `bodies`."""

    url: str
    # "documents" as Cohere, Jina and vLLM want them, or "texts".
    wants: str = "documents"
    word: str = "quokka"
    # Added to each score: with -5 they are logits.
    offset: float = 0.0
    # In place of a reply: a status, or what is no reply.
    status: int = 200
    garbage: bytes = b""
    # Until it is set, replies wait when `slow`.
    slow: bool = False
    go_on: threading.Event = field(default_factory=threading.Event)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def reply(self, body: dict[str, Any]) -> tuple[int, bytes]:
        """Return the status and what is answered."""
        self.bodies.append(body)
        if self.slow:
            self.go_on.wait(10)
        if self.wants not in body:
            return 422, b'{"error":"missing field"}'
        if self.garbage:
            return 200, self.garbage
        name = "relevance_score" if self.wants == "documents" else "score"
        scores = [min(1.0, text.count(self.word) / 10) + self.offset for text in body[self.wants]]
        items = [{"index": place, name: score} for place, score in enumerate(scores)]
        items.sort(key=lambda item: -item[name])
        return self.status, json.dumps({"results": items} if self.wants == "documents" else items).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        fake: FakeReranker = self.server.fake  # type: ignore[attr-defined]
        fake.keys.append(self.headers.get("Authorization", ""))
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status, body = fake.reply(sent) if self.path == "/v1/rerank" else (404, b"")
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def rerank_server() -> Iterator[FakeReranker]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        fake = FakeReranker(f"http://127.0.0.1:{server.server_port}/v1")
        server.fake = fake  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield fake
        finally:
            fake.go_on.set()
            server.shutdown()
            thread.join()
