"""The web server's worker: what is not even HTTP is answered like every other error, and no address is logged."""

from __future__ import annotations

import contextlib
import uuid
from http import HTTPStatus
from typing import Any

from gunicorn import util
from gunicorn.http import errors as http_errors
from gunicorn.workers.gthread import ThreadWorker

from askpress import logs
from askpress.api import problems

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


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Answers in JSON where gunicorn would in HTML; that is all it changes."""

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        token = logs.trace.set(uuid.uuid4().hex)
        try:
            raw = _raw(_problem(exc))
            # Who sends garbage does not always wait for what is said of it.
            with contextlib.suppress(OSError):
                util.write_nonblock(client, raw)
        finally:
            logs.trace.reset(token)


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
