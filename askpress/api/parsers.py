"""Reads a request's parameters strictly: one JSON object, whatever the Content-Type says of it."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest

from askpress.api.problems import INVALID_JSON, Problem

_EXAMPLE = '{"q": "your question"}'


def json_object(request: HttpRequest) -> dict[str, Any]:
    """Return the members of the body; raises Problem for anything but one JSON object in UTF-8."""
    value = _parse(_text(_read(request)))
    if not isinstance(value, dict):
        raise Problem(INVALID_JSON, f"The body is JSON, but not an object: send {_EXAMPLE}.")
    return value


def query(request: HttpRequest) -> dict[str, str]:
    """Return the parameters of the address; of a repeated one the last."""
    return {name: str(value) for name, value in request.GET.items()}


def _read(request: HttpRequest) -> bytes:
    # Django takes a body without Content-Length for none; the web server has it and marks its end.
    if request.META.get("HTTP_TRANSFER_ENCODING") and request.META.get("wsgi.input_terminated"):
        return _read_chunked(request)
    return request.body


def _read_chunked(request: HttpRequest) -> bytes:
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    try:
        body: bytes = request.META["wsgi.input"].read(limit + 1)
    except Exception:  # noqa: BLE001  each web server has classes of its own for a broken chunk
        raise Problem(INVALID_JSON, "The body's chunks are broken.") from None
    if len(body) > limit:
        raise RequestDataTooBig
    return body


def _text(body: bytes) -> str:
    if not body.strip():
        raise Problem(INVALID_JSON, f"The body is empty: send {_EXAMPLE}.")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Problem(INVALID_JSON, f"The body is not UTF-8: see byte {error.start}.") from None


def _parse(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise Problem(INVALID_JSON, f"The body is nested too deeply: send {_EXAMPLE}.") from None
    except json.JSONDecodeError as error:
        raise Problem(INVALID_JSON, f"The body is not JSON: {error}. Send {_EXAMPLE}.") from None
    except ValueError:  # a number of more digits than Python converts
        raise Problem(INVALID_JSON, "The body holds a number that is too long.") from None


def _refuse_constant(name: str) -> NoReturn:
    raise Problem(INVALID_JSON, f"{name} is not JSON.")
