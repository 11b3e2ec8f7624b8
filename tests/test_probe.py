"""The probe of the index: what it measures, how it mends, and what it says when it cannot."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
from pgvector import HalfVector

from askpress import sites
from askpress.retrieval import probe, recent, store, versions

DIMENSIONS = 32
RECIPE = versions.Recipe("local", "test", DIMENSIONS, 100, 10)


def fill(rows: int, *, kind: str) -> tuple[versions.IndexVersion, int]:
    """A version of one document with so many chunks, their vectors spread evenly: the worst there is for an index."""
    made = versions.live_or_new(RECIPE, kind=kind)
    site_id = sites.ensure("http://site.test").id
    vectors = np.random.default_rng(1).normal(size=(rows, DIMENSIONS)).astype(np.float32)
    with store.transaction() as cursor:
        cursor.execute(
            "INSERT INTO askpress_document (id, site_id, post_id, type, url, slug, title, language, author, categories,"
            " tags, source, source_checksum, text, version, evidence, note, error, attempts)"
            " VALUES (1, %s, 1, 'post', '', '', '', '', 0, '{3}', '{}', '', '', '', 1, '', '', '', 0)",
            (site_id,),
        )
        indexed = (
            "INSERT INTO askpress_indexed (index_version_id, document_id, checksum, chunks) VALUES (%s, 1, '', %s)"
        )
        cursor.execute(indexed, (made.id, rows))
        cursor.execute(
            "INSERT INTO askpress_chunk (id, index_version_id, document_id, position, public_id, text, headings,"
            " anchor, start, \"end\", fresh, token_count) SELECT n, %s, 1, n, n::text, '', '{}', '', 0, 1, 0, 1"
            " FROM generate_series(1, %s) AS n",
            (made.id, rows),
        )
        cursor.executemany(
            f"INSERT INTO vector_{made.id} (chunk_id, site_id, document_id, embedding) VALUES (%s, %s, 1, %b)".encode(),
            [(number, site_id, HalfVector(vector)) for number, vector in enumerate(vectors, start=1)],
        )
        cursor.execute(
            f"INSERT INTO sketch_{made.id} (chunk_id, site_id, document_id, bits)"
            f" SELECT chunk_id, site_id, document_id, binary_quantize(embedding) FROM vector_{made.id}".encode()
        )
    versions.build_ann(made.id)
    with store.autocommit() as cursor:
        cursor.execute(f"ANALYZE vector_{made.id}, sketch_{made.id}, askpress_document, askpress_chunk".encode())
    return versions.live(), site_id


def test_an_index_that_finds_too_little_is_searched_wider_until_it_finds_enough(db: None) -> None:
    version, _ = fill(1_500, kind="ivfflat")
    before = version.probes

    found = probe.probe(version)

    assert found is not None
    assert versions.live().probes > before
    assert probe.last(version) == json.loads(json.dumps(dataclasses.asdict(found)))
    whole = next(one for one in found.classes if one.name == "site-test")
    assert whole.recall >= probe.FLOOR
    assert whole.queries > 0


def test_few_chunks_are_all_found_and_nothing_changes(db: None) -> None:
    version, _ = fill(200, kind="hnsw")

    found = probe.probe(version)

    assert found is not None
    assert found.ann_recall == 1.0
    assert found.advice == ""
    assert versions.live().ef_search == version.ef_search
    assert {one.name for one in found.classes} == {"site-test", "site-test type=post", "site-test category=3"}


def test_an_empty_index_has_no_recall(db: None) -> None:
    version = versions.live_or_new(RECIPE)
    sites.ensure("http://site.test")

    assert probe.probe(version) is None
    assert probe.last(version) is None


def test_without_time_nothing_is_measured_and_nothing_is_said(db: None) -> None:
    version, _ = fill(200, kind="hnsw")
    probe.probe(version)
    before = probe.last(version)

    assert probe.probe(version, exact_seconds=0) is None
    assert probe.last(version) == before


def test_when_time_is_short_every_kind_has_as_many_questions(db: None) -> None:
    version, _ = fill(1_500, kind="hnsw")

    found = probe.probe(version, exact_seconds=0.02)

    queries = [one.queries for one in found.classes] if found else []
    assert queries
    assert max(queries) - min(queries) <= 1


def test_vectors_of_questions_are_measured_where_they_are_kept(db: None) -> None:
    version, site_id = fill(200, kind="hnsw")
    recent.forget()
    recent.remember(version.id, site_id, np.ones(DIMENSIONS, dtype=np.float32))
    recent.remember(version.id, site_id, np.zeros(DIMENSIONS, dtype=np.float32))

    found = probe.probe(version, with_queries=True)

    assert found is not None
    assert [one.queries for one in found.classes if one.name == "questions of site-test"] == [1]
