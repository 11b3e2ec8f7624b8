"""A model's reply, read while it is written."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askpress.answer.reading import MAX_CLAIMS, Claim, Reading

FIRST = {"source": 1, "quote": "a quote", "numbers": ["4.50"], "text": 'It "is" 4.50 \U0001f35e.'}
SECOND = {"source": 2, "quote": "another", "text": "So."}
REPLY = json.dumps({"found": True, "claims": [FIRST, SECOND]})


def read(text: str, *cuts: int) -> list[Claim | None]:
    """Return the claims of a reply that arrives in pieces."""
    reading, begin = Reading(), 0
    for cut in sorted(cuts):
        reading.feed(text[begin:cut])
        begin = max(begin, cut)
    reading.feed(text[begin:])
    reading.end()
    return reading.claims()


def claims(*items: dict[str, Any]) -> str:
    return json.dumps({"claims": items})


def test_a_whole_reply_is_its_claims() -> None:
    assert read(REPLY) == [
        Claim(1, "a quote", 'It "is" 4.50 \U0001f35e.', ("4.50",)),
        Claim(2, "another", "So.", None),
    ]


def test_a_line_that_ends_within_a_text_is_read_as_a_blank() -> None:
    assert read(REPLY.replace("a quote", "a\nquote")) == read(REPLY)


@given(st.lists(st.integers(0, len(REPLY)), max_size=20))
def test_a_reply_means_the_same_in_whatever_pieces_it_comes(cuts: list[int]) -> None:
    assert read(REPLY, *cuts) == read(REPLY)


def test_a_claim_is_known_once_its_text_begins_and_the_text_grows() -> None:
    reading, seen = Reading(), []
    for character in REPLY:
        reading.feed(character)
        seen.append(reading.claims()[:1])

    known = [claim.text for claims in seen for claim in claims if claim]
    assert seen[: REPLY.index('"text"')] == [[]] * REPLY.index('"text"')
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(known))
    assert known[-1] == FIRST["text"]


def test_a_claim_is_whole_with_its_brace() -> None:
    reading = Reading()
    reading.feed(REPLY[: REPLY.index("}") + 1])

    assert [claim.whole for claim in reading.claims() if claim] == [True]


def test_a_claim_that_breaks_off_is_not_whole() -> None:
    (claim,) = read(REPLY[: REPLY.index("4.50 ")])

    assert claim is not None and not claim.whole


@pytest.mark.parametrize(
    "tail",
    ['{"source": 3, "quote": "thr', "nothing of JSON", '"source"]', "\\ud83d", '}, "claims": []', "```", "]}```\n"],
)
def test_what_comes_before_nonsense_counts(tail: str) -> None:
    whole = claims(FIRST)[:-2] + "," if tail.startswith("{") else claims(FIRST)[:-2]

    assert read(whole + tail)[:1] == read(claims(FIRST))


@given(st.text(alphabet='{}[]",:\\u1ae claimsfoundsourcequotetext', max_size=80), st.lists(st.integers(0, 80)))
def test_nonsense_breaks_nothing(text: str, cuts: list[int]) -> None:
    assert read(text, *cuts) == read(text)


@pytest.mark.parametrize(
    "item",
    [1, None, [], {}, {"source": "1", "quote": "q", "text": "t"}, {"source": True, "quote": "q", "text": "t"},
     {"source": 1, "quote": None, "text": "t"}, {"source": 1, "quote": "q", "text": 3}],
)  # fmt: skip
def test_what_has_not_a_claims_form_is_none(item: Any) -> None:
    assert read(claims(item, SECOND)) == [None, Claim(2, "another", "So.", None)]


def test_a_text_before_its_quote_is_read_when_it_is_whole() -> None:
    turned = {"text": "So.", "numbers": [], "quote": "another", "source": 2}

    assert read(claims(turned)) == [Claim(2, "another", "So.", None)]


@pytest.mark.parametrize(
    ("reply", "nothing"),
    [('{"found": false, "claims": []}', True), ('{"found": false', True), ('{"claims": [], "found": false}', True),
     ('{"claims": [{}], "found": false}', False), ('{"found": "no"}', False), ("", False)],
)  # fmt: skip
def test_nothing_was_found_when_that_is_said_and_no_claim_before(reply: str, nothing: bool) -> None:
    reading = Reading()
    reading.feed(reply)
    reading.end()

    assert reading.found_nothing is nothing


def test_a_reply_that_repeats_for_ever_has_an_end() -> None:
    assert len(read(claims(*[SECOND] * 500))) == MAX_CLAIMS


@pytest.mark.parametrize("reply", ["null", "[1, 2]", '"text"', "{}", '{"claims": {}}', '{"claims": "x"}', "\ufeff", ""])
def test_what_is_no_reply_has_no_claims(reply: str) -> None:
    assert read(reply) == []
