"""Errors as problem+json (RFC 9457): each kind once, and which exception becomes which."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.response import HttpResponseBase

from askpress import errors, logs

CONTENT_TYPE = "application/problem+json"
# Where the codes are explained; the address resolves on the service itself.
DOCUMENTATION = "/docs/api"
_STORE_RETRY_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of error; `code` never changes once published."""

    code: str
    status: int
    title: str
    retryable: bool = False


INVALID_JSON = Kind("invalid_json", 400, "The body is not a JSON object")
INVALID_REQUEST = Kind("invalid_request", 400, "The request is not valid")
INVALID_CURSOR = Kind("invalid_cursor", 400, "The cursor is not one of this search")
STALE_CURSOR = Kind("stale_cursor", 400, "The order has changed since the page before")
INVALID_HTTP = Kind("invalid_http", 400, "The request is not HTTP as this service reads it")
INVALID_HOST = Kind("invalid_host", 400, "The Host header is not one of this service")
UNAUTHORIZED = Kind("unauthorized", 401, "A valid key is needed")
BAD_SIGNATURE = Kind("bad_signature", 401, "The webhook is not signed with a valid secret")
CLOCK_SKEW = Kind("clock_skew", 400, "The webhook is too old, or a clock is wrong")
MISSING_SCOPE = Kind("missing_scope", 403, "The key does not allow this")
NOT_FOUND = Kind("not_found", 404, "There is nothing here")
METHOD_NOT_ALLOWED = Kind("method_not_allowed", 405, "This method is not allowed here")
# Not 503: who demands more than can be shown is told so, and no alarm about the service goes off.
STALE = Kind("stale", 412, "What is here may be older than was demanded", retryable=True)
TOO_LARGE = Kind("too_large", 413, "The body is too large")
COMPRESSED = Kind("compressed", 415, "The body is compressed")
ADDRESS_TOO_LONG = Kind("address_too_long", 414, "The address is too long")
HEADERS_TOO_LARGE = Kind("headers_too_large", 431, "The headers are too many or too large")
# The status that nginx invented for it: nobody reads the reply, and the log says why there was none.
CLIENT_GONE = Kind("client_gone", 499, "The client went away", retryable=True)
RATE_LIMITED = Kind("rate_limited", 429, "Too many requests", retryable=True)
INTERNAL_ERROR = Kind("internal_error", 500, "The service failed", retryable=True)
STORE_UNAVAILABLE = Kind("store_unavailable", 503, "The database does not answer", retryable=True)
NO_INDEX = Kind("no_index", 503, "Nothing has been ingested yet", retryable=True)
BUSY = Kind("busy", 503, "Too many questions are being answered", retryable=True)
NOT_READY = Kind("not_ready", 503, "The service is not ready", retryable=True)

