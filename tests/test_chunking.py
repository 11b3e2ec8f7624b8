"""Chunks are exact slices of bounded size that really overlap, cut where the text's structure allows."""

from __future__ import annotations

import itertools
import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askpress import errors
from askpress.text import chunking, cleaning, tokens
from askpress.text.chunking import Chunk
from askpress.text.tokens import Counter

LETTERS = "abcdefghijklmnopqrstuvwxyz"


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


def handbook(sections: int = 12, seed: int = 1) -> str:
    """A text with headings of two levels and paragraphs of random words."""
    chosen = random.Random(seed)
    parts: list[str] = []
    for section in range(sections):
        parts.append(f"## Section {section}")
        parts += [f"### Part {section}.{sub}" for sub in range(chosen.randrange(3))]
        for _ in range(chosen.randrange(1, 6)):
            words = [
                "".join(chosen.choices(LETTERS, k=chosen.randrange(2, 9))) for _ in range(chosen.randrange(10, 90))
            ]
            parts.append(" ".join(words).capitalize() + ".")
    return "\n\n".join(parts)


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


def check(text: str, chunks: list[Chunk], chunk_tokens: int, overlap_tokens: int, count: Counter) -> None:
    """Assert what holds for all chunks of all texts."""
    assert [chunk.position for chunk in chunks] == list(range(len(chunks)))
    covered = []
    for chunk in chunks:
        assert chunk.text == text[chunk.start : chunk.end]
        assert chunk.token_count == count(chunk.text) <= chunk_tokens
        assert text[chunk.fresh : chunk.end].strip()
        covered.append(text[chunk.fresh : chunk.end])
    assert "".join("".join(covered).split()) == "".join(text.split())
    for before, after in itertools.pairwise(chunks):
        assert before.start <= after.start <= after.fresh
        assert before.end <= after.fresh
        assert count(text[after.start : after.fresh]) <= overlap_tokens


def assert_neighbours_overlap(chunks: list[Chunk]) -> None:
    for before, after in itertools.pairwise(chunks):
        assert before.start <= after.start < before.end <= after.fresh < after.end


_WORDS = st.text(alphabet="abcé漢字🙂\u0301 .\n", max_size=30)
_BLOCKS = st.sampled_from(
    [
        "# ",
        "## Heading\n\n",
        "### Sub\n\n",
        "\n\n",
        "- item\n",
        "| a | b |\n| --- | --- |\n| c | d |\n\n",
        "```\ncode\n# x\n```\n\n",
        "`",
        "|",
        "> ",
    ]
)
_TEXTS = st.lists(st.one_of(_WORDS, _BLOCKS), max_size=60).map("".join).map(str.strip)


@settings(max_examples=150, deadline=None)
@given(_TEXTS, st.integers(4, 40), st.integers(0, 20))
def test_every_text_is_covered_once_by_chunks_within_the_limit(text: str, chunk: int, overlap: int) -> None:
    overlap = min(overlap, chunk - 1)

    chunks = split(text, chunk, overlap, count=tokens.openai())

    check(text, chunks, chunk, overlap, tokens.openai())


@pytest.mark.parametrize("count", [tokens.openai(), tokens.minilm(), count_words], ids=["openai", "minilm", "words"])
@pytest.mark.parametrize(("chunk", "overlap"), [(200, 50), (800, 100), (120, 30), (60, 0)])
def test_sizes_are_exact_by_each_counter(count: Counter, chunk: int, overlap: int) -> None:
    text = handbook(40)

    chunks = split(text, chunk, overlap, count=count)

    check(text, chunks, chunk, overlap, count)


@pytest.mark.parametrize(
    "text",
    [
        handbook(40),
        "今天天气很好，我们去公园散步。" * 400,
        "สวัสดีครับวันนี้อากาศดี" * 300,
        "👩‍👩‍👧🙂🇩🇪" * 800,
        "a" * 50_000,
        "no blank lines only words " * 1_500,
        "\n".join(f"| row {n} | value {n} |" for n in range(900)),
        "```\n" + "\n".join(f"line_{n}()" for n in range(1_500)) + "\n```",
    ],
    ids=["handbook", "chinese", "thai", "emoji", "one-word", "one-paragraph", "one-table", "one-listing"],
)  # fmt: skip
@pytest.mark.parametrize("count", [tokens.openai(), tokens.minilm()], ids=["openai", "minilm"])
def test_neighbours_really_overlap_in_every_kind_of_text(text: str, count: Counter) -> None:
    chunks = split(text, 200, 50, count=count)

    check(text, chunks, 200, 50, count)
    assert len(chunks) >= 3
    assert_neighbours_overlap(chunks)


def test_the_overlap_is_of_the_size_that_was_asked_for() -> None:
    text = " ".join(paragraph("w", 12).capitalize() for _ in range(400))

    chunks = split(text, 800, 100, count=tokens.openai())

    sizes = [tokens.openai()(text[chunk.start : chunk.fresh]) for chunk in chunks[1:]]
    assert min(sizes) >= 50
    assert max(sizes) <= 100


def test_emoji_are_not_cut_apart() -> None:
    text = "👩‍👩‍👧" * 900

    chunks = split(text, 200, 50, count=tokens.openai())

    assert all(chunk.text.startswith("👩") for chunk in chunks)


def test_a_post_of_more_than_160_chunks_is_split_completely() -> None:
    text = handbook(80)

    chunks = split(text, 200, 50, count=tokens.openai())

    assert len(chunks) >= 160
    check(text, chunks, 200, 50, tokens.openai())


def test_the_same_text_gives_the_same_chunks() -> None:
    assert split(handbook(), 200, 50) == split(handbook(), 200, 50)


@pytest.mark.parametrize("edit", ["changed", "several new words", ""])
@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_an_edit_changes_only_the_chunks_around_it(edit: str, place: float) -> None:
    text = handbook(60)
    border = text.index(" ", int(len(text) * place))
    edited = f"{text[:border]} {edit}{text[border:]}"

    before = [chunk.embedded_text("T") for chunk in split(text, 200, 50, count=tokens.minilm())]
    after = [chunk.embedded_text("T") for chunk in split(edited, 200, 50, count=tokens.minilm())]

    assert len(set(after) - set(before)) <= 3


def test_a_new_section_changes_only_the_chunks_around_it() -> None:
    text = handbook(60)
    place = text.index("## Section 20")
    edited = text[:place] + "## A new one\n\nWith one sentence.\n\n" + text[place:]

    before = [chunk.embedded_text("T") for chunk in split(text, 800, 100, count=tokens.openai())]
    after = [chunk.embedded_text("T") for chunk in split(edited, 800, 100, count=tokens.openai())]

    assert len(set(after) - set(before)) <= 6
