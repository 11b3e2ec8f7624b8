"""Answers without a language model: whole neighbouring pieces of the passages, word for word. Pure but for `embed`."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from askpress.providers import units
from askpress.providers.contract import Vectors
from askpress.providers.units import Unit
from askpress.text import terms

# "Rule B", measured on 30 hard paraphrases against single sentences and against whole chunks: gold text in the answer
# .53, .40 and .57; right document .72, .60 and .67; words 80, 66 and 103.
MOST_WORDS = 70
# The best window is chosen as short as it may be, then quoted with what stands before it: on the tuning half of the
# repository's questions gold text .73 in place of .65, 81 words in place of 58.
# A table is worth little without its first rows.
MOST_TABLE_WORDS = 110
MOST_UNITS = 8
SECOND_WITHIN = 0.06
# The best windows by keywords and rank are embedded, 10 to 20 ms each; 24 gave no better answers than 8.
MOST_EMBEDDED = 8
# What the keywords' score counts beside the cosine. With 48 questions over the sample site: gold text .73, right
# document .77; by keywords alone .75 and .76.
KEYWORD_WEIGHT = 0.5
# What each place further down the sources takes off the keywords' score; less where the cosine tells the places apart
# too: of 88 English questions 63 find the gold text in place of 60, and the right document .81 in place of .80.
RANK_COST = 0.08
EMBEDDED_RANK_COST = 0.04

Embed = Callable[[Sequence[str]], Vectors]


@dataclass(frozen=True, slots=True)
class Quote:
    """A stretch of one source: `text` is `sources[source_index][start:end]`."""

    source_index: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class _Window:
    """Neighbouring units of one source."""

    source_index: int
    # All units of the source, and the places of the first and the last one.
    pieces: Sequence[Unit]
    first: int
    last: int
    text: str
    # Share 0..1 of the question's words, rare ones counting more.
    coverage: float

    @property
    def start(self) -> int:
        return self.pieces[self.first].start

    @property
    def end(self) -> int:
        return self.pieces[self.last].end

    @property
    def heading(self) -> str:
        return self.pieces[self.first].heading

    def score(self, rank_cost: float) -> float:
        return self.coverage - rank_cost * self.source_index


_Ranked = tuple[float, _Window]


def quote(question: str, sources: Sequence[str], *, language: str, embed: Embed | None) -> list[Quote]:
    """Return the one or two stretches of `sources` (best source first) that answer best, best first.

    `embed` gives vectors for texts; None ranks by keywords alone. Empty when the sources hold nothing quotable.
    """
    windows = _distinct(_windows(question, sources, language=language))
    if embed:
        ranked = _embedded(question, _by_score(windows, EMBEDDED_RANK_COST)[:MOST_EMBEDDED], embed)
    else:
        ranked = _by_score(windows, RANK_COST)
    return _best(sources, ranked)


def _quote(sources: Sequence[str], window: _Window) -> Quote:
    return _stretch(sources, window.source_index, window.pieces[_widened(window)].start, window.end)


def _stretch(sources: Sequence[str], source_index: int, start: int, end: int) -> Quote:
    return Quote(source_index, start, end, sources[source_index][start:end])


def _windows(question: str, sources: Sequence[str], *, language: str) -> list[_Window]:
    asked = set(terms.lexemes(question, language=language))
    found: dict[str, _Window] = {}
    runs = [
        (index, pieces, first, last, set(terms.lexemes(f"{pieces[first].heading}\n{text}", language=language)), text)
        for index, source in enumerate(sources)
        for pieces in [units.units(source)]
        for first, last in _runs(pieces)
        for text in [source[pieces[first].start : pieces[last].end]]
    ]
    weights = _weights(asked, [words for *_, words, _ in runs])
    for index, pieces, first, last, words, text in runs:
        # Neighbouring chunks overlap: what stands in two counts once, where the better source has it.
        found.setdefault(text, _Window(index, pieces, first, last, text, _coverage(weights, words)))
    return list(found.values())


def _distinct(windows: Sequence[_Window]) -> list[_Window]:
    """Leave out windows whose end alone has as many of the question's words."""
    tightest = {(window.source_index, window.last, window.coverage): window for window in windows}
    return list(tightest.values())


