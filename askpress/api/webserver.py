"""The web server's worker: what is not even HTTP is answered like every other error, and no address is logged."""

from __future__ import annotations

import contextlib
import socket
import uuid
from http import HTTPStatus
from importlib import import_module
from typing import Any

from django.conf import settings
from gunicorn import util
from gunicorn.http import errors as http_errors
from gunicorn.workers.gthread import ThreadWorker

from askpress import logs
from askpress.api import problems
from askpress.text import language

_KINDS = {
    http_errors.LimitRequestLine: problems.ADDRESS_TOO_LONG,
    http_errors.LimitRequestHeaders: problems.HEADERS_TOO_LARGE,
}
# Of our own making, though they are of the same family.
_FAULTS = (
    http_errors.ConfigurationProblem,
    http_errors.InvalidResponseHeader,
    http_errors.InvalidResponseHeaderName,
)


# A client that takes nothing for so long is cut off.
_PATIENCE_SECONDS = 8
# One that does not even acknowledge has vanished without a word. With a heartbeat every three seconds it was noticed
# after 6 to 9 seconds, measured with a cable that is pulled; while it waits for JSON, by the kernel's probes, after 5.
_LOST_SECONDS = 5
_PROBE_SECONDS = 2
# What may lie in the kernel for one client: a whole answer, not a megabyte for each of hundreds.
_SEND_BUFFER_BYTES = 65_536


def load() -> None:
    """Load what the first question needs: it takes two seconds of CPU, once here or in each worker while one waits."""
    language.detect("Loaded before anybody asks.")
    if "openai" in (settings.LANGUAGE_PROVIDER, settings.EMBEDDING_PROVIDER):
        import_module("askpress.providers.language")


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Answers in JSON where gunicorn would in HTML, and waits for no client for ever; that is all it changes."""

    def handle_request(self, req: Any, conn: Any) -> Any:
        _limit_patience(conn.sock)
        try:
            return super().handle_request(req, conn)
        except TimeoutError:
            logs.info("client cut off", reason="it did not take its reply")
            return False

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        token = logs.trace.set(uuid.uuid4().hex)
        try:
            raw = _raw(_problem(exc))
            # Who sends garbage does not always wait for what is said of it.
            with contextlib.suppress(OSError):
                util.write_nonblock(client, raw)
        finally:
            logs.trace.reset(token)


def _limit_patience(client: socket.socket) -> None:
    client.settimeout(_PATIENCE_SECONDS)
    # Who reads a byte a second empties the kernel's buffer and never the window: TCP itself must lose patience.
    with contextlib.suppress(OSError):  # a Unix socket has no TCP
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _LOST_SECONDS * 1000)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _PROBE_SECONDS)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)


def _problem(error: BaseException) -> problems.Problem:
    if not isinstance(error, http_errors.ParseException) or isinstance(error, _FAULTS):
        return problems.fault()
    kind = _KINDS.get(type(error), problems.INVALID_HTTP)
    logs.info("request refused unread", reason=type(error).__name__)
    return problems.Problem(kind, f"{kind.title}; nothing of it was carried out.")


def _raw(problem: problems.Problem) -> bytes:
    body = problems.body(problem, path="")
    status = HTTPStatus(problem.kind.status)
    lines = (
        f"HTTP/1.1 {status.value} {status.phrase}",
        f"Content-Type: {problems.CONTENT_TYPE}",
        f"Content-Length: {len(body)}",
        f"X-Request-Id: {logs.trace.get()}",
        "Cache-Control: no-store",
        "Connection: close",
        "",
        "",
    )
    return "\r\n".join(lines).encode("ascii") + body
