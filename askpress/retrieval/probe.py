"""Measures what share of the nearest ten the index finds, against a comparison of all vectors, and widens searches."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from pgvector import HalfVector, SparseVector

from askpress import logs
from askpress.retrieval import ann, bm25, filters, narrowing, recent, search, store
from askpress.retrieval.filters import Filters
from askpress.retrieval.versions import IndexVersion

FLOOR = 0.99
_NEAREST = 10
_QUERIES = 25
# A chunk's vector with so much noise beside its length is as far from it as a question from the chunk that answers it.
_NOISE = 0.4
# Two chunks of one text are equally far; halfvec rounds at the fourth digit.
_TIE = 1e-4
# How wide a search may become, and how long its vector leg may take then (median).
_STEPS = {ann.HNSW: (120, 160, 240, 320, 480, 640, 1_000), ann.IVFFLAT: (10, 16, 24, 32, 48, 64, 96, 128)}
_SEARCH_MS = 40.0
# For comparing all, which costs most, and for everything.
_EXACT_SECONDS, _PROBE_SECONDS = 30.0, 60.0
_SITES = 5

Vector = npt.NDArray[np.float32]
# A question, and the distances of the true ten, the nearest first.
Question = tuple[Vector, list[float]]


@dataclass(frozen=True, slots=True)
class Class:
    """Searches of one kind: whole sites, or those that a filter narrows."""

    name: str
    site_id: int
    # Of the site: decides how its searches go.
    chunks: int
    filters: Filters = filters.ANY


@dataclass(frozen=True, slots=True)
class Recall:
    """What was measured of a class."""

    name: str
    # Share 0..1 of the true ten, over all queries.
    recall: float
    queries: int
    # Median of the vector leg.
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Finding:
    """What a probe found; `ann_recall` is the worst class."""

    at: str
    ann_recall: float
    ef_search: int
    probes: int
    classes: tuple[Recall, ...]
    # What a person should do, or "".
    advice: str = ""


def probe(
    version: IndexVersion, *, seed: int = 0, with_queries: bool = False, exact_seconds: float = _EXACT_SECONDS
) -> Finding | None:
    """Measure, widen searches if they find too little, and store what came out; None when nothing was measured."""
    kinds = _classes(version)
    vectors = {kind: _sample(version, kind, np.random.default_rng(seed)) for kind in kinds}
    if with_queries:
        vectors |= {replace(kind, name=f"questions of {kind.name}"): recent.vectors(version.id, kind.site_id)
                    for kind in kinds if not kind.filters}  # fmt: skip
    begun = time.monotonic()
    until = begun + _PROBE_SECONDS
    width = version.ef_search if version.ann == ann.HNSW else version.probes
    questions = _questions(version, vectors, begun + exact_seconds)
    measured = {kind: _measure(version, kind, found, width) for kind, found in questions.items()}
    if not measured:
        return None
    wider, advice = _widened(version, questions, measured, width, until)
    finding = _finding(version, measured, wider, advice)
    _store(version, finding)
    logs.info("index probed", version=version.id, recall=finding.ann_recall, width=wider)
    return finding


def _questions(
    version: IndexVersion, vectors: Mapping[Class, Sequence[Vector]], until: float
) -> dict[Class, list[Question]]:
    """Compare all, for a vector of each kind in turn: when time is up each kind has as many questions."""
    found: dict[Class, list[Question]] = {}
    for turn in itertools.zip_longest(*vectors.values()):
        for kind, vector in zip(vectors, turn, strict=True):
            if vector is not None and time.monotonic() < until:
                found.setdefault(kind, []).append((vector, _exact(version, kind, vector)))
    return {kind: asked for kind, asked in found.items() if any(true for _, true in asked)}


def _widened(
    version: IndexVersion,
    questions: Mapping[Class, Sequence[Question]],
    measured: dict[Class, Recall],
    width: int,
    until: float,
) -> tuple[int, str]:
    """Return how wide searches are to be, and what to do when no width is enough; measures anew what was too low."""
    for step in (step for step in _STEPS[version.ann] if step > width):
        low = [kind for kind, found in measured.items() if found.recall < FLOOR]
        tried = {kind: _measure(version, kind, questions[kind], step) for kind in low}
        slow = any(found.milliseconds > _SEARCH_MS for found in tried.values())
        if not low or slow or time.monotonic() > until:
            break
        measured |= tried
        width = step
    low_names = ", ".join(found.name for found in measured.values() if found.recall < FLOOR)
    advice = f"searches of {low_names} miss near chunks: `askpress reindex --force --index hnsw` builds the index anew."
    return width, advice if low_names else ""


def _measure(version: IndexVersion, kind: Class, questions: Sequence[Question], width: int) -> Recall:
    shares, took = [], []
    for vector, true in questions:
        if true:
            found, seconds = _nearest(version, kind, vector, width)
            shares.append(sum(distance <= true[-1] + _TIE for distance in found) / len(true))
            took.append(seconds * 1_000)
    recall = min(1.0, statistics.mean(shares))
    return Recall(kind.name, round(recall, 4), len(shares), round(statistics.median(took), 2))


def _nearest(version: IndexVersion, kind: Class, vector: Vector, width: int) -> tuple[list[float], float]:
    narrowed = narrowing.Narrowing(kind.filters)
    query = search.statement(version, narrowed=narrowed, chunks=kind.chunks, name="probe")
    with store.autocommit() as cursor:
        store.widen(cursor, ef_search=width, probes=width)
        begun = time.perf_counter()
        rows = cursor.execute(query, _parameters(kind, vector), prepare=True).fetchall()
        return [row[0] for row in rows], time.perf_counter() - begun


def _exact(version: IndexVersion, kind: Class, vector: Vector) -> list[float]:
    query = store.statement("probe_exact", version.id, conditions=filters.conditions(kind.filters) or "true")
    with store.autocommit() as cursor:
        return [row[0] for row in cursor.execute(query, _parameters(kind, vector))]


def _parameters(kind: Class, vector: Vector) -> dict[str, Any]:
    return {
        "site": kind.site_id,
        "embedding": HalfVector(vector),
        "any_lexeme": "",
        "telling": "",
        "weights": SparseVector({}, bm25.DIMENSIONS),
        **filters.parameters(kind.filters),
    }


# The largest sites; of each the type and the category that most documents have, and the category of fewest.
_KINDS = """
SELECT site.id, site.name, sum(indexed.chunks),
       (SELECT mode() WITHIN GROUP (ORDER BY type) FROM askpress_document AS d WHERE d.site_id = site.id),
       (SELECT array_agg(category ORDER BY documents DESC) FROM (
           SELECT category, count(*) AS documents FROM askpress_document AS d, unnest(categories) AS category
           WHERE d.site_id = site.id AND gone_at IS NULL GROUP BY category) AS counted)
