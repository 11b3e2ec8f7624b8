"""What a query wants to the letter: phrases in quotes, words left out with a minus, identifiers. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Of a query: phrases and left out words together, and characters of each.
_MAX_PARTS = 10
_MAX_PHRASE_CHARS = 200
_PHRASE = r'"[^"“”„«»]*"|[“„][^"“”„]+[“”]|«[^«»]+»'
# A minus before a word of two letters: -m and --force are options people ask about, -5 is a number. What ends a clause
# may follow.
_EXCLUDED = rf"(?<!\S)-(?=({_PHRASE}|[^\W\d_][\w.'’-]*\w(?=[.,;:!?)…]*(?:\s|\Z))))\1"
_QUOTES = '"“”„«»'
_OPERATORS = re.compile(rf"{_EXCLUDED}|(?<!\w)({_PHRASE})")
# Of a phrase: white space and Markdown's signs may stand between its words.
_GAP = re.compile(r"[\s*_`]+")
_WORD = re.compile(r"\w")
# Written without spaces, a character stands alone.
_UNSPACED = re.compile("[\u0e00-\u0e7f\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_SEVERAL = re.compile(r"[\s'’]")


@dataclass(frozen=True, slots=True)
class Literal:
    """A query with its operators taken out."""

    # What is compared: everything but what is left out, without quotes.
    text: str
    # Each must stand in a passage, its title or headings.
    phrases: tuple[str, ...] = ()
    # None may.
    excluded: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.phrases or self.excluded)


def read(query: str) -> Literal:
    """Take the operators out of a query; quotes that are not closed are none, and neither is all it consists of."""
    phrases: list[str] = []
    excluded: list[str] = []

    def take(found: re.Match[str]) -> str:
        part = (found[1] or found[2]).strip(_QUOTES + " ")
        if len(phrases) + len(excluded) == _MAX_PARTS or not 0 < len(part) <= _MAX_PHRASE_CHARS:
            return found[0]
        (excluded if found[1] else phrases).append(part)
        return " " if found[1] else f" {part} "

    text = _OPERATORS.sub(take, query)
    if not _WORD.search(text):
        return Literal(query)
    return Literal(" ".join(text.split()), tuple(phrases), tuple(excluded))


def is_run(part: str) -> bool:
    """True for what lexemes do not tell from the same words, or the same pairs of characters, apart from each other."""
    return bool(_SEVERAL.search(part) or _UNSPACED.search(part))


def spellings(part: str) -> tuple[str, ...]:
    """Return what is left out with the part: e-bike is also ebike, as in terms.py."""
    joined = part.replace("-", "")
    return (part, joined) if joined != part and joined.isalpha() else (part,)


def pattern(phrase: str) -> str:
    """Return a PostgreSQL regular expression that finds the phrase as whole words, whatever signs part them."""
    words = [word for word in _GAP.split(phrase) if word]
    middle = r"[\s*_`]+".join(map(_escaped, words)) or _escaped(phrase)
    return _edge(phrase[0], r"(?<!\w)") + middle + _edge(phrase[-1], r"(?!\w)")


def _edge(character: str, boundary: str) -> str:
    return boundary if _WORD.match(character) and not _UNSPACED.match(character) else ""


def _escaped(word: str) -> str:
    """An apostrophe may be typed either way."""
    return "".join(_escaped_character(character) for character in word)


def _escaped_character(character: str) -> str:
    if character in "'’":
        return "['’]"
    return character if character.isalnum() or not character.isascii() else "\\" + character
