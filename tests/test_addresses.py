"""Addresses of quotes: what a browser needs to find the words."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askpress.answer import addresses

PAGE = "http://site.test/prices"
TEXT = "We're open Mon-Fri, tea & cake from 9–5; «gratis». | a | row |\nAn **odd** one."


def of(quote: str, *, anchor: str = "", text: str = TEXT) -> str:
    start = text.index(quote)
    return addresses.of_quote(PAGE, anchor, text, start, start + len(quote)).removeprefix(PAGE)


@pytest.mark.parametrize(
    ("quote", "fragment"),
    [
        ("open Mon-Fri", "#:~:text=open%20Mon%2DFri"),
        ("Mon-Fri, tea & cake", "#:~:text=Mon%2DFri%2C%20tea%20%26%20cake"),
        ("from 9–5; «gratis»", "#:~:text=from%209%E2%80%935%3B%20%C2%ABgratis%C2%BB"),
        ("| a | row", ""),
        ("row |\nAn", ""),
        ("**odd** one", ""),
        ("pen Mon", ""),
    ],
)
def test_a_quote_is_named_by_its_words_or_not_at_all(quote: str, fragment: str) -> None:
    assert of(quote) == fragment


def test_the_heading_stays_for_browsers_that_do_not_find_the_words() -> None:
    assert of("open Mon-Fri", anchor="hours") == "#hours:~:text=open%20Mon%2DFri"
    assert of("**odd** one", anchor="hours") == "#hours"
    assert of("**odd** one", anchor='our "hours" #1 %c3%bc') == "#our%20%22hours%22%20%231%20%c3%bc"


@pytest.mark.parametrize(
    ("quote", "fragment"),
    [
        ("1. Open the valve.", "Open%20the%20valve."),
        ("- Pump well.", "Pump%20well."),
        ("1. May at 9", "1.%20May%20at%209"),
    ],
)
def test_an_item_of_a_list_is_named_without_its_number(quote: str, fragment: str) -> None:
    assert of(quote, text="So:\n\n1. Open the valve.\n   - Pump well.\n\nOn 1. May at 9.") == f"#:~:text={fragment}"


def test_a_long_quote_is_named_by_its_ends() -> None:
    text = " ".join(f"word{n}" for n in range(40)) + "."

    assert (
        of(text, text=text)
        == "#:~:text=word0%20word1%20word2%20word3%20word4,word35%20word36%20word37%20word38%20word39."
    )


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("Our prices hold.\n\n- Tandem: 150 euros a day", "Our%20prices%20hold.,Tandem%3A%20150%20euros%20a%20day"),
        (
            "| To | Price |\n| --- | --- |\n| Northern Ireland | 9.00 euros each |",
            "Northern%20Ireland,9.00%20euros%20each",
        ),
        ("| To | Price |\n| --- | --- |\n| Ireland | 6 |", ""),
        ("A **bold** line of words.\n\nA plain line of words.", "A%20plain%20line%20of%20words."),
        (
            "Here is when we rest.\n\n1. Closed Monday - Friday at noon",
            "Here%20is%20when%20we%20rest.,Monday%20%2D%20Friday%20at%20noon",
        ),
        (
            "Here is when we rest.\n\nFrom 24.12.–1.1. and Easter",
            "Here%20is%20when%20we%20rest.,From%2024.12.%E2%80%931.1.%20and%20Easter",
        ),
    ],
)
def test_a_quote_over_several_blocks_is_named_by_words_within_one_each(text: str, fragment: str) -> None:
    assert of(text, text=text) == (f"#:~:text={fragment}" if fragment else "")


def test_a_page_whose_address_has_a_fragment_keeps_it() -> None:
    assert addresses.of_quote("http://site.test/#!/p", "", "tea and cake", 0, 3) == "http://site.test/#!/p:~:text=tea"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=90))
def test_what_is_named_comes_back_whole(text: str) -> None:
    fragment = of(text, text=text)

    assert not set(fragment.removeprefix("#:~:text=")) & set("-,&# ")
    assert fragment in ("", "#:~:text=" + fragment[9:]) and unquote(fragment[9:]) in ("", text.strip())
