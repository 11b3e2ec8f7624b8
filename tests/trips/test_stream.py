"""A question into events: the same answer as without, told while it is written."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.test import override_settings

from askpress import errors, redis_client, sites
from askpress.answer import ask, events, means, sharing
from askpress.answer.asked import Asked, Options
from askpress.answer.flight import Audience
from askpress.answer.lease import Lease
from tests import visitor
from tests.fakes.openai import SERVER_ERROR, Fault
from tests.trips.bakery import BREAD, QUESTION, QUOTE, say
from tests.trips.conftest import Service
from tests.trips.test_ask import FALSE_CLAIMS

TRUE = {"source": 1, "quote": QUOTE, "numbers": ["4.50"], "text": "A loaf of sourdough costs 4.50 euros."}


def asked(question: str = QUESTION, **options: Any) -> Asked:
    return Asked(question, site=sites.first(), user="tests", options=Options(**options))


def told(question: str = QUESTION, **options: Any) -> list[events.Event]:
    return list(ask.tell(asked(question, **options)))


def names(told: list[events.Event]) -> list[str]:
    return [type(event).__name__ for event in told]


def text(told: list[events.Event]) -> str:
    return "".join(event.text for event in told if isinstance(event, events.Delta))


def done(told: list[events.Event]) -> dict[str, Any]:
    assert isinstance(told[-1], events.Done)
    return told[-1].body


def test_an_answer_is_told_in_the_order_of_its_making(bakery: Service) -> None:
    bakery.openai.piece_chars = 9
    bakery.openai.pause_seconds = 0.005
    say(bakery, TRUE, FALSE_CLAIMS["an invented quote"])

    stream = told()

    kinds = names(stream)
    assert kinds[:3] == ["Meta", "Citation", "Delta"]
    assert kinds[-3:] == ["Sources", "Usage", "Done"]
    assert set(kinds[3:-3]) == {"Delta"}
    assert text(stream) == done(stream)["answer"] == "A loaf of sourdough costs 4.50 euros. [1]"


def test_the_first_word_comes_while_the_model_still_writes(bakery: Service) -> None:
    bakery.openai.piece_chars, bakery.openai.pause_seconds = 20, 0.05
    say(bakery, TRUE, *[{**TRUE, "text": f"So be it{' indeed' * n}."} for n in range(3)])

    telling = ask.tell(asked())
    first = next(event for event in telling if isinstance(event, events.Delta))

    assert (first.text, bakery.openai.at_once) == ("A", 1)


def test_who_joins_those_that_wait_for_the_whole_reads_along(bakery: Service) -> None:
    bakery.openai.piece_chars, bakery.openai.pause_seconds = 20, 0.1
    say(bakery, TRUE, *[{**TRUE, "text": f"So be it{' indeed' * n}."} for n in range(3)])

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ask.ask_json, asked(), listens=lambda: True)
        assert until(lambda: bakery.openai.at_once == 1)
        telling = ask.tell(asked())
        first = next(event for event in telling if isinstance(event, events.Delta))
        assert (first.text, bakery.openai.at_once) == ("A", 1)

        assert done(list(telling)) == json.loads(waiting.result())


@pytest.mark.parametrize("way", ["cached", "refused", "not in the sources", "degraded", "without a key", "broken off"])
def test_every_way_to_answer_tells_the_same_events(bakery: Service, way: str) -> None:
    question = "zebra quantum xylophone" if way == "refused" else QUESTION
    if way == "cached":
        say(bakery, TRUE)
        told()
    if way == "not in the sources":
        say(bakery)
    if way in {"degraded", "broken off"}:
        bakery.openai.fail("/responses", SERVER_ERROR if way == "degraded" else Fault("torn"), times=20)
        say(bakery, TRUE, {**TRUE, "text": "More words of it. " * 20})

    with override_settings(LANGUAGE_PROVIDER="extractive" if way == "without a key" else "openai"):
        stream = told(question)

    answer = done(stream)
    assert names(stream)[0] == "Meta" and names(stream)[-3:] == ["Sources", "Usage", "Done"]
    assert text(stream) == answer["answer"] != ""
    assert [event.citation for event in stream if isinstance(event, events.Citation)] == answer["citations"]
    assert [e.source for e in stream if isinstance(e, events.Citation) and e.source] == answer["sources"]
    assert answer["degraded"] == {"degraded": "extractive", "broken off": "incomplete"}.get(way)


def test_what_is_not_proven_is_marked_on_request(bakery: Service) -> None:
    say(bakery, TRUE, FALSE_CLAIMS["an invented quote"])

    answer = done(told(unverified="mark"))

    assert [citation["support"] for citation in answer["citations"]] == ["verbatim", "none"]


def test_what_was_found_and_not_used_is_listed_on_request(bakery: Service) -> None:
    bakery.site.add("Sourdough", "<p>Sourdough is older than any other loaf, and costs more work.</p>" * 12, id=3)
    bakery.sync()

    def true(prompt: str, schema: dict[str, Any]) -> dict[str, Any]:
        (number,) = [source["number"] for source in json.loads(prompt)["sources"] if QUOTE in source["text"]]
        return {"found": True, "claims": [{**TRUE, "source": number}]}

    bakery.openai.answers = true

    answer = done(told(retrieved=True))

    titles = [source["title"] for source in answer["retrieved"]]
    assert titles.count("Sourdough") == 1
    assert answer["sources"][0]["title"] not in titles
    assert {source["number"] for source in answer["retrieved"]} == {None}


# The same asked by many ------------------------------------------------------------------------------
def test_many_who_ask_the_same_at_once_pay_one_call(bakery: Service) -> None:
    bakery.openai.pause_seconds = 0.05
    say(bakery, TRUE)

    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda n: ask.ask(asked()).body, range(40)))

    assert {answer["answer"] for answer in answers} == {"A loaf of sourdough costs 4.50 euros. [1]"}
    assert bakery.openai.count("/responses") == 1


def flight_name() -> str:
    given = means.Means(None, corpus_version=sites.corpus_version(asked().site.id))
    return ask._flight(asked(), given, ask._name(asked(), ask.language_model()))


@pytest.mark.parametrize("kept", ["kept", "not kept"])
def test_an_answer_that_another_process_makes_is_waited_for(bakery: Service, kept: str) -> None:
    name = flight_name()
    other = Lease(name)
    assert other.take().taken
    say(bakery, TRUE)
    theirs = done(list(ask._paid(asked(), means.Means(ask.language_model()), "askpress:answer:other", Audience())))

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(told)
        assert until(lambda: sharing._flights.listeners == 1)
        time.sleep(0.3)
        before = bakery.openai.count("/responses")
        other.release(landing=json.dumps({**theirs, "cached": kept == "kept"}).encode())
        stream = waiting.result(10)

    assert done(stream)["id"] == theirs["id"]
    assert bakery.openai.count("/responses") == before == 1


def test_when_the_process_that_answers_dies_another_takes_over(bakery: Service) -> None:
    name = flight_name()
    assert Lease(name, seconds=0.5).take().taken
    say(bakery, TRUE)

    assert done(told())["answer"] == "A loaf of sourdough costs 4.50 euros. [1]"
    assert redis_client.call(lambda redis: redis.get(name + ":lease"), default=b"?") is None


def test_a_lease_is_held_as_long_as_it_is_kept(db: None) -> None:
    held, other = Lease("askpress:answer:x", seconds=1.0), Lease("askpress:answer:x")
    assert held.take().taken
    deadline = time.monotonic() + 1.5
    while time.monotonic() < deadline:
        held.keep()
        time.sleep(0.02)

    assert not other.take().taken
    held.release()
    assert other.take().taken


def test_who_asks_after_an_edit_does_not_share_what_was_before(bakery: Service) -> None:
    bakery.openai.pause_seconds = 0.1
    say(bakery, TRUE)
    first = ask.tell(asked())
    assert isinstance(next(first), events.Meta)
    bakery.site.edit(1, html=BREAD.replace("4.50", "5.10"))
    bakery.sync()
    new = {**TRUE, "quote": QUOTE.replace("4.50", "5.10"), "numbers": ["5.10"], "text": "It costs 5.10 euros."}
    say(bakery, new)

    second = done(told())

    assert second["answer"] == "It costs 5.10 euros. [1]"
    assert done(list(first))["answer"] == "A loaf of sourdough costs 4.50 euros. [1]"
    assert done(told())["id"] == second["id"]


def test_a_refusal_while_the_site_changes_is_not_kept(bakery: Service) -> None:
    def add_meanwhile(prompt: str, schema: dict[str, Any]) -> dict[str, Any]:
        bakery.site.add("Prices of sourdough", "<p>A loaf of sourdough costs 6 euros.</p>", id=5)
        bakery.sync()
        return {"found": False, "claims": []}

    bakery.openai.answers = add_meanwhile
    assert done(told())["refused"]
    bakery.openai.answers = lambda prompt, schema: {"found": False, "claims": []}

    assert done(told())["cached"] is False


def test_beyond_the_bound_who_would_wait_is_told_busy(bakery: Service) -> None:
    bakery.openai.pause_seconds = 0.3
    say(bakery, TRUE)
    with override_settings(ANSWERS_AT_ONCE=2):
        listening = [ask.tell(asked()) for _ in range(2)]
        assert [names([next(stream)]) for stream in listening] == [["Meta"], ["Meta"]]

        with pytest.raises(errors.Busy):
            next(ask.tell(asked()))
        for stream in listening:
            stream.close()

    assert sharing._flights.listeners == 0


def until(true: Any) -> bool:
    deadline = time.monotonic() + 8
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(true())


def test_when_nobody_listens_any_more_the_call_ends(bakery: Service) -> None:
    bakery.openai.fail("/responses", Fault("stalled"))
    say(bakery, TRUE, {**TRUE, "text": "More words of it. " * 20})
    streams = [ask.tell(asked()) for _ in range(2)]
    for stream in streams:
        next(event for event in stream if isinstance(event, events.Delta))

    streams[0].close()
    assert bakery.openai.at_once == 1
    streams[1].close()

    assert until(lambda: bakery.openai.hung_up == 1)


def test_a_model_that_says_nothing_for_a_while_is_bridged_by_beats(bakery: Service) -> None:
    bakery.openai.fail("/responses", Fault("stalled"))
    say(bakery, TRUE, {**TRUE, "text": "More words of it. " * 20})

    with override_settings(HEARTBEAT_SECONDS=0.05):
        stream = ask.tell(asked())
        beats = [event for event, _ in zip(stream, range(40), strict=False) if isinstance(event, events.Beat)]
        stream.close()

    assert len(beats) > 3


# Over HTTP -------------------------------------------------------------------------------------------
def lines(reply: Any) -> list[tuple[str, Any]]:
    blocks = b"".join(reply.streaming_content).decode().split("\n\n")
    pairs = [block.split("\n", 1) for block in blocks if block and not block.startswith(":")]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in pairs]


@pytest.fixture
def asking(bakery: Service) -> Iterator[visitor.Visitor]:
    yield visitor.with_key("ask")


def test_over_http_the_last_event_is_the_json_answer(bakery: Service, asking: visitor.Visitor) -> None:
    say(bakery, TRUE)

    reply = asking.post("/ask", {"q": QUESTION, "stream": True})
    told = lines(reply)
    again = visitor.body(asking.post("/ask", {"q": QUESTION}))

    assert (reply.status_code, reply["Content-Type"], reply["X-Accel-Buffering"]) == (200, "text/event-stream", "no")
    assert [name for name, _ in told][:2] == ["meta", "citation"]
    assert {**told[-1][1], "cached": True} == again
    assert told[1][1]["source"] == again["sources"][0]
    assert "".join(data["text"] for name, data in told if name == "delta") == again["answer"]


FIVE = [
    TRUE,
    FALSE_CLAIMS["an altered digit"],
    FALSE_CLAIMS["the wrong source"],
    {**TRUE, "source": 9, "text": "It is free [9]."},
    {**TRUE, "quote": "sourdough at http://evil.example/", "text": "See http://evil.example/?q=sourdough [9]."},
]


@pytest.mark.parametrize("piece_chars", [1, 2, 3, 5, 8, 13, 10_000])
def test_of_five_claims_the_true_one_alone_is_said_in_json_and_in_the_stream(
    bakery: Service, asking: visitor.Visitor, piece_chars: int
) -> None:
    bakery.openai.piece_chars = piece_chars
    say(bakery, *FIVE)
    say(bakery, *FIVE)

    told = lines(asking.post("/ask", {"q": QUESTION, "stream": True}))
    redis_client.call(lambda redis: redis.flushall(), default=None)
    body = visitor.body(asking.post("/ask", {"q": QUESTION}))

    streamed = [data["text"] for name, data in told if name == "delta"]
    assert "".join(streamed) == told[-1][1]["answer"] == body["answer"] == "A loaf of sourdough costs 4.50 euros. [1]"
    assert (
        [data["quote"] for name, data in told if name == "citation"]
        == [c["quote"] for c in body["citations"]]
        == [QUOTE]
    )
    assert (body["cached"], "evil.example" in json.dumps([told, body])) == (False, False)


@pytest.mark.parametrize(
    ("accept", "stream", "kind"),
    [
        ("text/event-stream", None, "text/event-stream"),
        ("text/event-stream, */*", True, "text/event-stream"),
        ("text/event-stream", False, "application/json"),
        ("application/json", None, "application/json"),
        ("application/json", True, "text/event-stream"),
    ],
)
def test_the_body_decides_what_comes_else_the_header(
    bakery: Service, asking: visitor.Visitor, accept: str, stream: bool | None, kind: str
) -> None:
    given = {"q": "zebra quantum xylophone"} | ({} if stream is None else {"stream": stream})

    reply = asking.post("/ask", given, Accept=accept)

    assert reply["Content-Type"] == kind
    assert b"".join(reply) if reply.streaming else reply.content


@pytest.mark.parametrize("wrong", [{"stream": "yes"}, {"stream": 1}, {"unverified": "keep"}, {"retrieved": "true"}])
def test_wrong_options_are_refused_by_name(asking: visitor.Visitor, wrong: dict[str, Any]) -> None:
    reply = asking.post("/ask", {"q": QUESTION, **wrong})

    assert (reply.status_code, visitor.body(reply)["errors"][0]["pointer"]) == (400, f"#/{next(iter(wrong))}")


def test_busy_is_a_problem_with_a_time_to_come_again(bakery: Service, asking: visitor.Visitor) -> None:
    with override_settings(ANSWERS_AT_ONCE=0):
        replies = [asking.post("/ask", {"q": QUESTION, "stream": stream}) for stream in (True, False)]

    assert [(reply.status_code, visitor.body(reply)["code"]) for reply in replies] == [(503, "busy")] * 2
    assert [reply["Retry-After"] for reply in replies] == ["5", "5"]
