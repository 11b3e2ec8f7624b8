"""Checks that what is said stands in its source, and writes markers that are true. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from askpress.answer.context import Excerpt
from askpress.retrieval.passage import Passage

# A quote shorter than this proves nothing; "49" stands in every second text.
_MIN_QUOTE_CHARS = 8
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
# [1], [9], 【3†source】, (source 2): markers are ours to write.
_MARKER = re.compile(r"\s*(?:\[\^?\d[\d,\s–-]*\]|【[^】]*】|\((?:source|quelle)s?\s*\d[^)]*\))", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
# Typography and Markdown that a model may change without changing what is said.
_FOLDED = {
    **dict.fromkeys("“”„«»″", '"'),
    **dict.fromkeys("‘’‚‹›′`´", "'"),
    **dict.fromkeys("–—−‐‑", "-"),
    "…": "...",
}
_IGNORED = set("*_`|#>\\\u200b\u200c\u200d\u2060\ufeff\u00ad")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a language model says, with what it rests on; not yet believed."""

    source: int
    quote: str
    text: str


@dataclass(frozen=True, slots=True)
class Verified:
    """A claim whose quote stands in its source."""

    text: str
    # As it stands in the source.
    quote: str
    passage: Passage
    # Offsets of the quote in the passage's text.
    start: int
    end: int


def read_claims(data: Mapping[str, Any]) -> list[Claim]:
    """Return the claims of a model's reply; what has not their form is left out."""
    items = data.get("claims")
    return [
        Claim(item["source"], item["quote"], item["text"])
        for item in (items if isinstance(items, list) else [])
        if isinstance(item, dict)
        and isinstance(item.get("source"), int)
        and isinstance(item.get("quote"), str)
        and isinstance(item.get("text"), str)
    ]


def verify(claims: Iterable[Claim], excerpts: Sequence[Excerpt]) -> list[Verified]:
    """Return the claims that are proven, in order; the others are dropped."""
    by_number = {excerpt.number: excerpt for excerpt in excerpts}
    checked = (_check(claim, by_number.get(claim.source)) for claim in claims)
    return [claim for claim in checked if claim is not None]


def _check(claim: Claim, excerpt: Excerpt | None) -> Verified | None:
    text = clean(claim.text)
    if excerpt is None or not text or len(claim.quote.strip()) < _MIN_QUOTE_CHARS:
        return None
    place = find(claim.quote, excerpt.text)
    if place is None or not _numbers_stand(text, excerpt):
        return None
    passage, start, end = excerpt.place(*place)
    return Verified(text=text, quote=passage.text[start:end], passage=passage, start=start, end=end)


def find(quote: str, text: str) -> tuple[int, int] | None:
    """Return where `quote` stands in `text`; blanks, typography, case and Markdown are overlooked; None if nowhere."""
    haystack, places = _folded(text)
    needle, _ = _folded(quote)
    needle = needle.strip(" .\"'")
    at = haystack.find(needle) if needle else -1
    if at < 0:
        return None
    return places[at], places[at + len(needle) - 1] + 1


def _folded(text: str) -> tuple[str, list[int]]:
    """Return the text folded, and for each of its characters the place it came from."""
    folded: list[str] = []
    places: list[int] = []
    for place, original in enumerate(text):
        for character in _fold(original):
            if character == " " and (not folded or folded[-1] == " "):
                continue
            folded.append(character)
            places.append(place)
    return "".join(folded), places


def _fold(character: str) -> str:
    if character in _IGNORED:
        return ""
    if character.isspace():
        return " "
    return unicodedata.normalize("NFKC", _FOLDED.get(character, character)).casefold()


def _numbers_stand(text: str, excerpt: Excerpt) -> bool:
    """True when each number of the text is one of the source's, however it is written: 1,500 and 1500, 10:00 and 10."""
    said_there = (
        excerpt.text + " " + " ".join(f"{passage.title} {' '.join(passage.headings)}" for passage in excerpt.passages)
    )
    whole, parts = _numbers(said_there)
    return all(_digits(number) in whole or set(_parts(number)) <= parts for number in _NUMBER.findall(text))


def _numbers(text: str) -> tuple[set[str], set[str]]:
    found = _NUMBER.findall(text)
    return {_digits(number) for number in found}, {part for number in found for part in _parts(number)}


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number).lstrip("0") or "0"


def _parts(number: str) -> list[str]:
    return [part.lstrip("0") for part in re.split(r"\D", number) if part.strip("0")]


def clean(text: str) -> str:
    """Return a claim's text without links, addresses, markers and control characters."""
    text = _URL.sub("", _LINK.sub(r"\1", text))
    text = _MARKER.sub("", text)
    return " ".join("".join(c for c in text if unicodedata.category(c) not in {"Cc", "Cf"} or c.isspace()).split())
