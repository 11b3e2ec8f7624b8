"""Answers as server-sent events: what happens is told as it happens, and so is what goes wrong."""

from __future__ import annotations

import itertools
import select
from collections.abc import Iterator, Mapping
from typing import Any

from django.http import HttpRequest, StreamingHttpResponse

from askpress import logs
from askpress.answer import body, events
from askpress.api import problems

CONTENT_TYPE = "text/event-stream"
# What a client says of a type that it will not take.
_NEVER = {"q=0", "q=0.0", "q=0.00", "q=0.000"}
# A line that clients pass over: it keeps the connection open, and shows whether somebody is at its other end.
_BEAT = b": still there\n\n"
# A client that says it sends no more has gone, as for nginx: between it and one that waits TCP knows no difference.
_GONE = select.POLLHUP | select.POLLERR | getattr(select, "POLLRDHUP", 0)


def wanted(request: HttpRequest, asked: bool | None) -> bool:
    """True when the answer shall be streamed: the body's `stream` says so, or without it the header Accept."""
    return _accepts_events(request.META.get("HTTP_ACCEPT", "")) if asked is None else asked


def _accepts_events(accept: str) -> bool:
    kinds = [[part.strip() for part in kind.lower().split(";")] for kind in accept.split(",")]
    return any(kind == CONTENT_TYPE and not _NEVER.intersection(weights) for kind, *weights in kinds)


def response(told: Iterator[events.Event], *, path: str) -> StreamingHttpResponse:
    """Return the response that tells; what goes wrong before the first event is raised and answered as ever."""
    first = next(told)
    reply = StreamingHttpResponse(_lines(first, told, path, logs.trace.get()), content_type=CONTENT_TYPE)
    # nginx would keep the events back until there are some kilobytes of them.
    reply.headers["X-Accel-Buffering"] = "no"
    return reply


def listens(request: HttpRequest) -> bool:
    """True while the client's connection stands, as far as it can be known."""
    client = request.META.get("gunicorn.socket")
    if client is None:
        return True
    poll = select.poll()
    poll.register(client, _GONE)
    return not poll.poll(0)


def _lines(first: events.Event, told: Iterator[events.Event], path: str, trace: str) -> Iterator[bytes]:
    token = logs.trace.set(trace)
    try:
        yield from map(_line, itertools.chain([first], told))
    except Exception as error:  # noqa: BLE001  the status is sent already: an event tells it
        problem = problems.of(error) or problems.fault()
        yield b"event: error\ndata: " + problems.body(problem, path=path) + b"\n\n"
    finally:
        # Whoever makes the answer is told at once that nobody listens.
        if isinstance(told, Iterator) and hasattr(told, "close"):
            told.close()
        logs.trace.reset(token)


def _line(event: events.Event) -> bytes:
    if isinstance(event, events.Beat):
        return _BEAT
    name = type(event).__name__.lower()
    return b"event: " + name.encode() + b"\ndata: " + body.as_json(_members(event)) + b"\n\n"


def _members(event: events.Event) -> Mapping[str, Any]:
    match event:
        case events.Meta():
            return {"id": event.id, "cached": event.cached, "language": event.language, "as_of": event.as_of}
        case events.Citation():
            return {**event.citation, "source": event.source}
        case events.Delta():
            return {"text": event.text}
        case events.Sources():
            return {"sources": event.sources}
        case events.Usage():
            return event.usage
        case events.Done():
            return event.body
    return {}
