"""Numbers in texts, however they are written: 1,500 and 1500, 10:00 and 10, ４２ and ٤٢, 30 and thirty. Pure."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable

from text_to_num import alpha2digit  # type: ignore[import-untyped]  # it has no types

_NUMBER = re.compile(r"[0-9]+(?:[.,:][0-9]+)*")


class _Digits(dict[int, str]):
    """Digits of every script as ASCII, for str.translate; what is no digit stays."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        digit = unicodedata.digit(character, None)
        plain = self[code] = character if digit is None else str(digit)
        return plain


_FOREIGN = re.compile(r"[^\x00-\x7f]+")
# At most as many entries as Unicode has characters.
_DIGITS = _Digits()


# ISO 639-1, those whose number words text2num reads.
_READ = {"da", "de", "en", "es", "fr", "it", "nl", "pt"}


class Numbers:
    """The numbers that a source in a language (ISO 639-1) holds; in some languages its number words are numbers too.

    A model writes "30 days" where the source has "thirty days". Its own number words are not looked at: who counts
    "two ways" says nothing that is not there.
    """

    def __init__(self, text: str, language: str = "") -> None:
        self._text = text
        self._language = language

    @functools.cached_property
    def _own(self) -> list[str]:
        return _found(self._text) + (_spelled(self._text, self._language) if self._language in _READ else [])

    @functools.cached_property
    def _whole(self) -> set[str]:
        return {_digits(number) for number in self._own}

    @functools.cached_property
    def _parts(self) -> set[str]:
        return {part for number in self._own for part in _split(number)}

    def hold(self, texts: Iterable[str]) -> bool:
        """True when each number of the texts is one of the source's."""
        return all(
            _digits(number) in self._whole or set(_split(number)) <= self._parts
            for text in texts
            for number in _found(text)
        )


def agree(one: str, other: str) -> bool:
    """True when two texts hold the same number words, in whichever language they are."""
    return all(_spelled(one, language) == _spelled(other, language) for language in _READ)


def _found(text: str) -> list[str]:
    return _NUMBER.findall(_FOREIGN.sub(lambda run: run[0].translate(_DIGITS), text))


def _spelled(text: str, language: str) -> list[str]:
    # A line at a time: "thirty" at the end of one and "five" at the beginning of the next are no 35.
    return [found for line in text.replace("-", " ").splitlines() for found in _found(alpha2digit(line, language, 0))]


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number).lstrip("0") or "0"


def _split(number: str) -> list[str]:
    return [part.lstrip("0") for part in re.split(r"\D", number) if part.strip("0")]
