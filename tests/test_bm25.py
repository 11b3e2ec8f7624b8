"""BM25's parts, counted by hand."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from pgvector import SparseVector

from askpress.retrieval import bm25, packed


def weights_of(lexemes: Sequence[str], *, mean_lexemes: float) -> SparseVector:
    return SparseVector.from_binary(packed.pack([lexemes], mean_lexemes=mean_lexemes)[0].weights)


def test_a_word_of_an_average_chunk_weighs_one_when_it_stands_once() -> None:
    weights = weights_of(["a", "b", "c"], mean_lexemes=3)

    assert dict(zip(weights.indices(), weights.values(), strict=True))[bm25.dimension("a")] == pytest.approx(1.0)


def test_repeating_a_word_saturates() -> None:
    place = bm25.dimension("a")
    weights = [weights_of(["a"] * count, mean_lexemes=count) for count in (1, 2, 1000)]
    once, twice, often = [dict(zip(w.indices(), w.values(), strict=True))[place] for w in weights]

    assert once < twice < often < 2.2


def test_a_longer_chunk_weighs_less() -> None:
    place = bm25.dimension("a")
    short, long = (
        dict(zip(w.indices(), w.values(), strict=True))[place]
        for w in (
            weights_of(["a", "b"], mean_lexemes=4),
            weights_of(["a", *"bcdefgh"], mean_lexemes=4),
        )
    )

    assert long < short


@pytest.mark.parametrize(("frequency", "expected"), [(0, 5.308), (1, 4.210), (50, 0.693), (100, 0.005)])
def test_the_rarer_the_heavier(frequency: int, expected: float) -> None:
    assert bm25.idf(documents=100, frequency=frequency) == pytest.approx(expected, abs=1e-3)
