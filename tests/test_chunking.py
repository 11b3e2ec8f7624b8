"""Chunks are exact slices of bounded size that really overlap, cut where the text's structure allows."""

from __future__ import annotations

import re

import pytest

from askpress import errors
from askpress.text import chunking, cleaning, tokens
from askpress.text.chunking import Chunk
from askpress.text.tokens import Counter


def count_words(text: str) -> int:
    return len(text.split())


def split(
    text: str,
    chunk: int,
    overlap: int,
    *,
    title: str = "",
    count: Counter = count_words,
    anchors: tuple[tuple[str, str], ...] = (),
) -> list[Chunk]:
    cleaned = cleaning.Cleaned(text=text, anchors=anchors, note="")
    return chunking.split(cleaned, title=title, chunk_tokens=chunk, overlap_tokens=overlap, count=count)


def paragraph(name: str, words: int) -> str:
    return " ".join(f"{name}{n}" for n in range(words)) + "."


def test_a_text_that_fits_is_one_chunk() -> None:
    text = "## Hours\n\nMonday to Friday.\n\n## Prices\n\nFrom 9 euros."

    (chunk,) = split(text, 200, 50)

    assert (chunk.start, chunk.fresh, chunk.end, chunk.text) == (0, 0, len(text), text)
    assert chunk.token_count == count_words(text)


def test_a_text_without_words_has_no_chunk() -> None:
    assert split(" \n", 200, 50) == []


@pytest.mark.parametrize(("chunk", "overlap"), [(50, 50), (50, 60), (0, 0), (10, -1)])
def test_an_overlap_that_leaves_no_room_is_refused(chunk: int, overlap: int) -> None:
    with pytest.raises(errors.UsageError, match="cannot overlap"):
        split("some text", chunk, overlap)


def test_two_long_sections_share_the_words_the_setting_asks_for() -> None:
    text = "## A\n\n" + paragraph("a", 20) + "\n\n## B\n\n" + paragraph("b", 20)

    first, second = split(text, 30, 5)

    assert first.text == "## A\n\n" + paragraph("a", 20)
    assert second.text == "a15 a16 a17 a18 a19.\n\n## B\n\n" + paragraph("b", 20)
    assert text[second.fresh :].startswith("## B")
    assert second.token_count == 5 + 22


def test_the_overlap_begins_at_a_sentence_where_one_is_near() -> None:
    text = "## A\n\n" + paragraph("a", 20) + " The last sentence.\n\n## B\n\n" + paragraph("b", 20)

    _, second = split(text, 30, 5)

    assert second.text.startswith("The last sentence.\n\n## B")


def test_the_overlap_begins_at_a_line_where_one_is_near() -> None:
    text = "## A\n\n" + paragraph("a", 20) + "\n\n- one item. Two words\n\n## B\n\n" + paragraph("b", 20)

    _, second = split(text, 34, 6)

    assert second.text.startswith("- one item. Two words\n\n## B")


def test_a_chunk_knows_the_headings_above_all_of_its_new_text() -> None:
    text = (
        "# Manual\n\n## Prices\n\n### Members\n\n" + paragraph("m", 22) + "\n\n### Guests\n\n" + paragraph("g", 22)
        + "\n\n## Hours\n\n" + paragraph("h", 22)
    )  # fmt: skip

    chunks = split(text, 35, 5)

    assert [chunk.headings for chunk in chunks] == [
        ("Manual", "Prices", "Members"),
        ("Manual", "Prices", "Guests"),
        ("Manual", "Hours"),
    ]


def test_sections_that_share_a_chunk_share_only_the_headings_above_both() -> None:
    text = "## Prices\n\n### Members\n\nTen.\n\n### Guests\n\nTwelve."

    (chunk,) = split(text, 50, 5)

    assert chunk.headings == ("Prices",)


