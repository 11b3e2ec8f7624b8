"""The index over the vectors: how large its parts are, and that it is built when rows are there and not before."""

from __future__ import annotations

import numpy as np
import pytest
from pgvector import HalfVector

from askpress.retrieval import ann, store, versions

RECIPE = versions.Recipe("local", "test", 8, 100, 10)


@pytest.mark.parametrize(("rows", "expected"), [(1_000, 10), (50_000, 50), (1_000_000, 1_000), (4_000_000, 2_000)])
def test_lists_are_a_thousandth_of_the_rows_and_their_root_beyond_a_million(rows: int, expected: int) -> None:
    assert ann.lists(rows) == expected


def test_probes_are_the_root_of_the_lists() -> None:
    assert [ann.probes(rows) for rows in (1_000, 100_000, 1_000_000)] == [4, 10, 32]


def test_a_build_takes_what_it_needs_and_no_more_than_allowed() -> None:
    assert ann.memory_mb(1_000, 384) == 64
    assert 350 < ann.memory_mb(100_000, 1_536) < 450
    assert ann.memory_mb(10_000_000, 3_072) == 512


def add(version: int, rows: int) -> None:
    """Put rows straight into the table of vectors; the chunks they belong to are not asked for."""
    vectors = np.random.default_rng(rows).normal(size=(rows, 8)).astype(np.float32)
    with store.transaction() as cursor:
        cursor.execute(
            f"ALTER TABLE vector_{version} DROP CONSTRAINT IF EXISTS vector_{version}_chunk_id_fkey".encode()
        )
        row = cursor.execute(f"SELECT coalesce(max(chunk_id), 0) FROM vector_{version}".encode()).fetchone()
        assert row is not None
        with cursor.copy(f"COPY vector_{version} FROM STDIN WITH (FORMAT BINARY)".encode()) as copy:
            copy.set_types(["int8", "int8", "int8", "halfvec"])
            for number, vector in enumerate(vectors, start=row[0] + 1):
                copy.write_row((number, 1, 1, HalfVector(vector)))


def indexes(version: int) -> dict[str, str]:
    with store.autocommit() as cursor:
        return dict(
            cursor.execute(
                "SELECT indexname, coalesce(substring(indexdef FROM 'WITH .*'), '') FROM pg_indexes"
                " WHERE tablename = %s AND indexdef ~ 'halfvec_cosine_ops'",
                (f"vector_{version}",),
            )
        )


def test_few_rows_get_no_index_and_many_get_one(db: None) -> None:
    made = versions.live_or_new(RECIPE)
    versions.build_ann(made.id)
    add(made.id, 999)
    versions.build_ann(made.id)
    assert indexes(made.id) == {}

    add(made.id, 1)
    versions.build_ann(made.id)

    assert list(indexes(made.id)) == [f"vector_{made.id}_hnsw"]


def test_ivfflat_is_built_of_its_rows_and_anew_when_they_have_outgrown_it(db: None) -> None:
    made = versions.live_or_new(RECIPE, kind="ivfflat")
    versions.build_ann(made.id)
    assert indexes(made.id) == {}
    add(made.id, 5_000)
    versions.build_ann(made.id)
    name = f"vector_{made.id}_ivfflat"
    assert indexes(made.id) == {name: "WITH (lists='10')"}
    assert versions.live().probes == 4

    add(made.id, 9_000)
    versions.build_ann(made.id)
    assert indexes(made.id) == {name: "WITH (lists='10')"}
    add(made.id, 1_000)
    versions.build_ann(made.id)

    assert indexes(made.id) == {name: "WITH (lists='15')"}


def test_what_an_interrupted_build_left_is_built_anew(db: None) -> None:
    made = versions.live_or_new(RECIPE)
    add(made.id, 1_000)
    versions.build_ann(made.id)
    with store.autocommit() as cursor:
        cursor.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", (f"vector_{made.id}_hnsw",)
        )

    versions.build_ann(made.id)

    with store.autocommit() as cursor:
        valid = cursor.execute(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = %s::regclass", (f"vector_{made.id}_hnsw",)
        )
        assert valid.fetchone() == (True,)


def test_one_version_is_live_and_one_built_at_most(db: None) -> None:
    live = versions.live_or_new(RECIPE)
    other = versions.Recipe("openai", "other", 16, 800, 100)

    one, two = versions.begin(other, kind="ivfflat"), versions.begin(RECIPE, kind="hnsw")

    assert one == two
    assert (one.state, one.ann, one.recipe) == ("building", "ivfflat", other)
    assert versions.live() == live


def test_a_version_is_dropped_with_its_tables_and_can_be_dropped_again(db: None) -> None:
    made = versions.begin(RECIPE, kind="hnsw")

    versions.drop(made.id)
    versions.drop(made.id)

    assert versions.every() == []
    with store.autocommit() as cursor:
        assert cursor.execute("SELECT to_regclass(%s)", (f"vector_{made.id}",)).fetchone() == (None,)
