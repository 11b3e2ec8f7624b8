"""Phrases, left out words and identifiers of a query."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askpress.retrieval import literal
from askpress.retrieval.literal import Literal


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("plain words", Literal("plain words")),
        ('a "ghost kitchen" here', Literal("a ghost kitchen here", ("ghost kitchen",))),
        ("“ghost kitchen”", Literal("ghost kitchen", ("ghost kitchen",))),
        ("„Lange Nacht“ Tickets", Literal("Lange Nacht Tickets", ("Lange Nacht",))),
        ("«nuit blanche»", Literal("nuit blanche", ("nuit blanche",))),
        ("bikes -electric", Literal("bikes", (), ("electric",))),
        ('bikes -"test ride" now', Literal("bikes now", (), ("test ride",))),
        ('"a b" -cd "e f" -gh', Literal("a b e f", ("a b", "e f"), ("cd", "gh"))),
        ('unbalanced "quote here', Literal('unbalanced "quote here')),
        ('one "two" three "four', Literal('one two three "four', ("two",))),
        ('empty "" quotes " "', Literal('empty "" quotes " "')),
        ('5" pipe and 6" pipe', Literal('5" pipe and 6" pipe')),
        ("git commit -m message --force", Literal("git commit -m message --force")),
        ("minus -5 and e-mail and wp-config.php", Literal("minus -5 and e-mail and wp-config.php")),
        ("-only -left -out", Literal("-only -left -out")),
        ("bikes, -electric, cheap", Literal("bikes, , cheap", (), ("electric",))),
        ("bikes (-electric) -don't.", Literal("bikes (-electric) .", (), ("don't",))),
        ("bikes -wp-config.php?", Literal("bikes ?", (), ("wp-config.php",))),
        ("-", Literal("-")),
        ('"', Literal('"')),
        ('"-bikes"', Literal("-bikes", ("-bikes",))),
    ],
)
def test_a_query_is_taken_apart(query: str, expected: Literal) -> None:
    assert literal.read(query) == expected


@pytest.mark.parametrize(
    ("part", "spelt"),
    [("e-bike", ("e-bike", "ebike")), ("wp-config.php", ("wp-config.php",)), ("two words-tied", ("two words-tied",))],
)
def test_what_is_left_out_is_left_out_in_one_word_too(part: str, spelt: tuple[str, ...]) -> None:
    assert literal.spellings(part) == spelt


def test_no_more_than_ten_parts_are_taken() -> None:
    assert len(literal.read('"word" ' * 2_000).phrases) == 10
    assert literal.read(f'"{"long " * 100}"').phrases == ()


@given(st.text())
def test_any_query_is_read(query: str) -> None:
    found = literal.read(query)

    assert found.text or not query.strip()
    for phrase in found.phrases + found.excluded:
        assert phrase
        # Python's expressions differ from PostgreSQL's in nothing that is used here.
        assert re.search(literal.pattern(phrase), f" {phrase} ", re.IGNORECASE)


@pytest.mark.parametrize(
    ("phrase", "text", "expected"),
    [
        ("ghost kitchen", "a Ghost\nKitchen opens", True),
        ("ghost kitchen", "a **ghost** *kitchen*", True),
        ("ghost kitchen", "ghost town kitchen", False),
        ("art", "a party", False),
        ("don't panic", "Don’t panic!", True),
        ("$_POST['x']", "use $_POST['x'] here", True),
        ("C++", "in C++, say", True),
        ("1.5", "125", False),
        ("自転車", "安い自転車を", True),
        (".*", "anything", False),
    ],
)
def test_a_phrase_is_found_to_the_letter(phrase: str, text: str, expected: bool) -> None:
    assert bool(re.search(literal.pattern(phrase), text, re.IGNORECASE)) is expected
