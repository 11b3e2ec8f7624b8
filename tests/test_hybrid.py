"""hybrid.sql against plain references: BM25 counted by hand, and the plans Postgres makes of it."""

from __future__ import annotations

import dataclasses
import math
import random
from collections import Counter

import numpy as np
import numpy.typing as npt
import pytest
from pgvector import HalfVector

from askpress import sites
from askpress.retrieval import fusion, keywords, search, store, versions
from tests import plain_terms

pytestmark = pytest.mark.usefixtures("db")

DIMENSIONS = 384
_CHUNK = (
    "INSERT INTO askpress_chunk (id, index_version_id, document_id, position, public_id, text, headings, anchor, start,"
    " \"end\", fresh, token_count) SELECT n, %s, %s, n, n::text, %s, '{}', '', 0, 1, 0, 1"
    " FROM generate_series(1, %s) AS n"
)


def fill(texts: list[list[str]], vectors: npt.NDArray[np.float32]) -> tuple[versions.IndexVersion, int]:
    """Put chunks straight into a version's tables; return it with the site's id."""
    made = versions.live_or_new(versions.Recipe("local", "test", vectors.shape[1], 100, 10))
    mean = versions.freeze_mean_lexemes(made, [len(text) for text in texts])
    site_id = sites.ensure("http://site.test").id
    with store.transaction() as cursor:
        row = cursor.execute(
            "INSERT INTO askpress_document (site_id, post_id, type, url, slug, title, language, author, categories,"
            " tags, source, source_checksum, text, version, evidence, note, error, attempts)"
            " VALUES (%s, 1, 'post', '', '', '', '', 0, '{}', '{}', '', '', '', 1, '', '', '', 0) RETURNING id",
            (site_id,),
        ).fetchone()
        assert row is not None
        cursor.execute(_CHUNK, (made.id, row[0], "text", len(texts)))
        with cursor.copy(f"COPY vector_{made.id} FROM STDIN WITH (FORMAT BINARY)".encode()) as copy:
            copy.set_types(["int8", "int8", "int8", "halfvec"])
            for number, vector in enumerate(vectors, start=1):
                copy.write_row((number, site_id, row[0], HalfVector(vector)))
        cursor.execute(
            f"INSERT INTO sketch_{made.id} SELECT chunk_id, site_id, document_id, binary_quantize(embedding)"
            f" FROM vector_{made.id}".encode(),
        )
        cursor.executemany(
            f"INSERT INTO term_{made.id} VALUES (%s, %s, %s, %s::tsvector, %b)".encode(),
            [
                (
                    number,
                    site_id,
                    row[0],
                    plain_terms.tsvector(text),
                    plain_terms.chunk_weights(text, mean_lexemes=mean),
                )
                for number, text in enumerate(texts, start=1)
            ],
        )
    versions.build_ann(made.id)
    with store.autocommit() as cursor:
        cursor.execute(f"ANALYZE vector_{made.id}, term_{made.id}, askpress_chunk, askpress_document".encode())
    keywords.forget()
    return versions.live(), site_id


def reference(texts: list[list[str]], question: list[str]) -> dict[int, float]:
    """BM25 as in the book: k1 1.2, b 0.75, idf log(1 + (N - df + .5) / (df + .5)); chunk number -> score."""
    mean = sum(map(len, texts)) / len(texts)
    frequency = Counter(word for text in texts for word in set(text))
    scores: dict[int, float] = {}
    for number, text in enumerate(texts, start=1):
        counts = Counter(text)
        for word in set(question) & set(text):
            idf = math.log(1 + (len(texts) - frequency[word] + 0.5) / (frequency[word] + 0.5))
            tf = counts[word]
            part = idf * tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * len(text) / mean))
            scores[number] = scores.get(number, 0.0) + part
    return scores


def zipf_words(chance: random.Random, count: int) -> list[str]:
    """Words as a language has them: a few are everywhere, most are rare."""
    return [f"w{min(int(chance.paretovariate(0.6)), 5_000)}" for _ in range(count)]


