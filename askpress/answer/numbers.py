"""Numbers in texts, however they are written: 1,500 and 1500, 10:00 and 10, ４２ and ٤٢. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


class Numbers:
    """The numbers that a source holds."""

    def __init__(self, text: str) -> None:
        found = _found(text)
        self._whole = {_digits(number) for number in found}
        self._parts = {part for number in found for part in _split(number)}

    def hold(self, texts: Iterable[str]) -> bool:
        """True when each number of the texts is one of the source's."""
        return all(
            _digits(number) in self._whole or set(_split(number)) <= self._parts
            for text in texts
            for number in _found(text)
        )


def _found(text: str) -> list[str]:
    return _NUMBER.findall(text if text.isascii() else "".join(map(_plain, text)))


def _plain(character: str) -> str:
    digit = unicodedata.digit(character, None)
    return character if digit is None else str(digit)


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number).lstrip("0") or "0"


def _split(number: str) -> list[str]:
    return [part.lstrip("0") for part in re.split(r"\D", number) if part.strip("0")]
