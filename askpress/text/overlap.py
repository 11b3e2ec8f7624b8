"""Overlap: where a chunk begins inside the chunk before it, at the border of a line, a sentence or a word."""

from __future__ import annotations

import bisect
import functools
import re
from collections.abc import Callable, Sequence

from askpress.text.outline import Span
from askpress.text.tokens import Counter

_CJK = "\u0e00-\u0e7f\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_LINE = re.compile(r"(?<=\n)[^\s]")
_SENTENCE = re.compile(r"(?<=[.!?…:]\s)\S|(?<=[。！？])\S")
_WORD = re.compile(rf"(?<=\s)\S|[{_CJK}]")
# Characters that belong to the one before them: combining marks, joiners, emoji variations and skin tones.
_CONTINUES = re.compile("[\u0300-\u036f\u0e31-\u0e3a\u0e47-\u0e4e\u200c\u200d\u20e3\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]")
_JOINER = "\u200d"


def start(text: str, floor: int, fresh: Span, *, most: int, room: int, count: Counter) -> int:
    """Return where the chunk with the new text `fresh` begins, not before `floor`.

    The part before `fresh` has at most `most` tokens, and the whole chunk at most `room`.
    """
    begin, end = fresh
    budget = min(most, room - count(text[begin:end]))
    while budget > 0:
        chosen = _chosen(text, floor, begin, fits=functools.partial(_fits, text, begin, budget, count))
        excess = count(text[chosen:end]) - room
        if excess <= 0:
            return chosen
        budget -= excess
    return begin


def _chosen(text: str, floor: int, begin: int, *, fits: Callable[[int], bool]) -> int:
    words = [floor, *_borders(_WORD, text, floor, begin)]
    at = _earliest(words, fits)
    if at is None:
        inner = [p for p in range(words[-1] + 1, begin) if _is_border(text, p)]
        at = _earliest(inner, fits)
        return begin if at is None else at
    for pattern in (_LINE, _SENTENCE):
        borders = _borders(pattern, text, at, begin)
        if borders and (begin - borders[0]) * 2 >= begin - at:
            return borders[0]
    return at


def _fits(text: str, end: int, most: int, count: Counter, start: int) -> bool:
    return count(text[start:end]) <= most


def _earliest(positions: Sequence[int], fits: Callable[[int], bool]) -> int | None:
    at = bisect.bisect_left(positions, True, key=fits)
    return positions[at] if at < len(positions) else None


def _borders(pattern: re.Pattern[str], text: str, start: int, end: int) -> list[int]:
    return [found.start() for found in pattern.finditer(text, start, end)]


def _is_border(text: str, position: int) -> bool:
    return not _CONTINUES.match(text, position) and text[position - 1] != _JOINER
