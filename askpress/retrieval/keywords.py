"""The keyword side of a query: its lexemes, how rare each is, and the candidates' condition."""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pgvector import SparseVector

from askpress.retrieval import bm25, rarest, store
from askpress.retrieval import languages as written
from askpress.text import terms

# Words: a question of 2,000 names no more than this many different things.
_MAX_LEXEMES = 40
# How long the number of all chunks may lag behind the index.
_FRESH_SECONDS = 60.0
# How long a lexeme's may, unless the number of all chunks has changed by more than this share meanwhile: an idf moves
# by less than ranks notice. Counting anew costs Postgres half of what the search itself does.
_KEPT_SECONDS = 3_600.0
_DRIFT = 0.05
# From so many chunks on, those of the commonest lexemes are not counted but taken from Postgres's statistics, which are
# right within a hundredth: at 100,000 chunks nine new words cost 170 to 240 ms of CPU to count.
_MANY_CHUNKS = 10_000


@dataclass(frozen=True, slots=True)
class Keywords:
    """A question as the keyword leg sees it."""

    # Each different word of the question, as the languages write it.
    words: tuple[tuple[str, ...], ...]
    # Each lexeme of these with its idf.
    idfs: dict[str, float]
    # How many chunks the site has.
    chunks: int
    # tsquery: any of the lexemes that fit the budget; "" finds nothing.
    any_lexeme: str
    # tsquery: what of these is compared first, "" where there is not much.
    telling: str
    weights: SparseVector

    def coverage(self, matched: frozenset[str]) -> float:
        """Return which share 0..1 of the question's idf the matched lexemes carry."""
        weights = [(min(self.idfs[lexeme] for lexeme in word), not matched.isdisjoint(word)) for word in self.words]
        total = sum(weight for weight, _ in weights)
        return sum(weight for weight, found in weights if found) / total if total else 0.0


def analyse(question: str, *, languages: Sequence[str], version: int, site_id: int) -> Keywords:
    """Return the keyword side of `question`, read as in each of `languages`, against one site's part of a version."""
    words = tuple(terms.variants(question, languages=languages)[:_MAX_LEXEMES])
    lexemes = list(dict.fromkeys(itertools.chain.from_iterable(words)))
    chunks, frequencies = _frequencies.of(lexemes, version=version, site_id=site_id)
    idfs = {name: bm25.idf(documents=chunks, frequency=frequencies[name]) for name in lexemes}
    return Keywords(
        words=words,
        idfs=idfs,
        chunks=chunks,
        any_lexeme=rarest.any_of(frequencies, chunks=chunks),
        telling=rarest.telling(words, frequencies, chunks=chunks),
        weights=bm25.query_weights(idfs),
    )


# Stands for every chunk where a lexeme is expected.
_ALL = ""


@dataclass(frozen=True, slots=True)
class _Count:
    """How many chunks held a lexeme, when, and among how many."""

    chunks: int
    counted_at: float
    of: int

    def holds(self, now: float, every: int) -> bool:
        # None is never remembered: the next post may hold the word, and to find nothing is cheap.
        recent = now - self.counted_at <= _KEPT_SECONDS
        return self.chunks > 0 and recent and abs(every - self.of) <= _DRIFT * self.of


class Frequencies:
    """Counts chunks that hold a lexeme, and remembers the counts in this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, many: int = _MANY_CHUNKS) -> None:
        self._clock = clock
        self._many = many
        self._lock = threading.Lock()
        self._counts: dict[tuple[int, int, str], _Count] = {}
        # Of an index version the shares of its commonest lexemes, and when they were read.
        self._shares: dict[int, tuple[dict[str, float], float]] = {}

    def of(self, lexemes: list[str], *, version: int, site_id: int) -> tuple[int, dict[str, int]]:
        """Return the number of chunks, and of those with each lexeme."""
        now = self._clock()
        with self._lock:
            held = {name: self._counts.get((version, site_id, name)) for name in (_ALL, *lexemes)}
        every = held.pop(_ALL)
        if every is None or now - every.counted_at > _FRESH_SECONDS:
            every = self._count([_ALL], version=version, site_id=site_id, of=0, now=now)[_ALL]
        shares = self._common(version, now) if every.chunks >= self._many else {}
        known = {name: round(shares[name] * every.chunks) for name in lexemes if name in shares}
        counts = {name: count for name, count in held.items() if count is not None and name not in known}
        stale = [name for name in held if name not in known
                 and (name not in counts or not counts[name].holds(now, every.chunks))]  # fmt: skip
        if stale:
            counts |= self._count(stale, version=version, site_id=site_id, of=every.chunks, now=now)
        return every.chunks, known | {name: count.chunks for name, count in counts.items()}

    def _common(self, version: int, now: float) -> dict[str, float]:
        shares, read_at = self._shares.get(version, ({}, -math.inf))
        if now - read_at > _FRESH_SECONDS:
            with store.autocommit() as cursor:
                shares = dict(cursor.execute(store.statement("shares", version), prepare=True).fetchall())
            self._shares[version] = shares, now
        return shares

    def forget(self) -> None:
        self._counts.clear()
        self._shares.clear()

    def _count(self, names: list[str], *, version: int, site_id: int, of: int, now: float) -> dict[str, _Count]:
        with store.autocommit() as cursor:
            rows = cursor.execute(
                store.statement("frequencies", version),
                {"site": site_id, "names": names, "quoted": [bm25.quoted(name) for name in names]},
                prepare=True,
            ).fetchall()
        counted = {name: _Count(chunks, now, of) for name, chunks in rows}
        with self._lock:
            if len(self._counts) > 100_000:
                self._counts.clear()
            self._counts |= {(version, site_id, name): count for name, count in counted.items()}
        return counted


_frequencies = Frequencies()


def forget() -> None:
    """Count anew at the next question; for tests."""
    _frequencies.forget()
    written.forget()
