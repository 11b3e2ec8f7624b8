"""Quotes: whole pieces, word for word, the ones that answer."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from askpress.providers import extractive, units
from askpress.providers.contract import Vectors
from askpress.providers.extractive import Quote

RENTAL = """Our bikes wait at the harbour.

## Deposit

We hold a deposit on your bank card while you ride.

- City bike: 50 euros
- Tandem: 150 euros

## See also

- Deposit for groups
- Deposit for schools"""

SHIPPING = """Shipping costs per order:

| To | Price |
| --- | --- |
| Ireland | 5.90 |
| France | 14.90 |

To import the list, run:

```
wp parcels import prices.csv
```"""


def quoted(question: str, *sources: str, language: str = "en") -> list[str]:
    found = extractive.quote(question, sources, language=language, embed=None)
    assert all(sources[quote.source_index][quote.start : quote.end] == quote.text for quote in found)
    return [quote.text for quote in found]


# What is quoted ---------------------------------------------------------------------------------
def test_the_paragraph_with_the_questions_words_is_quoted_with_its_list() -> None:
    (text,) = quoted("What is the deposit for a tandem?", RENTAL)

    assert text == ("We hold a deposit on your bank card while you ride.\n\n- City bike: 50 euros\n- Tandem: 150 euros")


def test_a_table_comes_with_the_line_that_introduces_it() -> None:
    (text,) = quoted("shipping price France", SHIPPING)

    assert text.startswith("Shipping costs per order:\n\n| To | Price |")
    assert "| France | 14.90 |" in text


def test_a_line_under_a_table_comes_with_the_table() -> None:
    table = "| Day | Hours |\n| --- | --- |\n| Thursday | 9 to 20 |\n| Friday | 9 to 18 |"

    (text,) = quoted("late opening", f"# Hours\n\n{table}\n\nOn Thursdays our late opening is in summer alone.")

    assert text.startswith("| Day | Hours |") and text.endswith("alone.")


def test_windows_that_differ_by_their_beginnings_alone_are_compared_once() -> None:
    asked: list[Sequence[str]] = []

    def embed(texts: Sequence[str]) -> Vectors:
        asked.append(texts)
        return np.ones((len(texts), 2), dtype=np.float32)

    extractive.quote("tandem", ["One.\n\nTwo.\n\nThe tandem is red."], language="en", embed=embed)

    assert asked == [["tandem", "\nThe tandem is red."]]


def test_code_comes_with_the_line_that_introduces_it() -> None:
    (text,) = quoted("import prices.csv", "Nothing.\n\n## Import\n\n" + SHIPPING[SHIPPING.index("To import") :])

    assert text.startswith("To import the list, run:\n\n```\nwp parcels import")


def test_pointers_elsewhere_and_headings_are_never_quoted() -> None:
    assert quoted("deposit", "# Deposit\n\n## See also\n\n- Deposit for groups\n- Deposit for schools") == []


def test_a_question_without_its_answer_is_not_quoted() -> None:
    assert quoted("Can I wait?", "Can I wait while you work?") == []


def test_a_question_comes_with_its_answer() -> None:
    (text,) = quoted("Can I wait?", "Can I wait while you work?\n\nYes, there is coffee.")

    assert text == "Can I wait while you work?\n\nYes, there is coffee."


def test_a_long_paragraph_is_quoted_by_whole_sentences() -> None:
    filler = "Nothing of interest happens in this sentence at all. " * 20

    (text,) = quoted("when is the tandem inspected", f"{filler}The tandem is inspected in May. {filler.strip()}")

    assert "The tandem is inspected in May." in text
    assert len(text.split()) <= extractive.MOST_WORDS
    assert text.endswith(".")


def test_there_are_two_quotes_at_most_and_only_when_nearly_as_good() -> None:
    same = ["The tandem is red.", "A tandem is long.", "Our tandem is old."]

    assert quoted("tandem", *same) == same[:1]
    assert len(quoted("tandem", "The tandem is red.\n\n## More\n\nA tandem is long.\n\n## Still\n\nOur tandem.")) == 2


def test_what_two_sources_share_is_quoted_once() -> None:
    assert quoted("tandem", "The tandem is red.", "The tandem is red.") == ["The tandem is red."]


def test_rows_of_one_table_are_quoted_once() -> None:
    rows = "\n".join(f"| Bike {number} | {number} euros |" for number in range(1, 12))

    assert len(quoted("price of a bike", f"| Bike | Price |\n| --- | --- |\n{rows}\n\nPrices per bike.")) == 1


def test_rows_of_one_table_that_are_both_asked_for_are_both_quoted() -> None:
    colours = ["green", "red", "white", "grey", "pink", "blue", "black"]
    rows = "\n".join(f"| {colour} | {number} euros |" for number, colour in enumerate(colours, start=20))

    (text,) = quoted("red or blue", f"| Colour | Price |\n| --- | --- |\n{rows}")

    assert text.startswith("| Colour | Price |")
    assert "| red | 21 euros |" in text
    assert "| blue | 25 euros |" in text


def test_german_words_are_found_in_another_form() -> None:
    (text,) = quoted("Welche Fahrräder?", "Guten Tag.\n\n## Mieten\n\nDas Fahrrad ist blau.", language="de")

    assert text == "Das Fahrrad ist blau."


@pytest.mark.parametrize("sources", [[], [""], ["\n\n"], ["# Only a heading"], ["---"]])
def test_nothing_quotable_gives_nothing(sources: list[str]) -> None:
    assert extractive.quote("why", sources, language="en", embed=None) == []


def test_without_words_of_the_question_the_best_sources_beginning_is_quoted() -> None:
    assert quoted("qwertz", RENTAL, SHIPPING)[0] == "Our bikes wait at the harbour."


# The embedding model's say ----------------------------------------------------------------------
def test_meaning_outweighs_keywords() -> None:
    asked: list[list[str]] = []

    def embed(texts: Sequence[str]) -> Vectors:
        asked.append(list(texts))
        return np.array([[1, 0] if "open" in text or "hours" in text else [0, 1] for text in texts], dtype=np.float32)

    found = extractive.quote(
        "When are you open on mondays?",
        ["The monday ride is hilly.\n\n## Times\n\nOur hours: nine to five."],
        language="en",
        embed=embed,
    )

    assert found[0] == Quote(0, 37, 61, "Our hours: nine to five.")
    assert asked[0][0] == "When are you open on mondays?"
    assert "Times\nOur hours: nine to five." in asked[0]


def test_only_the_most_promising_windows_are_embedded() -> None:
    asked: list[int] = []

    def embed(texts: Sequence[str]) -> Vectors:
        asked.append(len(texts))
        return np.ones((len(texts), 2), dtype=np.float32)

    sources = ["\n\n".join(f"## H{n}\n\nTandem number {n} is here." for n in range(40))]
    extractive.quote("tandem", sources, language="en", embed=embed)

    assert asked == [1 + extractive.MOST_EMBEDDED]


# Units ------------------------------------------------------------------------------------------
def test_the_kinds_of_pieces_are_told_apart() -> None:
    kinds = [
        unit.kind for unit in units.units(SHIPPING + "\n\n# End\n\n1. one\n   more of one\n2. two\n\nLast\nlines.")
    ]

    assert kinds == [
        *["paragraph", "row", "row", "row", "row", "paragraph", "code"],
        *["heading", "item", "item", "paragraph"],
    ]


def test_an_unclosed_fence_is_code_to_the_end() -> None:
    assert [unit.kind for unit in units.units("Run:\n\n```\na\n\n# not a heading")] == ["paragraph", "code"]


@given(st.text(alphabet=st.sampled_from("ab .?:|`~#-1\n"), max_size=200))
def test_pieces_never_overlap_and_hold_every_letter(text: str) -> None:
    found = units.units(text)

    assert all(0 <= unit.start < unit.end <= len(text) for unit in found)
    assert all(one.end <= two.start for one, two in itertools.pairwise(found))
    assert "".join("".join(text[u.start : u.end].split()) for u in found) == "".join(text.split())


@given(st.text(max_size=300), st.text(alphabet=st.sampled_from("abc \n#|-`."), max_size=300), st.text(max_size=30))
def test_quotes_are_always_verbatim(one: str, two: str, question: str) -> None:
    for quote in extractive.quote(question, [one, two], language="en", embed=None):
        assert [one, two][quote.source_index][quote.start : quote.end] == quote.text
        assert quote.text.strip()
