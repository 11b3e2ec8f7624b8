"""Reads the claims of a model's reply while it is written; the same whatever pieces it comes in. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jiter

# Parsing begins anew with every piece: of a long reply only when it has grown by this part, so that all parsing
# together stays within a few hundred times its length.
_GROWTH = 256
MAX_CLAIMS = 40
_MAX_BRACES = 8
# Between words of JSON they mean the same; within a text, where some models leave them as they are, they are no JSON.
_BLANKS = str.maketrans("\t\n\r", "   ")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a language model says, with what it rests on; not yet believed."""

    source: int
    quote: str
    text: str = ""
    # The numbers its text will hold; None when it did not say so before the text.
    numbers: tuple[str, ...] | None = None
    # Its text is complete.
    whole: bool = True


class Reading:
    """One reply."""

    def __init__(self) -> None:
        self._text = ""
        self._parsed_chars = 0
        # Claims whose brace has come, and the place after the last of them.
        self._whole = 0
        self._whole_chars = 0
        self._object: dict[str, Any] = {}
        self._broken = False

    @property
    def found_nothing(self) -> bool:
        """True when it said so before any claim, or made none."""
        if self._object.get("found") is not False:
            return False
        return next(iter(self._object), "") != "claims" or self._object["claims"] == []

    def feed(self, piece: str) -> bool:
        """Take the next piece; return whether there may be something new."""
        self._text += piece.translate(_BLANKS)
        grown = len(self._text) - self._parsed_chars
        if self._broken or not grown or grown * _GROWTH < len(self._text):
            return False
        self._parse()
        return True

    def end(self) -> None:
        """Nothing follows."""
        if not self._broken and self._parsed_chars < len(self._text):
            self._parse()

    def claims(self, after: int = 0) -> list[Claim | None]:
        """Return the claims from number `after` on that can be judged, None for what has not a claim's form."""
        items = self._object.get("claims")
        items = items[:MAX_CLAIMS] if isinstance(items, list) else []
        whole = max(self._whole, len(items) - 1)
        read = [_claim(item, whole=number <= whole) for number, item in enumerate(items, start=1)]
        waits = bool(read) and whole < len(read) and read[-1] is None
        return read[after : len(read) - 1 if waits else None]

    def _parse(self) -> None:
        self._parsed_chars = len(self._text)
        try:
            self._take(_partial(self._text))
        except ValueError:
            self._broken = True
            self._text = self._text[: _sound_chars(self._text)]
            self._take(_partial(self._text) if self._text else None)
        self._count_whole()

    def _count_whole(self) -> None:
        """A claim ends with its brace, though the list goes on; a brace may also stand in a text."""
        end = len(self._text)
        for _ in range(_MAX_BRACES):
            end = self._text.rfind("}", self._whole_chars, end)
            if end < 0:
                return
            counted = _whole_claims(self._text[: end + 1])
            if counted is not None:
                self._whole, self._whole_chars = counted, end + 1
                return

    def _take(self, value: object) -> None:
        self._object = value if isinstance(value, dict) else {}


def _claim(item: object, *, whole: bool) -> Claim | None:
    """Return a claim when its source and quote are complete: something stands after them."""
    if not isinstance(item, dict) or not isinstance(item.get("quote"), str):
        return None
    source, quote, text, names = item.get("source"), item["quote"], item.get("text", ""), list(item)
    begun = "text" in names and {"source", "quote"} <= set(names[: names.index("text")])
    if isinstance(source, bool) or not isinstance(source, int) or not isinstance(text, str) or not (begun or whole):
        return None
    return Claim(source, quote, text, _numbers(item, names) if begun else None, whole)


def _numbers(item: Mapping[str, Any], names: list[str]) -> tuple[str, ...] | None:
    given = item.get("numbers")
    if not isinstance(given, list) or names.index("numbers") > names.index("text"):
        return None
    return tuple(str(number) for number in given)


def _partial(text: str) -> Any:
    return jiter.from_json(
        text.encode("utf-8", "replace"), partial_mode="trailing-strings", catch_duplicate_keys=True, cache_mode="keys"
    )


def _whole_claims(text: str) -> int | None:
    """Return how many claims there are in a text that ends with the brace of one, or with the object's."""
    for ending in ("]}", ""):
        try:
            value = jiter.from_json((text + ending).encode("utf-8", "replace"))
        except ValueError:
            continue
        claims = value.get("claims") if isinstance(value, dict) else None
        return len(claims) if isinstance(claims, list) else 0
    return None


def _sound_chars(text: str) -> int:
    """Return how many characters, from the first, are the beginning of JSON: all that is read of a broken reply."""
    sound, broken = 0, len(text)
    while broken - sound > 1:
        middle = (sound + broken) // 2
        try:
            _partial(text[:middle])
            sound = middle
        except ValueError:
            broken = middle
    return sound
