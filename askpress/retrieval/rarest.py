"""By which of a query's lexemes the keyword leg finds its candidates, given how many chunks hold each. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from askpress.retrieval import bm25

# Candidates are found by the rarest lexemes until they name this share of all chunks (measured: 2 to 5 %
# lose nothing in the top ten), but by no fewer than this many chunks: at 10,000 .98 of the ten best of nine words.
_SHARE, _CHUNKS = 0.02, 1_000
# These are enough where the first lexeme that is too much must stand beside another: of the ten best of nine words .99
# at 10,000 chunks, and at 100,000 in place of .91, for a third less CPU.
_TELLING_SHARE, _TELLING_CHUNKS = 0.005, 700
# Where so few are expected, too few may be found: they are not looked for.
_LEAST_TELLING = 100


def any_of(frequencies: Mapping[str, int], *, chunks: int) -> str:
    """Return the tsquery for any of the rarest lexemes, at least one; "" where no chunk holds any."""
    budget = max(_CHUNKS, int(chunks * _SHARE))
    taken: list[str] = []
    for lexeme in _rising(frequencies):
        budget -= frequencies[lexeme]
        if budget < 0 and taken:
            break
        taken.append(lexeme)
    return " | ".join(map(bm25.quoted, taken))


def telling(words: Sequence[tuple[str, ...]], frequencies: Mapping[str, int], *, chunks: int) -> str:
    """Return the tsquery for the rarest lexemes, and for the next one beside others; "" where there are no others.

    A word's own forms are no others.
    """
    left = max(_TELLING_CHUNKS, int(chunks * _TELLING_SHARE))
    rising = _rising(frequencies)
    for place, lexeme in enumerate(rising):
        if frequencies[lexeme] > left:
            forms = {form for word in words if lexeme in word for form in word}
            shares = {name: frequencies[name] / chunks for name in rising[place + 1 :] if name not in forms}
            beside = _beside(shares, frequencies[lexeme], most=left, least=0 if place else _LEAST_TELLING)
            pair = [f"{bm25.quoted(lexeme)} & ({' | '.join(map(bm25.quoted, beside))})"] if beside else []
            return " | ".join([*map(bm25.quoted, rising[:place]), *pair]) if shares else ""
        left -= frequencies[lexeme]
    return ""


def _beside(shares: Mapping[str, float], frequency: int, *, most: int, least: int) -> list[str]:
    """Return the first lexemes, of `shares` of all chunks, that one of such a frequency must stand beside.

    In no more than `most` chunks, were words independent; to find `least`, one lexeme may exceed that. None if all find
    fewer.
    """
    taken: list[str] = []
    without = 1.0
    for name, share in shares.items():
        if frequency * (1 - without * (1 - share)) > most and (taken or not least):
            break
        without *= 1 - share
        taken.append(name)
    return taken if frequency * (1 - without) >= least else []


def _rising(frequencies: Mapping[str, int]) -> list[str]:
    return sorted((name for name in frequencies if frequencies[name]), key=frequencies.__getitem__)
