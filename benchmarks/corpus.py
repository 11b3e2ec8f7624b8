"""Made-up documents of real sentences: as many chunks as asked for, the same every time."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from askpress.sample import SampleSite
from askpress.text import cleaning

CHUNKS_PER_DOCUMENT = 4
# 800 tokens of English prose, what a chunk for OpenAI's models holds.
_CHUNK_CHARS = 3_200
_QUESTION_WORDS = 9


@dataclass(frozen=True, slots=True)
class Document:
    """One post's worth of text."""

    number: int
    title: str
    chunks: tuple[str, ...]


def documents(chunks: int) -> list[Document]:
    """Return documents with so many chunks in total; each has a name that no other has."""
    chance, sentences = random.Random(1), _sentences()
    return [
        Document(
            number=number,
            title=f"Model AX{number:04d} in daily use",
            chunks=tuple(_chunk(f"AX{number:04d}", sentences, chance) for _ in range(CHUNKS_PER_DOCUMENT)),
        )
        for number in range(1, chunks // CHUNKS_PER_DOCUMENT + 1)
    ]


def questions(count: int) -> list[str]:
    """Return different questions: consecutive words of the texts, stop words and all, a name in every third."""
    chance = random.Random(2)
    long = [words for words in (sentence.split() for sentence in _sentences()) if len(words) > _QUESTION_WORDS]
    asked: dict[str, None] = {}
    while len(asked) < count:
        words = chance.choice(long)
        start = chance.randrange(len(words) - _QUESTION_WORDS)
        name = f" AX{chance.randrange(1, 250):04d}" if chance.random() < 1 / 3 else ""
        asked[" ".join(words[start : start + _QUESTION_WORDS]) + name] = None
    return list(asked)


def _chunk(name: str, sentences: Sequence[str], chance: random.Random) -> str:
    taken = [f"The {name} in short."]
    while sum(map(len, taken)) < _CHUNK_CHARS:
        taken.append(chance.choice(sentences))
    return " ".join(taken)


def _sentences() -> list[str]:
    found: dict[str, None] = {}
    for item in SampleSite.load().items():
        if item.status == "publish" and item.lang in {"", "en"}:
            text = cleaning.clean(item.html).text
            pieces = (re.sub(r"\s+", " ", piece).strip("#*|- ") for piece in re.split(r"(?<=[.!?])\s+|\n\n", text))
            found |= dict.fromkeys(piece for piece in pieces if 30 < len(piece) < 300)
    return list(found)
