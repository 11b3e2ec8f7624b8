"""Finds a quote in its source: to the letter, whatever the typography, else word for word but for slips. Pure."""

from __future__ import annotations

import bisect
import functools
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from askpress.answer import numbers

# Typography and Markdown that a model may change without changing what is said.
_FOLDED = {
    **dict.fromkeys("“”„«»″", '"'),
    **dict.fromkeys("‘’‚‹›′`´", "'"),
    **dict.fromkeys("–—−‐‑", "-"),
    "…": "...",
}
_IGNORED = set("*_`|#>\\\u200c\u200d")
_WORD = re.compile(r"\w+")
# Words of ASCII with one blank between them, which fold to themselves in small letters; else one character.
_RUN = re.compile(r"[!\"$-)+-;=?-\[\]^a-z{}~]+(?: [!\"$-)+-;=?-\[\]^a-z{}~]+)*|.", re.DOTALL)
# What is longer is a copy of the source and no quote from it.
MAX_QUOTE_CHARS = 2_000
# An ellipsis may leave out so much between the parts of a quote.
_MAX_GAP_CHARS = 400
_MIN_PART_CHARS = 8
# As it is left of "…", "[...]" and "(…)".
_ELLIPSIS = re.compile(r"[\[(]?\.{3,}[\])]?")
# Of so many words one may be misspelt; fewer prove too little to forgive any.
_WORDS_PER_SLIP = 6
# Words like "the" are everywhere and find no place; the rare ones do.
_COMMON = 200
_PLACES = 3
_ALIKE = 0.8


@dataclass(frozen=True, slots=True)
class Place:
    """Where a quote stands: offsets in the source's text."""

    start: int
    end: int
    # "verbatim", or "close" when words are misspelt, or parted otherwise.
    support: str = "verbatim"


class Text:
    """A source's text, folded once for all quotes from it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._folded, self._runs, self._places = _folded(text)

    def find(self, quote: str) -> Place | None:
        """Return where `quote` stands, None if nowhere; the work is bounded, whatever the quote."""
        if len(quote) > MAX_QUOTE_CHARS:
            return None
        needle = _folded(quote)[0].strip(" .\"'")
        if not any(character.isalnum() for character in needle):
            return None
        exact = self._whole(needle) or self._parts(needle)
        if exact:
            return exact
        close = self._close(needle)
        return close if close and numbers.agree(quote, self.text[close.start : close.end]) else None

    def _whole(self, needle: str, after: int = 0) -> Place | None:
        at = self._folded.find(needle, after)
        return None if at < 0 else self._place(at, at + len(needle))

    def _parts(self, needle: str) -> Place | None:
        """A quote that leaves something out: every part must stand there, in order and near."""
        parts = [part.strip() for part in _ELLIPSIS.split(needle)]
        if len(parts) < 2 or min(map(len, parts)) < _MIN_PART_CHARS:
            return None
        first = end = self._folded.find(parts[0])
        for part in parts if first >= 0 else ():
            at = self._folded.find(part, end, end + len(part) + _MAX_GAP_CHARS)
            if at < 0:
                return None
            end = at + len(part)
        return self._place(first, end) if first >= 0 else None

    def _close(self, needle: str) -> Place | None:
        """No word more, none less, none in another place: what stands between them may be written otherwise, as "Lock:
        €35" for a row of a table. Slips inside a word are forgiven where there are enough of them, in numbers never."""
        wanted = _WORD.findall(needle)
        slips = len(wanted) // _WORDS_PER_SLIP
        votes = Counter(
            at - offset
            for offset, word in enumerate(wanted)
            for at in (self._positions.get(word, ()) if len(self._positions.get(word, ())) <= _COMMON else ())
        )
        for at, _ in votes.most_common(_PLACES):
            spans = self._words[at : at + len(wanted)] if at >= 0 else []
            if len(spans) == len(wanted) and _alike(wanted, [self._folded[a:b] for a, b in spans], slips=slips):
                return self._place(spans[0][0], spans[-1][1], "close")
        return None

    def _place(self, start: int, end: int, support: str = "verbatim") -> Place:
        return Place(self._source(start), self._source(end - 1) + 1, support)

    def _source(self, at: int) -> int:
        """Return the place in the text of a place in the folded text."""
        run = bisect.bisect_right(self._runs, at) - 1
        return self._places[run] + at - self._runs[run]

    @functools.cached_property
    def _words(self) -> list[tuple[int, int]]:
        return [found.span() for found in _WORD.finditer(self._folded)]

    @functools.cached_property
    def _positions(self) -> dict[str, list[int]]:
        positions: dict[str, list[int]] = defaultdict(list)
        for number, (start, end) in enumerate(self._words):
            positions[self._folded[start:end]].append(number)
        return positions


def _alike(wanted: Sequence[str], found: Sequence[str], *, slips: int) -> bool:
    different = [(one, other) for one, other in zip(wanted, found, strict=True) if one != other]
    return len(different) <= slips and all(_is_slip(one, other) for one, other in different)


def _is_slip(one: str, other: str) -> bool:
    """True for a word misspelt or inflected. "Legal" is none of "illegal": negations stand at the beginning."""
    if one[:2] != other[:2] or any(character.isdigit() for character in one + other):
        return False
    return abs(len(one) - len(other)) <= 3 and SequenceMatcher(None, one[:40], other[:40]).ratio() >= _ALIKE


def _folded(text: str) -> tuple[str, list[int], list[int]]:
    """Return the text folded; where each run of its characters that stand together in both begins, in each of them."""
    folded: list[str] = []
    runs: list[int] = []
    places: list[int] = []
    length = 0
    for run in _RUN.finditer(text):
        found = run[0]
        for piece in (found.lower(),) if len(found) > 1 else _fold(found):
            if piece == " " and (not folded or folded[-1] == " "):
                continue
            folded.append(piece)
            runs.append(length)
            places.append(run.start())
            length += len(piece)
    return "".join(folded), runs, places


@functools.lru_cache(maxsize=20_000)
def _fold(character: str) -> str:
    if character.isspace():
        return " "
    if character in _IGNORED or unicodedata.category(character) in {"Cf", "Cc"}:
        return ""
    known = unicodedata.normalize("NFKD", _FOLDED.get(character, character)).casefold()
    # Accents that are characters of their own, and the selectors that say how one is drawn.
    return "".join(part for part in known if not "\u0300" <= part <= "\u036f" and not "\ufe00" <= part <= "\ufe0f")
