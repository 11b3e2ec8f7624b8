"""Token counts, exact and offline: OpenAI's cl100k_base and the word pieces of the offline embedding model."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from importlib import resources

# How many tokens a text has; a special token's name in the text counts as text and never raises.
Counter = Callable[[str], int]

_loading = threading.Lock()


def openai() -> Counter:
    """Return the counter of text-embedding-3-* and of the GPT-4 family's limits (cl100k_base)."""
    with _loading:
        return _openai()


def minilm() -> Counter:
    """Return the counter of all-MiniLM-L6-v2: word pieces, without the two marks around each text."""
    with _loading:
        return _minilm()


@functools.cache
def _openai() -> Counter:
    import toktok

    # One thread: the texts are short, and the library would take every core.
    def count(text: str) -> int:
        return int(toktok.batch_count([text], "cl100k_base", threads=1)[0])

    count("")
    return count


@functools.cache
def _minilm() -> Counter:
    import tokenizers

    vocabulary = resources.files("askpress.text").joinpath("vocabulary/minilm-tokenizer.json")
    tokenizer = tokenizers.Tokenizer.from_str(vocabulary.read_text(encoding="utf-8"))
    # The file as published cuts at 128 and pads to it.
    tokenizer.no_truncation()
    tokenizer.no_padding()

    # The model's own first step is to cut at blanks, so words may be counted one by one and remembered:
    # a tenth of the time, since chunking counts nearly the same text many times.
    @functools.lru_cache(maxsize=50_000)
    def pieces(word: str) -> int:
        return len(tokenizer.encode(word, add_special_tokens=False))

    def count(text: str) -> int:
        return sum(map(pieces, text.replace("\n", " ").split(" ")))

    return count