def test_the_anchor_is_the_id_of_the_innermost_heading() -> None:
    text = "## A\n\n" + paragraph("x", 20) + "\n\n## B\n\n" + paragraph("y", 20) + "\n\n## A\n\n" + paragraph("z", 20)

    chunks = split(text, 28, 4, anchors=(("A", "first"), ("B", ""), ("A", "again")))

    assert [chunk.anchor for chunk in chunks] == ["first", "", "again"]


def test_the_fence_of_code_that_is_cut_stands_with_its_first_lines() -> None:
    code = "\n".join(f"line {number} of the code" for number in range(40))

    chunks = split(f"```\n{code}\n```", 50, 10)

    assert len(chunks) > 2
    assert chunks[0].text.startswith("```\nline 0 of")
    assert chunks[-1].text.endswith("39 of the code\n```")


def test_a_hash_in_code_is_no_heading() -> None:
    text = "## Setup\n\n```\n# a comment\nrun\n```\n\nThen go."

    (chunk,) = split(text, 50, 5)

    assert chunk.headings == ("Setup",)


def test_a_heading_that_repeats_the_title_is_not_said_twice() -> None:
    (chunk,) = split("# Opening hours\n\nMonday.", 50, 5, title="Opening Hours")

    assert chunk.embedded_text("Opening Hours") == "Opening Hours\n# Opening hours\n\nMonday."


def test_what_is_embedded_begins_with_title_and_headings() -> None:
    (chunk,) = split("## Prices\n\nNine euros.", 50, 5)

    assert chunk.embedded_text("The shop") == "The shop > Prices\n## Prices\n\nNine euros."
    assert split("Nine euros.", 50, 5)[0].embedded_text("") == "Nine euros."


@pytest.mark.parametrize("word", ["word ", "Öffnungszeiten ", "漢", "4711 "])
def test_the_line_in_front_stays_short(word: str) -> None:
    (chunk,) = split(f"## {word * 80}\n\nText.", 1_000, 5)

    lead = chunk.embedded_text(word * 100).split("\n")[0]

    assert tokens.openai()(lead) <= 48
    assert tokens.minilm()(lead) <= 54
    assert " > " in lead


def test_tables_and_code_that_fit_stay_whole() -> None:
    table = "| Day | Hours |\n| --- | --- |\n" + "\n".join(f"| day{n} | {n} to {n + 8} |" for n in range(9))
    code = "```\n" + "\n".join(f"step_{n} = run({n})" for n in range(14)) + "\n```"
    text = "\n\n".join(["## A", paragraph("a", 70), table, paragraph("b", 40), code, paragraph("c", 70)])

    chunks = split(text, 90, 20)

    assert any(table in text[chunk.fresh : chunk.end] for chunk in chunks)
    assert any(code in text[chunk.fresh : chunk.end] for chunk in chunks)


def test_a_table_larger_than_the_usual_share_takes_some_of_the_overlap() -> None:
    table = "| a | b |\n| --- | --- |\n" + "\n".join(f"| x{n} | y |" for n in range(14))
    text = "\n\n".join(["## A", paragraph("a", 70), table, paragraph("b", 60)])

    chunks = split(text, 95, 20)

    assert 75 < count_words(table) <= 87
    assert any(table in text[chunk.fresh : chunk.end] for chunk in chunks)


def test_a_heading_is_not_left_alone_at_the_end_of_a_chunk() -> None:
    table = "| a | b |\n| --- | --- |\n" + "\n".join(f"| x{n} | y |" for n in range(9))
    text = "\n\n".join(["## A", paragraph("a", 40), "### Prices of 2026", table, paragraph("b", 60)])

    chunks = split(text, 75, 10)

    assert not any(re.search(r"^#[^\n]*\Z", chunk.text, re.MULTILINE) for chunk in chunks)


def test_a_few_last_words_stay_with_their_text() -> None:
    text = "## A\n\n" + paragraph("a", 78) + "\n\nTwo words.\n\n## B\n\n" + paragraph("b", 78)

    first, second = split(text, 100, 20)

    assert first.text.endswith("Two words.")
    assert text[second.fresh :].startswith("## B")
