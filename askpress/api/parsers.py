"""Reads a request's parameters strictly: one JSON object, whatever the Content-Type says of it."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest

from askpress.api.problems import COMPRESSED, INVALID_JSON, Problem

_EXAMPLE = '{"q": "your question"}'


def json_object(request: HttpRequest) -> dict[str, Any]:
    """Return the members of the body; raises Problem for anything but one JSON object in UTF-8."""
    return members(body(request))


def members(raw: bytes, *, example: str = _EXAMPLE) -> dict[str, Any]:
    """Return the members of a body; raises as `json_object` does, with `example` as what to send instead."""
    value = _parse(_text(raw, example), example)
    if not isinstance(value, dict):
        raise Problem(INVALID_JSON, f"The body is JSON, but not an object: send {example}.")
    return value


def query(request: HttpRequest) -> dict[str, Any]:
    """Return the parameters of the address; of a repeated one all values, as a list."""
    return {name: values if len(values) > 1 else values[0] for name, values in request.GET.lists()}


def body(request: HttpRequest) -> bytes:
    """Return the body as it was sent; it can be read once.

    Raises RequestDataTooBig, and Problem for one that is compressed or in broken chunks.
    """
    if request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower() not in ("", "identity"):
        detail = "The body is compressed: send it without Content-Encoding."
        raise Problem(COMPRESSED, detail, headers={"Accept-Encoding": "identity"})
    # Django takes a body without Content-Length for none; the web server has it and marks its end.
    if request.META.get("HTTP_TRANSFER_ENCODING") and request.META.get("wsgi.input_terminated"):
        return _read_chunked(request)
    return request.body


def _read_chunked(request: HttpRequest) -> bytes:
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    try:
        raw: bytes = request.META["wsgi.input"].read(limit + 1)
    except Exception:  # noqa: BLE001  each web server has classes of its own for a broken chunk
        raise Problem(INVALID_JSON, "The body's chunks are broken.") from None
    if len(raw) > limit:
        raise RequestDataTooBig
    return raw


def _text(raw: bytes, example: str) -> str:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Problem(INVALID_JSON, f"The body is not UTF-8: see byte {error.start}.") from None
    if not text.strip():
        raise Problem(INVALID_JSON, f"The body is empty: send {example}.")
    return text


def _parse(text: str, example: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_once)
    except RecursionError:
        raise Problem(INVALID_JSON, f"The body is nested too deeply: send {example}.") from None
    except json.JSONDecodeError as error:
        raise Problem(INVALID_JSON, f"The body is not JSON: {error}. Send {example}.") from None
    except ValueError:  # a number of more digits than Python converts
        raise Problem(INVALID_JSON, "The body holds a number that is too long.") from None


def _once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a member that is there twice: of which one is meant, a proxy in between may think otherwise."""
    told = dict(members)
    if len(told) < len(members):
        raise Problem(INVALID_JSON, "The body holds an object that names a member twice.")
    return told


def _refuse_constant(name: str) -> NoReturn:
    raise Problem(INVALID_JSON, f"{name} is not JSON.")
