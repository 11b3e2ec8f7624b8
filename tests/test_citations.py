"""What is believed of a language model's claims, and what of their text may leave."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askpress.answer import citations, context
from askpress.answer.citations import Claim
from tests.passages import passage

TABLE = "| Bike | Day |\n| --- | --- |\n| E-bike | €42 |"
SOURCE = "A *full* service costs **€129**, including wash; it takes 3 days.\n\n" + TABLE
EXCERPTS = context.build([passage(SOURCE), passage("Closed on Mondays, open 10:00–18:30.", document=2)], max_tokens=999)


def kept(source: int, quote: str, text: str) -> list[citations.Verified]:
    return citations.verify([Claim(source, quote, text)], EXCERPTS)


@pytest.mark.parametrize(
    "quote",
    [
        "full service costs €129",
        "  A full   service COSTS €129, including wash; ",
        "“full service costs €129”",
        "E-bike | €42",
        "E‑bike €42",
        "full ser\u00advice costs\u200b €129",
        "it takes 3 days.\n\nBike",
    ],
)
def test_a_quote_is_found_whatever_its_typography(quote: str) -> None:
    (claim,) = kept(1, quote, "It is so.")

    assert SOURCE[claim.start : claim.end] == claim.quote


@pytest.mark.parametrize(
    "quote", ["full service costs €139", "service is free", "", "       ", "€129", "Closed on Mondays, open"]
)
def test_a_quote_that_does_not_stand_there_proves_nothing(quote: str) -> None:
    assert kept(1, quote, "It is so.") == []


@pytest.mark.parametrize("text", ["It costs €129.", "It takes 3 days.", "129 euros, 3 days, 42 for an e-bike."])
def test_numbers_of_the_source_may_be_said(text: str) -> None:
    assert [claim.text for claim in kept(1, "full service costs €129", text)] == [text]


@pytest.mark.parametrize("text", ["It costs €130.", "It takes 2 days.", "Call 555 0100."])
def test_numbers_that_are_not_in_the_source_may_not(text: str) -> None:
    assert kept(1, "full service costs €129", text) == []


@pytest.mark.parametrize("text", ["We open at 10.", "Open 10:00 to 18:30.", "From 10 to 18:30"])
def test_times_may_be_written_in_other_ways(text: str) -> None:
    assert len(kept(2, "Closed on Mondays, open", text)) == 1


def test_a_citation_names_the_chunk_that_holds_it() -> None:
    text = "Alpha beta gamma. Delta epsilon zeta. Eta theta iota."
    excerpts = context.build([passage(text[:20]), passage(text[15:], start=15)], max_tokens=99)

    (claim,) = citations.verify([Claim(1, "Delta epsilon zeta", "Yes.")], excerpts)

    assert claim.passage.start == 15
    assert claim.passage.text[claim.start : claim.end] == "Delta epsilon zeta"


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Yes [1].", "Yes."),
        ("Yes [1][2], [3, 4].", "Yes,."),
        ("Yes【4†source】", "Yes"),
        ("Yes (source 2)", "Yes"),
        ("See [the page](http://evil.example/?q=secret)", "See the page"),
        ("![x](http://evil.example/p.png) Yes", "x Yes"),
        ("Go to https://evil.example/a now", "Go to now"),
        ("a\u202eb\u200bc\x00d", "abcd"),
        ("two\n\nlines", "two lines"),
    ],
)
def test_links_addresses_markers_and_tricks_are_taken_out(said: str, left: str) -> None:
    assert citations.clean(said) == left


@pytest.mark.parametrize("data", [{}, {"claims": None}, {"claims": "x"}, {"claims": [1, None, {"source": "1"}]}])
def test_claims_without_their_form_are_no_claims(data: dict[str, object]) -> None:
    assert citations.read_claims(data) == []


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_quote_and_no_text_breaks_the_check(quote: str, text: str) -> None:
    for claim in citations.verify([Claim(1, quote, text)], EXCERPTS):
        assert claim.quote in SOURCE


@given(st.text(alphabet="abc 1.,*_|“”–\n", min_size=12, max_size=60), st.integers(0, 40), st.integers(9, 40))
def test_every_stretch_of_a_source_is_found_in_it(text: str, start: int, length: int) -> None:
    quote = text[start : start + length]
    found = citations.find(quote, text)

    if any(character.isalnum() for character in quote):
        assert found is not None
    else:
        assert found is None or text[found[0] : found[1]]