KINDS = (
    INVALID_JSON,
    INVALID_REQUEST,
    INVALID_CURSOR,
    STALE_CURSOR,
    INVALID_HTTP,
    INVALID_HOST,
    UNAUTHORIZED,
    BAD_SIGNATURE,
    CLOCK_SKEW,
    MISSING_SCOPE,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    STALE,
    TOO_LARGE,
    COMPRESSED,
    ADDRESS_TOO_LONG,
    HEADERS_TOO_LARGE,
    CLIENT_GONE,
    RATE_LIMITED,
    INTERNAL_ERROR,
    STORE_UNAVAILABLE,
    NO_INDEX,
    BUSY,
    NOT_READY,
)
_BY_STATUS = {kind.status: kind for kind in (INVALID_REQUEST, NOT_FOUND, METHOD_NOT_ALLOWED, TOO_LARGE)}


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one member of the request; `pointer` is a JSON pointer into it, as a URI fragment."""

    pointer: str
    detail: str


class Problem(Exception):
    """An error as the client is told it."""

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        fields: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.fields = fields
        self.headers = dict(headers or {})


def handle(error: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """Answer whatever a view of the REST framework raised; it calls this for every exception."""
    return answer(error, path=context["request"].path)


def answer(error: Exception, *, path: str) -> HttpResponse:
    """Return the response for the exception being handled; what nobody expected is logged, its insides not told."""
    return response(of(error) or fault(), path=path)


def fault() -> Problem:
    """Log the exception being handled and return what the client is told of it."""
    logs.error("request failed", exc_info=True)
    return Problem(INTERNAL_ERROR, "Something failed on our side; the log has it under the request's id.")


def of(error: Exception) -> Problem | None:
    """Return the problem an exception means, None for a fault of our own."""
    match error:
        case Problem():
            return error
        case errors.StoreUnavailable():
            return later(STORE_UNAVAILABLE, "The database does not answer just now; try again in a few seconds.")
        case errors.ClockSkew():
            return Problem(CLOCK_SKEW, f"{error}.")
        case errors.WebhookRefused():
            return Problem(BAD_SIGNATURE, f"{error}.")
        case errors.Stale():
            return Problem(STALE, str(error), headers={"Retry-After": str(max(1, round(error.retry_after)))})
        case errors.SiteRemoved():
            return Problem(INVALID_REQUEST, str(error))
        case errors.CursorInvalid():
            return Problem(INVALID_CURSOR, str(error))
        case errors.CursorStale():
            return Problem(STALE_CURSOR, str(error))
        case errors.Stopped():
            return Problem(CLIENT_GONE, str(error))
        case errors.Busy():
            return later(BUSY, str(error))
        case errors.NoLiveIndex():
            return later(NO_INDEX, str(error))
        case RequestDataTooBig():
            return Problem(TOO_LARGE, "The body may have 262,144 bytes.")
        case UnreadablePostError():
            return Problem(INVALID_JSON, "The body ended before it was complete.")
        case Http404():
            return not_found()
        case SuspiciousOperation():
            return Problem(INVALID_REQUEST, "The request is not one that this service reads.")
    return None


def later(kind: Kind, detail: str) -> Problem:
    """Return a problem that passes in a few seconds."""
    return Problem(kind, detail, headers={"Retry-After": str(_STORE_RETRY_SECONDS)})


def not_found() -> Problem:
    return Problem(NOT_FOUND, f"There is nothing at this path; {DOCUMENTATION} says what there is.")


def wrong_method(allowed: Sequence[str]) -> Problem:
    listed = ", ".join(allowed)
    return Problem(METHOD_NOT_ALLOWED, f"Use {listed} here.", headers={"Allow": listed})


def instead_of(given: HttpResponseBase, *, path: str) -> HttpResponse:
    """Return the problem for an error that Django answered in HTML."""
    kind = _BY_STATUS.get(given.status_code, INVALID_REQUEST if given.status_code < 500 else INTERNAL_ERROR)
    if kind is NOT_FOUND:
        return response(not_found(), path=path)
    if kind is METHOD_NOT_ALLOWED:
        return response(wrong_method(given.headers.get("Allow", "").split(", ")), path=path)
    return response(Problem(kind, f"{kind.title}."), path=path)


def response(problem: Problem, *, path: str) -> HttpResponse:
    return HttpResponse(
        body(problem, path=path),
        status=problem.kind.status,
        content_type=CONTENT_TYPE,
        headers=problem.headers,
    )


def body(problem: Problem, *, path: str) -> bytes:
    """Return the problem as JSON in ASCII; `path` is the address that was asked, "" when it could not be read."""
    kind = problem.kind
    members: dict[str, Any] = {
        "type": f"{DOCUMENTATION}#{kind.code}",
        "title": kind.title,
        "status": kind.status,
        "detail": problem.detail,
        "instance": path,
        "code": kind.code,
        "request_id": logs.trace.get(),
        "retryable": kind.retryable,
        # What clients of the first version of this interface read.
        "error": kind.code,
    }
    if problem.fields:
        members["errors"] = [{"pointer": field.pointer, "detail": field.detail} for field in problem.fields]
    return json.dumps(members).encode("ascii")


def is_problem(given: HttpResponseBase) -> bool:
    return given.headers.get("Content-Type") == CONTENT_TYPE


def refuse_method(request: HttpRequest, *allowed: str) -> None:
    """Raise unless the request's method is one of those allowed."""
    if request.method not in allowed:
        raise wrong_method(allowed)
