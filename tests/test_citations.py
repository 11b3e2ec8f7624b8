"""What is believed of a language model's claims: where quotes are found, and whose numbers count."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askpress.answer import citations, context
from askpress.answer.citations import Verified
from askpress.answer.matching import Text
from askpress.answer.numbers import Numbers
from askpress.answer.reading import Claim
from tests.passages import passage

TABLE = "| Bike | Day |\n| --- | --- |\n| E-bike | €42 |"
SOURCE = "A *full* service costs **€129**, including wash; it takes 3 days.\n\n" + TABLE
EXCERPTS = context.build([passage(SOURCE), passage("Closed on Mondays, open 10:00–18:30.", document=2)], max_tokens=999)
RULE = "It is not allowed to bring a dog into the indoor workshop before 9 in the morning."


def proof(source: int, quote: str, *numbers: str) -> Verified | None:
    return citations.Sources(EXCERPTS).verify(Claim(source, quote, "It is so.", numbers))


@pytest.mark.parametrize(
    "quote",
    [
        "full service costs €129",
        "  A full   service COSTS €129, including wash; ",
        "“full service costs €129”",
        "E-bike | €42",
        "E‑bike €42",
        "full ser\u00advice costs\u200b €129",
        "full \u202eservice\u202c costs €129",
        "full se\u0301rvice costs €129",
        "it takes 3 days.\n\nBike",
        "full service costs … it takes 3 days",
        "full service costs [...] it takes 3 days.",
        "full service costs €129 (…) takes 3 days",
    ],
)
def test_a_quote_is_found_whatever_its_typography(quote: str) -> None:
    found = proof(1, quote)

    assert found is not None and found.support == "verbatim"
    assert SOURCE[found.start : found.end] == found.quote


@pytest.mark.parametrize(
    "quote",
    [
        "E-bike: €43", "Day: €42", "42;;;;;;;;", "42 ......", "days,,,,,,",
        "full service costs €139", "service is free", "", "       ", "€129", "Closed on Mondays, open",
        "full service … closed on Mondays", "it takes 3 days … full service costs", "...", "… … …",
    ],
)  # fmt: skip
def test_a_quote_that_does_not_stand_there_proves_nothing(quote: str) -> None:
    assert proof(1, quote) is None


@pytest.mark.parametrize("quote", ["E-bike: €42", "• E-bike – €42", "€129; including", "it takes: 3 days"])
def test_the_same_words_parted_otherwise_are_near_enough(quote: str) -> None:
    found = proof(1, quote)

    assert found is not None and found.support == "close"


@pytest.mark.parametrize(
    "quote",
    [
        "it is not allowed to bring a dog into the indor workshop",
        "It is not allowed to bring a dog into the indoors workshop before 9",
    ],
)
def test_a_slip_of_the_pen_is_forgiven_and_told(quote: str) -> None:
    place = Text(RULE).find(quote)

    assert place is not None and place.support == "close"
    assert RULE[place.start : place.end].startswith("It is not allowed")


@pytest.mark.parametrize(
    "quote",
    [
        "It is allowed to bring a dog into the indoor workshop before 9 in the morning",
        "It is now allowed to bring a dog into the indoor workshop before 9 in the morning",
        "It is not allowed to bring a dog into the indoor workshop before 8 in the morning",
        "It is not allowed to bring a cat into the indoor workshop before 9 in the morning",
        "It is not unallowed to bring a dog into the indoor workshop before 9",
        "the indor workshop",
    ],
)
def test_another_number_another_word_or_a_lost_not_is_no_slip(quote: str) -> None:
    assert Text(RULE).find(quote) is None


@pytest.mark.parametrize("numbers", [["129"], ["3"], ["€129", "42"], [], ["１２９"], ["١٢٩"]])
def test_numbers_of_the_source_may_be_announced(numbers: list[str]) -> None:
    assert proof(1, "full service costs €129", *numbers)


@pytest.mark.parametrize("number", ["130", "2 days", "555 0100", "１３０", "١٣٠"])
def test_numbers_that_are_not_in_the_source_spoil_the_claim(number: str) -> None:
    assert proof(1, "full service costs €129", number) is None


SPELLED = [
    (
        "en",
        "Return it within thirty days; it costs one hundred and twenty-nine euros.",
        ["30 days", "€129"],
        ["13", "120"],
    ),
    ("en", "A ten-day trial on the second floor.", ["10", "2nd"], ["20"]),
    ("en", "It has thirty\nfive of them are red.", ["30", "5"], ["35"]),
    ("de", "Innerhalb von vierzehn Tagen, für fünfundvierzig Euro.", ["14 Tage", "45"], ["40", "5"]),
    ("fr", "Dans les quatre-vingt-dix jours.", ["90"], ["80", "4"]),
    ("pl", "W ciągu 30 dni.", ["30"], ["13"]),
]


@pytest.mark.parametrize(("language", "text", "held", "strange"), SPELLED)
def test_number_words_of_the_source_are_numbers(language: str, text: str, held: list[str], strange: list[str]) -> None:
    numbers = Numbers(text, language)

    assert [number for number in held if not numbers.hold([number])] == []
    assert [number for number in strange if numbers.hold([number])] == []


def test_an_answer_may_write_a_number_word_of_its_source_in_digits() -> None:
    excerpts = context.build([passage("You may return it within thirty days.", language="en")], max_tokens=99)
    claims = [Claim(1, "return it within thirty days", "It is so.", (number,)) for number in ("30 days", "31 days")]

    assert [citations.Sources(excerpts).verify(claim) is not None for claim in claims] == [True, False]


@pytest.mark.parametrize("quote", ["Es kostet fünfundsiebzig Euro im Jahr", "Es kostet fünfundvierzig Euros im Jahr"])
def test_another_number_word_is_no_slip(quote: str) -> None:
    source = Text("Es kostet fünfundvierzig Euro im Jahr, sagt der Wirt.")

    assert (source.find(quote) is not None) == ("vierzig" in quote)


@pytest.mark.parametrize("number", ["10", "10:00 to 18:30", "1030 to 18:30"[-5:]])
def test_times_may_be_written_in_other_ways(number: str) -> None:
    assert proof(2, "Closed on Mondays, open", number)


def test_a_citation_names_the_chunk_that_holds_it() -> None:
    text = "Alpha beta gamma. Delta epsilon zeta. Eta theta iota."
    excerpts = context.build([passage(text[:20]), passage(text[15:], start=15)], max_tokens=99)

    found = citations.Sources(excerpts).verify(Claim(1, "Delta epsilon zeta", "Yes."))

    assert found is not None and found.passage.start == 15
    assert found.passage.text[found.start : found.end] == "Delta epsilon zeta"


@pytest.mark.parametrize("size", [1, 10_000])
@pytest.mark.parametrize("quote", ["word " * 200, "x" * 1_000, "word … " * 140, "a word...word word " * 50])
def test_a_quote_of_any_size_takes_bounded_work(quote: str, size: int) -> None:
    begun = time.process_time()

    Text("word wort word " * 2_000).find(quote * size)

    assert time.process_time() - begun < 1


@given(st.text(max_size=60))
def test_no_quote_breaks_the_check(quote: str) -> None:
    found = proof(1, quote)

    assert found is None or found.quote in SOURCE


@given(st.text(alphabet="abc 1.,*_|“”–\n", min_size=12, max_size=60), st.integers(0, 40), st.integers(9, 40))
def test_every_stretch_of_a_source_is_found_in_it(text: str, start: int, length: int) -> None:
    quote = text[start : start + length]

    found = Text(text).find(quote)

    assert (found is not None) is any(character.isalnum() for character in quote)
