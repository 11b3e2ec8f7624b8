"""Filters at a size where the vector index answers: k results whenever k exist, and the right ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from pgvector import HalfVector

from askpress import sites
from askpress.retrieval import fusion, keywords, narrowing, search, store, versions
from askpress.retrieval.filters import Filters
from tests import conftest

# Documents 1 to 1,200 lie around one point, the others far from it around another; every document has one chunk.
AWAY, ALL = 1_200, 4_000
DIMENSIONS = 256
Vectors = npt.NDArray[np.float32]

_DOCUMENTS = """
INSERT INTO askpress_document (id, site_id, post_id, type, url, slug, title, language, author, categories, tags,
    source, source_checksum, text, version, evidence, note, error, attempts)
SELECT n, %(site)s, n, CASE WHEN n <= %(away)s THEN 'away' ELSE 'here' END, 'http://site.test/' || n, '', '', 'en',
    n %% 2, ARRAY[n %% 100], '{}', '', '', 't', n, '', '', '', 0
FROM generate_series(1, %(all)s) AS n
"""
_CHUNKS = """
INSERT INTO askpress_chunk (id, index_version_id, document_id, position, public_id, text, headings, anchor, start,
    "end", fresh, token_count)
SELECT n, %(version)s, n, 0, n::text, 't', '{}', '', 0, 1, 0, 1 FROM generate_series(1, %(all)s) AS n
"""
_ROWS = """
INSERT INTO sketch_{v} SELECT chunk_id, site_id, document_id, binary_quantize(embedding) FROM vector_{v};
INSERT INTO term_{v} SELECT chunk_id, site_id, document_id, '''common'':1'::tsvector, '{{1:1}}/1000000000'
    FROM vector_{v};
ANALYZE
"""


@pytest.fixture(scope="module")
def vectors(stores: None) -> Vectors:
    conftest.empty_tables()
    keywords.forget()
    made = versions.live_or_new(versions.Recipe("local", "test", DIMENSIONS, 100, 10))
    site_id = sites.ensure("http://site.test").id
    chance = np.random.default_rng(5)
    centres = np.where(np.arange(ALL)[:, None] < AWAY, *chance.normal(size=(2, 1, DIMENSIONS)))
    found = (centres + 0.7 * chance.normal(size=(ALL, DIMENSIONS))).astype(np.float32)
    asked = {"site": site_id, "version": made.id, "away": AWAY, "all": ALL}
    with store.transaction() as cursor:
        cursor.execute(_DOCUMENTS, asked)
        cursor.execute(_CHUNKS, asked)
        with cursor.copy(f"COPY vector_{made.id} FROM STDIN WITH (FORMAT BINARY)".encode()) as copy:
            copy.set_types(["int8", "int8", "int8", "halfvec"])
            for number, vector in enumerate(found, start=1):
                copy.write_row((number, site_id, number, HalfVector(vector)))
        cursor.execute(_ROWS.format(v=made.id).encode())
    versions.build_ann(made.id)
    return found


def nearest(vectors: Vectors, question: Vectors, fits: npt.NDArray[np.bool_]) -> set[int]:
    """Return the ten documents that fit and are nearest, found by comparing all."""
    cosines = vectors @ question / np.linalg.norm(vectors, axis=1)
    return set((np.argsort(-np.where(fits, cosines, -2.0))[:10] + 1).tolist())


@pytest.mark.parametrize(
    ("filters", "fits"),
    [
        (Filters(category=("7",)), lambda n: n % 100 == 7),
        (Filters(type=("here",)), lambda n: n > AWAY),
        (Filters(author=("1",)), lambda n: n % 2 == 1),
        (Filters(type=("away",)), lambda n: n <= AWAY),
        (Filters(type=("away",), author=("1",)), lambda n: (n <= AWAY) & (n % 2 == 1)),
        (Filters(url="http://site.test/"), lambda n: n > 0),
    ],
    ids=["1 in 100", "most, near", "half, anywhere", "many, far away", "some, far away", "all"],
)
def test_the_ten_nearest_that_fit_are_found(
    vectors: Vectors, filters: Filters, fits: Callable[[npt.NDArray[np.int_]], npt.NDArray[np.bool_]]
) -> None:
    version, site_id = versions.live(), sites.first().id
    asked = keywords.analyse("", languages=["en"], version=version.id, site_id=site_id)
    shares = []
    for number in np.random.default_rng(6).integers(AWAY, ALL, size=8):
        question = vectors[number] + np.random.default_rng(int(number)).normal(size=DIMENSIONS).astype(np.float32) * 0.1

        found = search.hybrid(
            version, site_id=site_id, embedding=question, keywords=asked, weights=fusion.Weights(1, 0), k=10,
            narrowed=narrowing.Narrowing(filters),
        )  # fmt: skip

        assert len(found) == 10
        expected = nearest(vectors, question, fits(np.arange(1, ALL + 1)))
        shares.append(len({passage.document_id for passage in found} & expected) / 10)
    assert np.mean(shares) >= 0.99
