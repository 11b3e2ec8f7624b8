"""What share of the true ten nearest a search by meaning finds, of all chunks and of those that filters leave.

The vectors are made as real ones lie: topics of very different sizes, documents around them, chunks around those.
Before anything is measured the probe has widened searches as the service's own job does.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from benchmarks import bulk, measure, stores

if TYPE_CHECKING:
    from askpress.retrieval.versions import IndexVersion

RECALL_TARGET = 0.99
CPU_TARGET_MS = 40.0
_EACH = 4
_NEAREST = 10
# A 48-dimensional space of meanings, of which the first say most; lifted into the model's own.
_LATENT = 48
_TOPICS = 400
_DOCUMENT, _CHUNK, _QUESTION = 0.55, 0.30, 0.30
# halfvec rounds at the fourth digit.
_TIE = 1e-5
_SHARES = (0.001, 0.01, 0.05, 0.2, 0.5, 1.0)
Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Made-up chunks, `_EACH` a document."""

    vectors: Vectors
    # Of each document: where it lies along the direction that says most.
    place: npt.NDArray[np.float64]
    questions: Vectors
    # Of each question the same.
    asked_at: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Kind:
    """Searches with one filter."""

    name: str
    # The category that is asked for; 0: none.
    category: int
    # Of each document, whether it is in it.
    fits: npt.NDArray[np.bool_]