def test_the_keyword_leg_is_bm25() -> None:
    chance = random.Random(3)
    texts = [zipf_words(chance, chance.randrange(20, 120)) for _ in range(1_500)]
    version, site_id = fill(texts, np.ones((len(texts), 2), dtype=np.float32))
    agreeing = []
    for _ in range(30):
        question = [word for word in dict.fromkeys(chance.choice(texts)) if word not in {"w1", "w2", "w3"}][:5]
        expected = reference(texts, question)
        asked = keywords.analyse(" ".join(question), languages=["xx"], version=version.id, site_id=site_id)

        found = search.hybrid(
            version, site_id=site_id, embedding=None, keywords=asked, weights=fusion.Weights(1, 1), k=10
        )

        best = sorted(expected.values(), reverse=True)[:10]
        assert [passage.bm25 for passage in found] == pytest.approx(
            [expected[int(passage.chunk_id)] for passage in found], rel=1e-4
        )
        agreeing += [passage.bm25 >= best[-1] * 0.9999 for passage in found]
    assert sum(agreeing) / len(agreeing) >= 0.95


def test_where_too_few_chunks_hold_what_tells_most_all_are_looked_for() -> None:
    texts = [["lamp", "shed"]] * 3 + [["lamp", "dark"]] * 10 + [["shed"]] * 300
    version, site_id = fill(texts, np.ones((len(texts), 2), dtype=np.float32))
    asked = keywords.analyse("lamp shed", languages=["xx"], version=version.id, site_id=site_id)
    asked = dataclasses.replace(asked, telling="'lamp' & 'shed'", any_lexeme="'lamp'")

    found = search.hybrid(version, site_id=site_id, embedding=None, keywords=asked, weights=fusion.Weights(1, 1), k=10)

    assert {int(passage.chunk_id) for passage in found[:3]} == {1, 2, 3}
    assert [4 <= int(passage.chunk_id) <= 13 for passage in found[3:]] == [True] * 7


def test_where_enough_chunks_hold_what_tells_most_no_others_are_compared() -> None:
    texts = [["lamp", "shed"]] * search.CANDIDATES + [["lamp"]] * 200
    version, site_id = fill(texts, np.ones((len(texts), 2), dtype=np.float32))
    asked = keywords.analyse("lamp", languages=["xx"], version=version.id, site_id=site_id)
    asked = dataclasses.replace(asked, telling="'lamp' & 'shed'")

    found = search.hybrid(
        version, site_id=site_id, embedding=None, keywords=asked, weights=fusion.Weights(1, 1), k=search.CANDIDATES
    )

    assert {int(passage.chunk_id) for passage in found} == set(range(1, search.CANDIDATES + 1))


def plan_of(version: versions.IndexVersion, site_id: int) -> str:
    asked = keywords.analyse("w100", languages=["xx"], version=version.id, site_id=site_id)
    statement = search.statement(version, dense=True)
    parameters = search.parameters(
        site_id=site_id,
        embedding=np.ones(DIMENSIONS, dtype=np.float32),
        keywords=asked,
        weights=fusion.Weights(1, 1),
        k=8,
    )
    with store.autocommit() as cursor:
        rows = cursor.execute(b"EXPLAIN " + statement.as_bytes(cursor), parameters).fetchall()
    return "\n".join(str(row[0]) for row in rows)


@pytest.mark.parametrize(("rows", "indexed"), [(100, False), (10_000, True)])
def test_few_rows_are_compared_all_and_many_by_the_index(rows: int, indexed: bool) -> None:
    vectors = np.random.default_rng(0).normal(size=(rows, DIMENSIONS)).astype(np.float32)
    version, site_id = fill([[f"w{number}"] for number in range(rows)], vectors)

    plan = plan_of(version, site_id)

    assert (f"vector_{version.id}_hnsw" in plan) is indexed
    assert "Sort" in plan