def _runs(pieces: Sequence[Unit]) -> Iterator[tuple[int, int]]:
    """Yield, for every unit that can begin a quote, its place and where the longest fitting run from it ends."""
    for first, unit in enumerate(pieces):
        if unit.quotable and not unit.leans:
            last = _last(pieces, first)
            while last > first and pieces[last].opens:
                last -= 1
            if not pieces[last].opens:
                yield first, last


def _last(pieces: Sequence[Unit], first: int) -> int:
    words = pieces[first].words
    for place in range(first + 1, min(first + MOST_UNITS, len(pieces))):
        piece = pieces[place]
        words += piece.words
        most = MOST_TABLE_WORDS if piece.kind == "row" else MOST_WORDS
        if not piece.quotable or piece.section != pieces[first].section or words > most:
            return place - 1
    return min(first + MOST_UNITS, len(pieces)) - 1


def _widened(window: _Window) -> int:
    """Return the place of the first unit from which the window is still short enough to quote."""
    pieces, first = window.pieces, window.first
    words = sum(piece.words for piece in pieces[first : window.last + 1])
    for place in range(first - 1, -1, -1):
        piece = pieces[place]
        words += piece.words
        has_rows = any(piece.kind == "row" for piece in pieces[place : window.last + 1])
        most = MOST_TABLE_WORDS if has_rows else MOST_WORDS
        if not piece.quotable or piece.section != pieces[first].section or words > most:
            break
        if not piece.leans:
            first = place
    return first


def _weights(asked: set[str], texts: Sequence[set[str]]) -> dict[str, float]:
    """Return each asked word's weight, summing to 1: a word that is everywhere says little."""
    frequency = Counter(word for words in texts for word in words & asked)
    raw = {word: math.log(1 + (len(texts) + 1) / (frequency[word] + 0.5)) for word in asked}
    total = sum(raw.values()) or 1.0
    return {word: weight / total for word, weight in raw.items()}


def _coverage(weights: dict[str, float], words: set[str]) -> float:
    return sum(weight for word, weight in weights.items() if word in words)


def _by_score(windows: Sequence[_Window], rank_cost: float) -> list[_Ranked]:
    return _best_first((window.score(rank_cost), window) for window in windows)


def _embedded(question: str, ranked: Sequence[_Ranked], embed: Embed) -> list[_Ranked]:
    if not ranked:
        return []
    vectors = embed([question, *(f"{window.heading}\n{window.text}" for _, window in ranked)])
    cosines = (vectors[1:] @ vectors[0]).tolist()
    return _best_first(
        (cosine + KEYWORD_WEIGHT * score, window) for cosine, (score, window) in zip(cosines, ranked, strict=True)
    )


def _best_first(ranked: Iterable[_Ranked]) -> list[_Ranked]:
    return sorted(ranked, key=lambda pair: -pair[0])


def _best(sources: Sequence[str], ranked: Sequence[_Ranked]) -> list[Quote]:
    """Return what the best window quotes, and a second from another place when it is nearly as good.

    Two that were widened to the head of one table are one quote.
    """
    if not ranked:
        return []
    top, best = ranked[0]
    first = _quote(sources, best)
    for score, window in ranked[1:]:
        if score < top - SECOND_WITHIN:
            break
        second = _quote(sources, window)
        if not _overlap(first, second):
            return [first, second]
        if not _overlap(best, window) and best.source_index == window.source_index:
            both = min(first.start, second.start), max(first.end, second.end)
            return [_stretch(sources, best.source_index, *both)]
    return [first]


def _overlap(one: Quote | _Window, other: Quote | _Window) -> bool:
    if one.source_index != other.source_index:
        return one.text in other.text or other.text in one.text
    return one.start < other.end and other.start < one.end
