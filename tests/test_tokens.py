"""Token counts are exact, offline, and never raise."""

from __future__ import annotations

import functools
import hashlib
from concurrent.futures import ThreadPoolExecutor
from importlib import resources

import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st

from askpress.text import tokens

VOCABULARY = resources.files("askpress.text").joinpath("vocabulary")


@functools.cache
def published_tokenizer() -> tokenizers.Tokenizer:
    tokenizer = tokenizers.Tokenizer.from_str(VOCABULARY.joinpath("minilm-tokenizer.json").read_text(encoding="utf-8"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def test_openai_counts_are_those_of_cl100k_base() -> None:
    count = tokens.openai()

    # "hello world" is ids 15339, 1917; "tiktoken is great!" is 83, 1609, 5963, 374, 2294, 0.
    assert count("hello world") == 2
    assert count("tiktoken is great!") == 6
    assert count("") == 0


def test_a_special_token_in_the_text_is_text() -> None:
    assert tokens.openai()("<|endoftext|>") == 7
    assert tokens.minilm()("<|endoftext|>") > 1


def test_minilm_counts_word_pieces_without_the_marks_around_a_text() -> None:
    # "un", "##believable"; "wp", "_", "query".
    assert tokens.minilm()("Unbelievable wp_query") == 2 + 3


def test_minilm_neither_cuts_nor_pads() -> None:
    assert tokens.minilm()("word " * 1_000) == 1_000
    assert tokens.minilm()("") == 0


@settings(max_examples=200, deadline=None)
@given(st.text() | st.text(alphabet="ab \n\t\r\x0b\x1c\x85\u00a0\u2028\u0301é中[SEP].#'"))
def test_counting_word_by_word_gives_the_tokenizers_own_count(text: str) -> None:
    assert tokens.minilm()(text) == len(published_tokenizer().encode(text, add_special_tokens=False))


def test_counters_are_loaded_once_and_shared_by_threads() -> None:
    with ThreadPoolExecutor(8) as pool:
        counters = set(pool.map(lambda _: tokens.minilm(), range(16)))
        counts = list(pool.map(next(iter(counters)), ["Opening hours on Sunday"] * 100))

    assert len(counters) == 1
    assert counts == [4] * 100


def test_the_vocabulary_is_the_one_its_source_page_names() -> None:
    digest = hashlib.sha256(VOCABULARY.joinpath("minilm-tokenizer.json").read_bytes()).hexdigest()

    assert digest in VOCABULARY.joinpath("SOURCE.md").read_text(encoding="utf-8")


@settings(deadline=None)
@given(st.text(alphabet="abé漢'1,. \n\t\u2028🙂", max_size=80), st.integers(0, 80), st.integers(0, 80))
def test_a_part_of_a_measured_text_has_as_many_tokens_as_it_has_alone(text: str, one: int, other: int) -> None:
    start, end = sorted((min(one, len(text)), min(other, len(text))))

    for count in (tokens.openai(), tokens.minilm()):
        assert tokens.Measured(text, count).count(start, end) == count(text[start:end])
