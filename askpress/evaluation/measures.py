"""The measures, each of one question; a run's figure is the mean over the questions a measure applies to. Pure.

Rankings are of documents, best first, each named once: a document's rank is that of its best passage.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Sequence

# A marker as the service writes it.
_MARKER = re.compile(r"\s*\[(\d{1,3})\]")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_WORD = re.compile(r"[^\W\d_]{4,}")
# Share of a statement's longer words that its source must hold.
GROUNDED_SHARE = 0.6


def best_of_each(documents: Iterable[str]) -> tuple[str, ...]:
    """Return each document once, at the rank of its best passage."""
    return tuple(dict.fromkeys(documents))


def recall(ranked: Sequence[str], relevant: Collection[str], *, k: int) -> float:
    """Return which share of the relevant documents is among the first k."""
    return len(set(ranked[:k]) & set(relevant)) / len(relevant)


def ndcg(ranked: Sequence[str], relevant: Collection[str], *, k: int) -> float:
    """Return the discounted gain of the first k over that of the best order, relevance being 0 or 1.

    Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques (2002), with log2(rank + 1).
    """
    gain = sum(_discount(rank) for rank, document in enumerate(ranked[:k], start=1) if document in relevant)
    return gain / sum(_discount(rank) for rank in range(1, min(len(relevant), k) + 1))


def reciprocal_rank(ranked: Sequence[str], relevant: Collection[str], *, k: int) -> float:
    """Return 1 / rank of the first relevant document among the first k, else 0."""
    ranks = (rank for rank, document in enumerate(ranked[:k], start=1) if document in relevant)
    return 1 / next(ranks, math.inf)


def share_found(patterns: Sequence[re.Pattern[str]], text: str) -> float:
    """Return which share of the patterns is found in the text."""
    return sum(1 for pattern in patterns if pattern.search(text)) / len(patterns)


def precision(cited: Collection[str], relevant: Collection[str]) -> float:
    """Return which share of the cited documents is relevant."""
    return len(set(cited) & set(relevant)) / len(set(cited))


def markers(answer: str) -> list[int]:
    """Return the numbers of the answer's markers [n], in order."""
    return [int(number) for number in _MARKER.findall(answer)]


def are_valid(answer: str, citations: Sequence[tuple[int, str]], sources: Sequence[str]) -> bool:
    """True when every marker, and every citation's (number, quote), holds against the sources' full texts.

    Numbers are 1-based places in `sources`; a quote must stand there word for word.
    """
    named = [*markers(answer), *(number for number, _ in citations)]
    if not named or not all(1 <= number <= len(sources) for number in named):
        return False
    return all(quote and quote in sources[number - 1] for number, quote in citations)


def groundedness(answer: str, sources: Sequence[str]) -> float:
    """Return which share of the answer's statements stands in the source that each names.

    A statement is what precedes a marker; what no marker follows is a statement without a source.
    """
    said = _statements(answer)
    grounded = sum(
        1 for text, numbers in said if any(_stands(text, sources[n - 1]) for n in numbers if 0 < n <= len(sources))
    )
    return grounded / len(said) if said else 0.0


def _statements(answer: str) -> list[tuple[str, list[int]]]:
    """Split "One. [1][2] Two [3]" into ("One.", [1, 2]) and ("Two", [3])."""
    found: list[tuple[str, list[int]]] = []
    end = 0
    for marker in _MARKER.finditer(answer):
        text = answer[end : marker.start()].strip()
        if text:
            found.append((text, []))
        if found:
            found[-1][1].append(int(marker[1]))
        end = marker.end()
    rest = answer[end:].strip()
    return [*found, (rest, [])] if _WORD.search(rest) else found


def _stands(text: str, source: str) -> bool:
    """True when the text stands in the source word for word, or most of its words and all its numbers do."""
    if " ".join(text.strip("“”").split()) in " ".join(source.split()):
        return True
    words = {word.casefold() for word in _WORD.findall(text)}
    there = {word.casefold() for word in _WORD.findall(source)}
    numbers = set(_NUMBER.findall(text)) <= set(_NUMBER.findall(source))
    return numbers and bool(words) and len(words & there) / len(words) >= GROUNDED_SHARE


def mean(values: Sequence[float]) -> float | None:
    """Return the mean, None of nothing."""
    return sum(values) / len(values) if values else None


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the smallest value that at least `share` (0..1) of the values do not exceed, None of nothing."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)] if values else None


def _discount(rank: int) -> float:
    return 1 / math.log2(rank + 1)