FROM askpress_site AS site
JOIN askpress_document AS document ON document.site_id = site.id
JOIN askpress_indexed AS indexed ON indexed.document_id = document.id AND indexed.index_version_id = %s
GROUP BY site.id ORDER BY sum(indexed.chunks) DESC LIMIT %s
"""


def _classes(version: IndexVersion) -> list[Class]:
    with store.autocommit() as cursor:
        rows = cursor.execute(_KINDS, (version.id, _SITES)).fetchall()
    found = []
    for site, name, chunks, kind, categories in rows:
        found += [Class(name, site, chunks), Class(f"{name} type={kind}", site, chunks, Filters(type=(kind,)))]
        for category in dict.fromkeys((categories or [])[:1] + (categories or [])[-1:]):
            found.append(Class(f"{name} category={category}", site, chunks, Filters(category=(str(category),))))
    return found


def _sample(version: IndexVersion, kind: Class, rng: np.random.Generator) -> list[Vector]:
    """Return vectors of the site's chunks, with noise: a question lies near what answers it."""
    with store.autocommit() as cursor:
        rows = cursor.execute(
            f"SELECT embedding FROM vector_{version.id} WHERE chunk_id IN (SELECT chunk_id FROM vector_{version.id}"  # noqa: S608
            " WHERE site_id = %s ORDER BY hashint8(chunk_id + %s) LIMIT %s)",
            (kind.site_id, int(rng.integers(1 << 30)), _QUERIES),
            binary=True,
        ).fetchall()
    return [_noisy(np.asarray(row[0].to_numpy(), dtype=np.float32), rng) for row in rows]


def _noisy(vector: Vector, rng: np.random.Generator) -> Vector:
    noise = rng.normal(size=vector.size).astype(np.float32)
    noisy: Vector = vector / np.linalg.norm(vector) + _NOISE * noise / np.linalg.norm(noise)
    return noisy


def _finding(version: IndexVersion, measured: dict[Class, Recall], width: int, advice: str) -> Finding:
    is_hnsw = version.ann == ann.HNSW
    return Finding(
        at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        ann_recall=min(found.recall for found in measured.values()),
        ef_search=width if is_hnsw else version.ef_search,
        probes=version.probes if is_hnsw else width,
        classes=tuple(measured.values()),
        advice=advice,
    )


def _store(version: IndexVersion, finding: Finding) -> None:
    with store.autocommit() as cursor:
        cursor.execute(
            "UPDATE askpress_indexversion SET recall = %s, ef_search = %s, probes = %s WHERE id = %s",
            (json.dumps(asdict(finding)), finding.ef_search, finding.probes, version.id),
        )


def last(version: IndexVersion) -> dict[str, Any] | None:
    """Return what the last probe found, as it was stored; None before the first."""
    with store.autocommit() as cursor:
        row = cursor.execute("SELECT recall FROM askpress_indexversion WHERE id = %s", (version.id,)).fetchone()
    stored = row[0] if row else None
    return json.loads(stored) if isinstance(stored, str | bytes) else stored
