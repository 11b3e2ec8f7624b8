"""Events over the wire, made of events told."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.test import RequestFactory

from askpress import errors, logs
from askpress.answer import events
from askpress.api import streaming

META = events.Meta(id="1", cached=False, language="en", as_of=None)


def wire(*told: events.Event, fails: Exception | None = None) -> list[str]:
    def tell() -> Iterator[events.Event]:
        yield from told
        if fails is not None:
            raise fails

    reply = streaming.response(tell(), path="/ask")
    return b"".join(reply).decode().split("\n\n")[:-1]


def test_an_event_is_two_lines_and_a_beat_one_that_clients_pass_over() -> None:
    sent = wire(META, events.Delta("two\nlines — “so”"), events.Beat(), events.Done({"answer": "\ud83d"}))

    assert sent == [
        'event: meta\ndata: {"id":"1","cached":false,"language":"en","as_of":null}',
        'event: delta\ndata: {"text":"two\\nlines — “so”"}',
        ": still there",
        'event: done\ndata: {"answer":"?"}',
    ]


@pytest.mark.parametrize(
    ("error", "code"),
    [(errors.StoreUnavailable("gone"), "store_unavailable"), (RuntimeError("secret"), "internal_error")],
)
def test_what_goes_wrong_halfway_is_an_event_with_the_requests_id(error: Exception, code: str) -> None:
    token = logs.trace.set("trace-of-mine")
    try:
        _, last = wire(META, fails=error)
    finally:
        logs.trace.reset(token)

    told = json.loads(last.removeprefix("event: error\ndata: "))
    assert (told["code"], told["request_id"], "secret" in last) == (code, "trace-of-mine", False)


def test_what_goes_wrong_before_the_first_event_is_no_stream() -> None:
    with pytest.raises(errors.Busy):
        wire(fails=errors.Busy("too many"))


def test_who_goes_away_ends_the_telling() -> None:
    ended = []

    def tell() -> Iterator[events.Event]:
        try:
            yield META
            yield META
        finally:
            ended.append(True)

    reply = streaming.response(tell(), path="/ask")
    next(iter(reply))
    reply.close()

    assert ended == [True]


@pytest.mark.parametrize(
    ("accept", "streamed"),
    [
        ("text/event-stream", True),
        ("Text/Event-Stream; charset=utf-8", True),
        ("application/json, text/event-stream;q=0.1", True),
        ("text/event-stream; q=0, application/json", False),
        ("text/event-stream-v2", False),
        ("text/*", False),
        ("*/*", False),
        (";;,text/event-stream*=\xff", False),
    ],
)
def test_the_header_accept_asks_for_events_where_the_body_says_nothing(accept: str, streamed: bool) -> None:
    request = RequestFactory().post("/ask", HTTP_ACCEPT=accept)

    assert streaming.wanted(request, None) is streamed
    assert streaming.wanted(request, not streamed) is not streamed
