"""A language model's reply in pieces: both APIs, every way to break off, and an end from another thread."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from askpress import providers
from askpress.errors import ProviderUnavailable
from askpress.providers.contract import Call, Completion
from tests.fakes.openai import KEY, FakeOpenAI, Fault
from tests.test_providers_language import SCHEMA, language

LONG = {"text": "Because it is so, and has always been so. " * 8}


def pieces(model: Any, call: Call | None = None) -> list[str | Completion]:
    return list(model.stream(instructions="Be brief.", prompt="Why?", schema=SCHEMA, user="u", call=call))


@pytest.mark.parametrize("unknown", ["nothing", "/responses", "stream", "events"])
def test_a_reply_comes_in_pieces_or_whole_from_who_cannot_stream(openai_server: FakeOpenAI, unknown: str) -> None:
    openai_server.unknown.add(unknown)
    openai_server.scripted.append(LONG)

    with language(openai_server, "llama3.2") as model:
        *heard, completion = pieces(model)

    assert json.loads("".join(str(piece) for piece in heard)) == LONG
    assert (len(heard) > 1) is (unknown not in {"stream", "events"})
    assert isinstance(completion, Completion) and completion.data == LONG and completion.usage.output_tokens > 0


def test_a_server_that_cannot_stream_is_not_asked_to_again(openai_server: FakeOpenAI) -> None:
    openai_server.unknown.add("stream")

    with language(openai_server, "llama3.2") as model:
        pieces(model)
        pieces(model)

    assert ["stream" in request.body for request in openai_server.requests] == [True, False, False]


@pytest.mark.parametrize("path", ["/responses", "/chat/completions"])
@pytest.mark.parametrize("fault", ["torn", "garbled", "unending", "huge", "stalled"])
def test_a_reply_that_breaks_off_is_told_after_what_was_said(openai_server: FakeOpenAI, path: str, fault: str) -> None:
    openai_server.unknown.update({"/responses"} - {path})
    openai_server.fail(path, Fault(fault))
    openai_server.scripted.append(LONG)
    heard: list[Any] = []

    with language(openai_server, timeout_seconds=0.5) as model, pytest.raises(ProviderUnavailable):
        heard.extend(model.stream(instructions="", prompt="Why?", schema=SCHEMA, user="", call=None))

    assert heard


def test_a_model_that_repeats_for_ever_is_cut_off(openai_server: FakeOpenAI) -> None:
    openai_server.fail("/responses", Fault("endless"))
    openai_server.scripted.append(LONG)

    with language(openai_server) as model:
        *heard, completion = pieces(model)

    assert isinstance(completion, Completion) and completion.outcome == "incomplete"
    assert sum(len(str(piece)) for piece in heard) <= 16 * 300


def test_a_whole_reply_that_is_too_long_is_cut_off_and_its_usage_is_known(openai_server: FakeOpenAI) -> None:
    openai_server.unknown.add("stream")
    openai_server.scripted.append({"text": "so it is, " * 1_000_000})

    with language(openai_server) as model:
        (completion,) = pieces(model)

    assert isinstance(completion, Completion) and completion.outcome == "incomplete"
    assert completion.usage.output_tokens > 1_000_000


def test_prose_before_the_object_is_held_back(openai_server: FakeOpenAI) -> None:
    openai_server.piece_chars = 3
    openai_server.scripted.append('Here it is:\n```json\n{"text": "fenced"}\n```')

    with language(openai_server) as model:
        *heard, completion = pieces(model)

    assert str(heard[0]).startswith("{")
    assert isinstance(completion, Completion) and completion.data == {"text": "fenced"}


def test_another_thread_ends_a_call_that_waits_for_its_next_piece(openai_server: FakeOpenAI) -> None:
    openai_server.fail("/responses", Fault("stalled"))
    openai_server.scripted.append(LONG)
    call = Call()

    with language(openai_server, timeout_seconds=60) as model:
        reply = model.stream(instructions="", prompt="Why?", schema=SCHEMA, user="", call=call)
        next(reply)
        threading.Timer(0.1, call.end).start()
        begun = time.monotonic()
        with pytest.raises(ProviderUnavailable):
            list(reply)

    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("fault", ["stall", "drip"])
def test_another_thread_ends_a_call_that_waits_for_the_head_of_its_reply(openai_server: FakeOpenAI, fault: str) -> None:
    openai_server.fail("/responses", Fault(fault))
    call = Call()
    threading.Timer(0.2, call.end).start()
    begun = time.monotonic()

    with language(openai_server, timeout_seconds=60) as model, pytest.raises(ProviderUnavailable):
        pieces(model, call)

    assert time.monotonic() - begun < 5


def test_who_ends_a_call_that_is_over_ends_no_other_on_its_connection(openai_server: FakeOpenAI) -> None:
    openai_server.scripted.extend([LONG, LONG])
    openai_server.pause_seconds = 0.05
    over, other = Call(), Call()

    with language(openai_server) as model:
        pieces(model, over)
        reply = model.stream(instructions="", prompt="Why?", schema=SCHEMA, user="", call=other)
        next(reply)
        over.end()
        *_, completion = reply
        connections = len(openai_server.connections)

    assert isinstance(completion, Completion) and completion.data == LONG
    assert connections == 1


def test_all_requests_of_a_call_share_its_time(openai_server: FakeOpenAI) -> None:
    openai_server.scripted.append(LONG)
    openai_server.fail("/responses", Fault("stalled"))
    openai_server.fail("/responses", Fault("stall"), times=2)
    call = Call()
    call.end_within(0.6)
    begun = time.monotonic()

    with language(openai_server, timeout_seconds=60) as model:
        with pytest.raises(ProviderUnavailable):
            pieces(model, call)
        with pytest.raises(ProviderUnavailable):
            pieces(model, call)

    assert time.monotonic() - begun < 5
    assert openai_server.count("/responses") == 1


def test_nothing_is_asked_again_for_a_call_that_was_ended(openai_server: FakeOpenAI) -> None:
    openai_server.fail("/responses", Fault("stall"))
    call = Call()
    threading.Timer(0.2, call.end).start()
    model = providers.language_model(
        "gpt-4o", base_url=openai_server.url, api_key=KEY, timeout_seconds=60, max_output_tokens=300
    )

    with pytest.raises(ProviderUnavailable):
        pieces(model, call)

    assert openai_server.count("/responses") == 1
