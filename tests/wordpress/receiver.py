"""The service's end of a webhook: a server on loopback that checks signatures, and can refuse, hang or be away."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from askpress import errors
from askpress.wordpress import signature
from tests.wordpress import processes

# Longer than any timeout of the plugin.
HANG_SECONDS = 30.0


@dataclass(frozen=True)
class Reply:
    status: int
    body: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Delivery:
    """One rightly signed webhook."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


class Receiver:
    """`attempts` are all that came, `deliveries` those whose signature fits."""

    def __init__(self) -> None:
        self.secret = signature.new_secret()
        self.port = processes.free_port()
        self.attempts: list[Delivery] = []
        self.deliveries: list[Delivery] = []
        self.open = threading.Event()
        self.server: ThreadingHTTPServer | None = None
        self.reset()

    def reset(self) -> None:
        self.forget()
        # Given instead of 202.
        self.reply: Reply | None = None
        # How far our clock is off.
        self.clock = timedelta()
        # How long an answer takes.
        self.seconds = 0.0
        # Done before the next answer is given.
        self.meanwhile: Callable[[], None] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def events(self) -> list[tuple[int, str]]:
        return [(one.said["post_id"], one.said["event"]) for one in self.deliveries]

    def forget(self) -> None:
        self.attempts.clear()
        self.deliveries.clear()

    def start(self) -> None:
        self.open.set()
        if self.server is None:
            self.server = ThreadingHTTPServer(("127.0.0.1", self.port), self._handler())
            self.server.daemon_threads = True
            threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self.open.set()
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def hang(self) -> None:
        """Take requests, and leave them without an answer until `open` is set."""
        self.open.clear()

    def answer(self, delivery: Delivery) -> Reply:
        if not self.open.is_set():
            self.open.wait(HANG_SECONDS)
            return Reply(503)  # to nobody: the plugin has gone
        time.sleep(self.seconds)
        self.attempts.append(delivery)
        action, self.meanwhile = self.meanwhile, None
        if action:
            action()
        if self.reply:
            return self.reply
        names = (delivery.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
        try:
            signed = signature.Signed(*names)
            signature.verify(delivery.body, signed, valid=[self.secret], now=datetime.now(UTC) + self.clock)
        except errors.ClockSkew as skew:
            return Reply(400, {"code": "clock_skew", "detail": str(skew)})
        except errors.WebhookRefused as refused:
            return Reply(401, {"code": "unauthorized", "detail": str(refused)})
        self.deliveries.append(delivery)
        return Reply(202, {"job": 1})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                reply = receiver.answer(Delivery(self.path, headers, body))
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(json.dumps(reply.body).encode())

            def handle(self) -> None:
                try:
                    super().handle()
                except OSError:
                    return  # the plugin did not wait for the answer

            def log_message(self, *arguments: object) -> None:
                return

        return Handler
