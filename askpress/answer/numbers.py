"""Numbers in texts, however they are written: 1,500 and 1500, 10:00 and 10, ４２ and ٤٢. Pure."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable

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


class Numbers:
    """The numbers that a source holds."""

    def __init__(self, text: str) -> None:
        self._text = text

    @functools.cached_property
    def _own(self) -> list[str]:
        return _found(self._text)

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


def _found(text: str) -> list[str]:
    return _NUMBER.findall(_FOREIGN.sub(lambda run: run[0].translate(_DIGITS), text))


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number).lstrip("0") or "0"


def _split(number: str) -> list[str]:
    return [part.lstrip("0") for part in re.split(r"\D", number) if part.strip("0")]
