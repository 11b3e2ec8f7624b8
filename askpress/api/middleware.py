"""Around every request: its id, the headers all replies share, one log line, and no error in HTML."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable
from http import HTTPStatus

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from askpress import logs
from askpress.api import problems

# Where a view leaves the id of the key that asked.
KEY_ID = "askpress.key_id"
_GIVEN_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
# A probe knows the container's address, not its name; these two answer the same to everybody.
_PROBES = {"/healthz", "/readyz"}
_SHARED = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Link": f'</v1/openapi.json>; rel="service-desc", <{problems.DOCUMENTATION}>; rel="service-doc"',
}


class ProblemsMiddleware:
    """The only middleware: whatever happens below, what leaves is JSON with an id that the log knows."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        logging.getLogger("django.request").addFilter(_is_fault)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        begun = time.perf_counter()
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        token = logs.trace.set(given if _GIVEN_ID.fullmatch(given) else uuid.uuid4().hex)
        try:
            response = self._respond(request)
            _finish(request, response)
            _log(request, response, seconds=time.perf_counter() - begun)
            return response
        finally:
            logs.trace.reset(token)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse:
        return problems.answer(exception, path=request.path)

    def _respond(self, request: HttpRequest) -> HttpResponseBase:
        try:
            if request.path not in _PROBES:
                request.get_host()
        except DisallowedHost:
            detail = "The owner lists this service's names in ALLOWED_HOSTS."
            return problems.response(problems.Problem(problems.INVALID_HOST, detail), path=request.path)
        response = self._get_response(request)
        if response.status_code >= 400 and not problems.is_problem(response):
            return problems.instead_of(response, path=request.path)
        return response


def _is_fault(record: logging.LogRecord) -> bool:
    """Django's own line for each 4xx holds the address as the stranger wrote it; ours holds our name for it."""
    return record.exc_info is not None


def _finish(request: HttpRequest, response: HttpResponseBase) -> None:
    for name, value in _SHARED.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-Id"] = logs.trace.get()
    if isinstance(response, HttpResponse) and response.status_code != HTTPStatus.NO_CONTENT:
        response.headers["Content-Length"] = str(len(response.content))
        if request.method == "HEAD":
            response.content = b""


def _log(request: HttpRequest, response: HttpResponseBase, *, seconds: float) -> None:
    route = request.resolver_match
    logs.info(
        "request answered",
        method=request.method,
        # What a stranger wrote into an address that we do not have stays out of the log.
        path=f"/{route.route}" if route else "",
        status=response.status_code,
        ms=round(seconds * 1000, 1),
        key=request.META.get(KEY_ID),
    )
