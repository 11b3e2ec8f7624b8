"""What holds for the chunks of every text: exact slices, bounded sizes, real overlap, edits that stay local."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askpress.text import tokens
from askpress.text.chunking import Chunk
from askpress.text.tokens import Counter
from tests.test_chunking import count_words, paragraph, split

LETTERS = "abcdefghijklmnopqrstuvwxyz"


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


@settings(max_examples=60, deadline=None)
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
    text = handbook(36)
    border = text.index(" ", int(len(text) * place))
    edited = f"{text[:border]} {edit}{text[border:]}"

    before = [chunk.embedded_text("T") for chunk in split(text, 200, 50, count=tokens.minilm())]
    after = [chunk.embedded_text("T") for chunk in split(edited, 200, 50, count=tokens.minilm())]

    assert len(set(after) - set(before)) <= 3


def test_a_new_section_changes_only_the_chunks_around_it() -> None:
    text = handbook(36)
    place = text.index("## Section 12")
    edited = text[:place] + "## A new one\n\nWith one sentence.\n\n" + text[place:]

    before = [chunk.embedded_text("T") for chunk in split(text, 800, 100, count=tokens.openai())]
    after = [chunk.embedded_text("T") for chunk in split(edited, 800, 100, count=tokens.openai())]

    assert len(set(after) - set(before)) <= 6
