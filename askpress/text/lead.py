"""Lead: the line in front of a chunk when it is embedded, so that a chunk from the middle says what it is about."""

from __future__ import annotations

import functools
import itertools

# The offline model reads 256 word pieces: chunks of 200 leave room for this and the two marks around a text.
_LEAD_TOKENS = 40


@functools.lru_cache(maxsize=500)
def line(parts: tuple[str, ...]) -> str:
    """Join title and headings; when that is too long, title and the two inner headings share the room."""
    if sum(map(_weight, parts)) + len(parts) <= _LEAD_TOKENS:
        return " > ".join(parts)
    kept = [parts[0], *parts[1:][-2:]]
    return " > ".join(_cut(part, _LEAD_TOKENS / len(kept) - 1) for part in kept)


def _cut(part: str, room: float) -> str:
    weights = itertools.accumulate(map(_weight, part))
    fits = sum(1 for weight in weights if weight <= room)
    if fits == len(part):
        return part
    short = part[:fits]
    return short[: short.rfind(" ")] if " " in short else short


def _weight(text: str) -> float:
    """Estimate tokens from above: four ASCII letters make one, a Chinese character may take two."""
    return sum(_char_weight(char) for char in text)


def _char_weight(char: str) -> float:
    if char.isascii():
        return 0.25 if char.isalpha() or char == " " else 1
    return 1.5 if char < "\u0e00" else 2
