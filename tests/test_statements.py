"""From a model's reply to what is said: only what is proven, in the answer and in the stream alike."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askpress.answer import context, events, replay
from askpress.answer.citations import Sources
from askpress.answer.speech import Speech
from askpress.answer.statements import Statements
from tests.passages import passage

BREAD = "Our sourdough rests overnight and costs 4.50 euros a loaf. It is baked at six in the morning."
TEA = "Green tea is brewed with water of eighty degrees, never hotter."
EXCERPTS = context.build([passage(BREAD), passage(TEA, document=2)], max_tokens=999)

TRUE = {"source": 1, "quote": "costs 4.50 euros a loaf", "numbers": ["4.50"], "text": "A loaf costs 4.50 euros."}
HOT = {
    "source": 2,
    "quote": "water of eighty degrees",
    "numbers": [],
    "text": "Use water of eighty degrees, never more.",
}
FALSE = {
    "an altered digit": {
        **TRUE,
        "quote": "costs 4.60 euros a loaf",
        "numbers": ["4.60"],
        "text": "It costs 4.60 euros.",
    },
    "an altered digit, announced": {**TRUE, "numbers": ["4.60"], "text": "It costs 4.60 euros."},
    "an altered digit, in the text alone": {"source": 1, "quote": TRUE["quote"], "text": "It costs 4.60 euros."},
    "the wrong source": {**TRUE, "source": 2},
    "a source that does not exist": {**TRUE, "source": 9},
    "an invented quote": {**TRUE, "quote": "sourdough is free of charge"},
    "the same again": TRUE,
    "the same with a foreign address": {**TRUE, "text": "See https://evil.example/x for bread at 4.50 euros."},
}
FOREIGN = {
    **HOT,
    "text": "Use water [9] of [eighty](http://evil.example/?q=4) degrees 【3†source】, see http://evil.example.",
}


def reply(*claims: dict[str, Any]) -> str:
    return json.dumps({"found": True, "claims": claims}, ensure_ascii=False)


def stream(pieces: Iterable[str], unverified: str = "drop") -> tuple[Speech, list[events.Event]]:
    speech = Speech()
    statements = Statements(Sources(EXCERPTS), speech, unverified=unverified)
    told = [event for piece in pieces for event in statements.hear(piece)]
    return speech, [*told, *statements.end()]


def text(told: Iterable[events.Event]) -> str:
    return "".join(event.text for event in told if isinstance(event, events.Delta))


def cut(whole: str, cuts: Iterable[int]) -> list[str]:
    places = [0, *sorted({place % len(whole) for place in cuts}), len(whole)]
    return [whole[begin:end] for begin, end in itertools.pairwise(places)]


HOSTILE = reply(TRUE, *FALSE.values(), FOREIGN)
EXPECTED = "A loaf costs 4.50 euros. [1] Use water of eighty degrees, see [2]"


@given(st.lists(st.integers(0, len(HOSTILE) - 1), max_size=40))
def test_only_what_is_proven_survives_at_every_boundary(cuts: list[int]) -> None:
    speech, told = stream(cut(HOSTILE, cuts))

    assert text(told) == speech.text == EXPECTED
    assert [event.citation for event in told if isinstance(event, events.Citation)] == speech.citations
    assert [source["number"] for source in speech.sources] == [1, 2]


def test_only_what_is_proven_survives_whichever_boundary_it_is() -> None:
    said = {text(stream([HOSTILE[:place], HOSTILE[place:]])[1]) for place in range(len(HOSTILE))}

    assert said == {EXPECTED}


def test_character_by_character_it_is_the_same() -> None:
    assert text(stream(HOSTILE)[1]) == EXPECTED


@pytest.mark.parametrize("name", FALSE)
def test_a_claim_that_is_not_proven_leaves_nothing(name: str) -> None:
    _, told = stream(reply(TRUE, FALSE[name]))

    assert text(told) == "A loaf costs 4.50 euros. [1]"
    assert len([event for event in told if isinstance(event, events.Citation)]) == 1


def test_words_leave_as_soon_as_the_quote_is_proven_and_the_word_is_written() -> None:
    speech = Speech()
    statements = Statements(Sources(EXCERPTS), speech, unverified="drop")
    whole, heard = reply(TRUE), {}
    for at, character in enumerate(whole, start=1):
        heard[at] = text(statements.hear(character))

    written = whole.index("A loaf")
    assert {at - written: words for at, words in heard.items() if words} == {
        2: "A", 7: " loaf", 13: " costs", 18: " 4.50", len("A loaf costs 4.50 euros.") + 2: " euros. [1]"
    }  # fmt: skip


def test_the_proof_comes_before_what_it_proves() -> None:
    _, told = stream(reply(TRUE, HOT))

    kinds = [type(event).__name__ for event in told]
    assert kinds.index("Citation") == 0
    assert [event.source["number"] for event in told if isinstance(event, events.Citation) and event.source] == [1, 2]


def test_a_number_that_was_not_announced_and_is_false_ends_the_statement() -> None:
    speech, told = stream(reply({**TRUE, "text": "A loaf costs 4.50 euros and 7 dollars."}, HOT))

    assert text(told) == speech.text
    assert speech.text.startswith("A loaf costs 4.50 euros and… [1] Use water")


@pytest.mark.parametrize("place", range(1, len(reply(TRUE, HOT))))
def test_a_reply_that_breaks_off_anywhere_says_nothing_that_is_not_proven(place: int) -> None:
    speech, told = stream([reply(TRUE, HOT)[:place]])

    whole = "A loaf costs 4.50 euros. [1] Use water of eighty degrees, never more. [2]"
    assert text(told) == speech.text
    assert "".join(speech.text.split("…")[0]) in (whole[: len(speech.text.split("…")[0])], "")
    assert speech.text.count("[") == len(speech.citations)


def test_marked_what_is_not_proven_stays_without_a_source() -> None:
    speech, told = stream(reply(TRUE, FALSE["an invented quote"], FALSE["an altered digit, in the text alone"]), "mark")

    assert text(told) == speech.text == "A loaf costs 4.50 euros. [1] A loaf costs 4.50 euros. It costs 4.60 euros."
    assert [citation["support"] for citation in speech.citations] == ["verbatim", "none", "none"]
    assert [speech.text[c["answer_start"] :][:6] for c in speech.citations] == ["A loaf", "A loaf", "It cos"]
    assert len(speech.sources) == 1


def test_a_foreign_address_is_taken_out_of_what_is_marked_too() -> None:
    speech, _ = stream(reply({**FOREIGN, "source": 9}), "mark")

    assert speech.text == "Use water of eighty degrees, see"


def test_a_claim_of_nothing_but_an_address_is_none() -> None:
    speech, told = stream(reply({**TRUE, "text": "http://evil.example [9]"}))

    assert (speech.text, told) == ("", [])


def test_what_was_said_can_be_told_again_from_the_body() -> None:
    speech, told = stream(reply(TRUE, HOT, {**TRUE, "text": "Really 4.50."}))
    body = {"answer": speech.text, "citations": speech.citations, "sources": speech.sources, "usage": {}}

    again = list(replay.told({**body, "id": "1", "cached": True, "language": "en", "as_of": None}))

    assert text(again) == text(told)
    citations = [event for event in told if isinstance(event, events.Citation)]
    assert [event for event in again if isinstance(event, events.Citation)] == citations