def main() -> None:
    """Print a line for each filter."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.recall", description=__doc__)
    options.add_argument("--chunks", type=int, default=100_000)
    options.add_argument("--dimensions", type=int, default=1_536)
    options.add_argument("--questions", type=int, default=60)
    given = options.parse_args()
    print(measure.surroundings(), flush=True)
    made = _made(given.chunks, given.dimensions, given.questions)
    with stores.started() as held:
        os.environ.update(stores.environment(DATABASE_URL=held.database_url, REDIS_URL=held.redis_url))
        import django

        django.setup()
        kinds = _kinds(made)
        version, site_id = _fill(made, kinds)
        for kind in kinds:
            print(_measured(made, kind, version, site_id, held.postgres), flush=True)
        _close()


def _made(chunks: int, dimensions: int, questions: int) -> Corpus:
    chance = np.random.default_rng(7)
    documents = -(-chunks // _EACH)
    scale = np.arange(1, _LATENT + 1) ** -0.6
    sizes = chance.pareto(1.2, _TOPICS) + 0.05
    topics = chance.normal(size=(_TOPICS, _LATENT)) * scale
    middles = topics[chance.choice(_TOPICS, size=documents, p=sizes / sizes.sum())]
    middles = middles + _DOCUMENT * chance.normal(size=middles.shape) * scale
    points = np.repeat(middles, _EACH, axis=0)[:chunks]
    points = points + _CHUNK * chance.normal(size=points.shape) * scale
    asked = points[chance.choice(chunks, questions, replace=False)]
    asked = asked + _QUESTION * chance.normal(size=asked.shape) * scale
    lift = np.linalg.qr(chance.normal(size=(dimensions, _LATENT)))[0].T
    common = chance.normal(size=dimensions)
    common *= 0.8 * np.linalg.norm(scale) / np.linalg.norm(common)

    def lifted(some: npt.NDArray[np.float64]) -> Vectors:
        noise = chance.normal(size=(len(some), dimensions)) * 0.15 * np.linalg.norm(scale) / np.sqrt(dimensions)
        whole = some @ lift + common + noise
        unit: Vectors = (whole / np.linalg.norm(whole, axis=1, keepdims=True)).astype(np.float32)
        return unit

    # What is compared is what is stored.
    vectors = np.concatenate([lifted(points[start : start + 5_000]) for start in range(0, chunks, 5_000)])
    return Corpus(vectors.astype(np.float16).astype(np.float32), middles[:, 0], lifted(asked), asked[:, 0])


def _kinds(made: Corpus) -> list[Kind]:
    """All chunks; shares of the documents by chance; the same shares of those that lie farthest to one side."""
    chance = np.random.default_rng(8)
    everything = np.ones(len(made.place), bool)
    kinds = [Kind("no filter", 0, everything)]
    for share in _SHARES:
        kinds.append(Kind(f"{share:.1%}, by chance", len(kinds), chance.random(len(made.place)) < share))
    for share in _SHARES[:-1]:
        border = np.quantile(made.place, 1 - share)
        kinds.append(Kind(f"{share:.1%}, at one side", len(kinds), made.place >= border))
    return [kind for kind in kinds if kind.fits.any()]


def _fill(made: Corpus, kinds: list[Kind]) -> tuple[IndexVersion, int]:
    from django.core.management import call_command

    from askpress import sites
    from askpress.retrieval import probe, store, versions

    call_command("migrate", verbosity=0)
    site_id = sites.ensure("http://site.test").id
    recipe = versions.Recipe("openai", "text-embedding-3-small", made.vectors.shape[1], 400, 50)
    version = versions.live_or_new(recipe)
    begun = time.perf_counter()
    bulk.chunks(site_id, version, count=len(made.vectors), each=_EACH)
    bulk.terms(site_id, version, [("common",)] * len(made.vectors), each=_EACH, mean=1.0)
    bulk.vectors(site_id, version, _slices(made.vectors), each=_EACH)
    with store.autocommit() as cursor:
        categories = [[kind.category for kind in kinds if kind.fits[n]] for n in range(len(made.place))]
        cursor.executemany(
            "UPDATE askpress_document SET categories = %s WHERE id = %s",
            [(of_one, number) for number, of_one in enumerate(categories, start=1)],
        )
    loaded = time.perf_counter()
    versions.build_ann(version.id)
    print(f"loaded in {loaded - begun:.0f} s, index built in {time.perf_counter() - loaded:.0f} s", flush=True)
    with store.autocommit() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("RESET statement_timeout")
    found = probe.probe(versions.live())
    print(f"probe: {found}", flush=True)
    return versions.live(), site_id


def _slices(vectors: Vectors) -> Iterator[Vectors]:
    for start in range(0, len(vectors), 2_000):
        yield vectors[start : start + 2_000]


def _measured(made: Corpus, kind: Kind, version: IndexVersion, site_id: int, postgres: int) -> str:
    from pgvector import HalfVector, SparseVector

    from askpress.retrieval import bm25, filters, narrowing, search, store

    narrowed = narrowing.Narrowing(filters.Filters(category=(str(kind.category),)) if kind.category else filters.ANY)
    query = search.statement(version, narrowed=narrowed, chunks=len(made.vectors), name="probe")
    fixed = {"site": site_id, "any_lexeme": "", "telling": "", "weights": SparseVector({}, bm25.DIMENSIONS)}
    asked = [
        {**fixed, "embedding": HalfVector(question), **narrowing.parameters(narrowed)} for question in made.questions
    ]
    took, found = [], []
    with store.autocommit() as cursor:
        store.widen(cursor, ef_search=version.ef_search, probes=version.probes)
        for one in asked[:8]:
            cursor.execute(query, one, binary=True, prepare=True).fetchall()
        before = measure.cpu_seconds(postgres)
        for one in asked:
            begun = time.perf_counter()
            found.append([row[0] for row in cursor.execute(query, one, binary=True, prepare=True)])
            took.append((time.perf_counter() - begun) * 1_000)
        spent = (measure.cpu_seconds(postgres) - before) * 1_000 / len(asked)
    recalls = _recalls(made, kind, found)
    far = [recall for recall, at in zip(recalls, made.asked_at, strict=True) if at < np.median(made.asked_at)]
    verdict = "met" if statistics.mean(recalls) >= RECALL_TARGET and spent <= CPU_TARGET_MS else "missed"
    return (
        f"{kind.name:<20} recall {statistics.mean(recalls):.4f} (least {min(recalls):.1f}; questions from the other"
        f" side {statistics.mean(far):.4f}), CPU of Postgres {spent:.1f} ms, {statistics.median(took):.1f} ms median:"
        f" {verdict}"
    )


def _recalls(made: Corpus, kind: Kind, found: list[list[float]]) -> list[float]:
    fits = np.flatnonzero(np.repeat(kind.fits, _EACH)[: len(made.vectors)])
    norms = np.linalg.norm(made.vectors[fits], axis=1)
    recalls = []
    for question, distances in zip(made.questions, found, strict=True):
        rounded = question.astype(np.float16).astype(np.float32)
        true = np.sort(1 - made.vectors[fits] @ rounded / norms / np.linalg.norm(rounded))[:_NEAREST]
        recalls.append(sum(distance <= true[-1] + _TIE for distance in distances) / len(true))
    return recalls


def _close() -> None:
    from django.db import connection

    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
