"""The keyword leg beside a plain BM25 over the same lexemes: how much of the ten best agrees, and what it costs.

Three kinds of questions: three rare words of one chunk, nine words in a row of one, and two words that are everywhere.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from benchmarks import bulk, measure, prose, stores

if TYPE_CHECKING:
    from askpress.retrieval.passage import Passage
    from askpress.retrieval.versions import IndexVersion

# Of a passage: 300 tokens where all is real, so that there is enough; 700 where only the cost counts.
_CHARS = {10_000: 1_200, 100_000: 2_800}
_BEST = 10
# A chunk that scores the same is as good.
_TIE = 1e-4


@dataclass(frozen=True, slots=True)
class Kind:
    """Questions of one kind."""

    name: str
    questions: Sequence[str]
    # Share of the ten best that is to agree at 10,000 chunks; CPU of Postgres at 100,000.
    agreeing: float
    cpu_ms: float


class Plain:
    """BM25 as in the book, by an inverted index in memory: k1 1.2, b 0.75, idf log(1 + (N - df + .5) / (df + .5))."""

    def __init__(self, lexemes: Sequence[Sequence[str]]) -> None:
        lengths = np.array([len(one) for one in lexemes], dtype=np.float64)
        self.mean = float(lengths.mean())
        self._norm = 1.2 * (0.25 + 0.75 * lengths / self.mean)
        found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, one in enumerate(lexemes):
            for word, count in Counter(one).items():
                found[word].append((number, count))
        self.postings = {word: np.array(places).T for word, places in found.items()}

    def scores(self, words: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return each chunk's score."""
        total = np.zeros(len(self._norm))
        for word in set(words) & self.postings.keys():
            numbers, counts = self.postings[word]
            idf = math.log(1 + (len(total) - len(numbers) + 0.5) / (len(numbers) + 0.5))
            total[numbers] += idf * counts * 2.2 / (counts + self._norm[numbers])
        return total


def main() -> None:
    """Print a line for each kind of question."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.keywords", description=__doc__)
    options.add_argument("--chunks", type=int, nargs="+", default=list(_CHARS))
    options.add_argument("--questions", type=int, default=100)
    given = options.parse_args()
    print(measure.surroundings(), flush=True)
    for chunks in given.chunks:
        with stores.started() as held:
            os.environ.update(stores.environment(DATABASE_URL=held.database_url, REDIS_URL=held.redis_url))
            pid = os.fork()
            if not pid:
                _measure(chunks, given.questions, held.postgres)
                os._exit(0)
            os.waitpid(pid, 0)


def _measure(chunks: int, count: int, postgres: int) -> None:
    import django

    django.setup()
    from askpress.retrieval import versions
    from askpress.text import terms

    texts = prose.passages(chunks, chars=_CHARS.get(chunks, 1_200))
    lexemes = [terms.lexemes(text, language="en") for text in texts]
    plain = Plain(lexemes)
    version, site_id = _fill(lexemes, plain.mean)
    print(f"{chunks} chunks of {plain.mean:.0f} lexemes, {len(plain.postings)} different ones", flush=True)
    live = versions.live()
    for kind in _kinds(texts, lexemes, plain, count):
        asked = [(question, terms.lexemes(question, language="en")) for question in kind.questions]
        print(_told(kind, asked, plain, lambda question: _search(question, live, site_id), postgres), flush=True)
    assert version.id == live.id


def _fill(lexemes: Sequence[Sequence[str]], mean: float) -> tuple[IndexVersion, int]:
    from django.core.management import call_command

    from askpress import sites
    from askpress.retrieval import store, versions

    call_command("migrate", verbosity=0)
    site_id = sites.ensure("http://site.test").id
    version = versions.live_or_new(versions.Recipe("local", "test", 2, 700, 50))
    versions.freeze_mean_lexemes(version, [len(one) for one in lexemes])
    # A document for each chunk: otherwise no more than three of a document are shown.
    bulk.chunks(site_id, version, count=len(lexemes), each=1)
    bulk.terms(site_id, version, lexemes, each=1, mean=mean)
    with store.autocommit() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("RESET statement_timeout")
    return version, site_id


def _kinds(texts: Sequence[str], lexemes: Sequence[Sequence[str]], plain: Plain, count: int) -> list[Kind]:
    chance = random.Random(5)
    frequency = {word: places.shape[1] for word, places in plain.postings.items()}
    # Words that some chunks hold and few: what people type who know what they look for.
    least, most = max(3, len(texts) // 5_000), len(texts) // 200
    rare: list[str] = []
    rows: list[str] = []
    while len(rare) < count:
        telling = [word for word in set(chance.choice(lexemes)) if least <= frequency[word] <= most and word.isalpha()]
        if len(telling) >= 3:
            rare.append(" ".join(chance.sample(sorted(telling), 3)))
    while len(rows) < count:
        words = chance.choice(texts).split()
        if len(words) > 9:
            start = chance.randrange(len(words) - 9)
            rows.append(" ".join(words[start : start + 9]))
    everywhere = [word for word in sorted(frequency, key=lambda word: -frequency[word]) if word.isalpha()][:12]
    pairs = [f"{one} {other}" for one in everywhere for other in everywhere if one < other]
    return [
        Kind("three rare words", rare, 0.95, 6.0),
        Kind("nine words in a row", rows, 0.95, 6.0),
        Kind("two common words", chance.sample(pairs, min(count, len(pairs))), 0.60, 40.0),
    ]


def _search(question: str, version: IndexVersion, site_id: int) -> list[Passage]:
    from askpress.retrieval import fusion, keywords, search

    asked = keywords.analyse(question, languages=["en"], version=version.id, site_id=site_id)
    return search.hybrid(
        version, site_id=site_id, embedding=None, keywords=asked, weights=fusion.Weights(1, 1), k=_BEST
    )


def _told(
    kind: Kind,
    asked: Sequence[tuple[str, Sequence[str]]],
    plain: Plain,
    find: Callable[[str], list[Passage]],
    postgres: int,
) -> str:
    start = measure.cpu_seconds(postgres)
    shares = [_agreeing(find(question), plain.scores(words)) for question, words in asked]
    new = (measure.cpu_seconds(postgres) - start) * 1_000 / len(asked)
    cpu, start = time.process_time(), measure.cpu_seconds(postgres)
    for question, _ in asked:
        find(question)
    ours = (time.process_time() - cpu) * 1_000 / len(asked)
    again = (measure.cpu_seconds(postgres) - start) * 1_000 / len(asked)
    return (
        f"  {kind.name:<20} {statistics.mean(shares):.3f} of the ten best agree (target {kind.agreeing:.2f} at 10,000);"
        f" CPU ms: Postgres {again:.1f} (target {kind.cpu_ms:g} at 100,000), {new:.1f} where its words are counted"
        f" first, ours {ours:.1f}"
    )


def _agreeing(found: Sequence[Passage], scores: npt.NDArray[np.float64]) -> float:
    best = np.sort(scores)[::-1][:_BEST]
    best = best[best > 0]
    reached = [scores[int(passage.chunk_id) - 1] >= best[-1] * (1 - _TIE) for passage in found] if len(best) else []
    return sum(reached) / len(best) if len(best) else 1.0


if __name__ == "__main__":
    main()
