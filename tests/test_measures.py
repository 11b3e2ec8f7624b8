"""The measures against numbers counted by hand."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askpress.evaluation import measures

RANKED = ("a", "b", "c", "d", "e", "f")
documents = st.lists(st.sampled_from("abcdefgh"), unique=True)
some = st.sets(st.sampled_from("abcdefgh"), min_size=1)


def test_a_document_has_the_rank_of_its_best_passage() -> None:
    assert measures.best_of_each(["b", "a", "b", "c", "a"]) == ("b", "a", "c")


@pytest.mark.parametrize(
    ("relevant", "k", "expected"),
    [("a", 5, 1.0), ("ac", 2, 0.5), ("af", 5, 0.5), ("xyz", 5, 0.0), ("abcd", 2, 0.5)],
)
def test_recall_is_the_share_of_relevant_documents_that_came(relevant: str, k: int, expected: float) -> None:
    assert measures.recall(RANKED, set(relevant), k=k) == expected


@pytest.mark.parametrize(
    ("relevant", "expected"),
    [
        ("a", 1.0),
        ("b", 0.6309),  # 1 / log2(3)
        ("c", 0.5),  # 1 / log2(4)
        ("ac", 0.9197),  # (1 + 1/2) / (1 + 1/log2(3))
        ("bd", 0.6509),  # (1/log2(3) + 1/log2(5)) / (1 + 1/log2(3))
        ("x", 0.0),
        ("ax", 0.6131),  # 1 / (1 + 1/log2(3)): the second was never found
    ],
)
def test_ndcg_discounts_by_the_logarithm_of_the_rank(relevant: str, expected: float) -> None:
    assert measures.ndcg(RANKED, set(relevant), k=10) == pytest.approx(expected, abs=1e-4)


def test_ndcg_looks_at_the_first_k_only() -> None:
    assert measures.ndcg(RANKED, {"d"}, k=3) == 0.0


def test_more_relevant_documents_than_k_can_still_be_ranked_perfectly() -> None:
    assert measures.ndcg(RANKED, set("abcdef"), k=2) == pytest.approx(1.0)


@pytest.mark.parametrize(("relevant", "expected"), [("a", 1.0), ("cd", 1 / 3), ("f", 0.0), ("x", 0.0)])
def test_the_reciprocal_rank_is_that_of_the_first_relevant_one(relevant: str, expected: float) -> None:
    assert measures.reciprocal_rank(RANKED, set(relevant), k=5) == expected


@given(ranked=documents, relevant=some, k=st.integers(1, 10))
def test_every_ranking_measure_stays_between_none_and_all(ranked: list[str], relevant: set[str], k: int) -> None:
    values = [measure(ranked, relevant, k=k) for measure in (measures.recall, measures.reciprocal_rank)]
    values.append(measures.ndcg(ranked, relevant, k=k))

    assert all(0 <= value <= 1 + 1e-9 for value in values)


@given(relevant=st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=1), others=documents)
def test_all_relevant_documents_first_is_a_perfect_order(relevant: list[str], others: list[str]) -> None:
    ranked = [*relevant, *(document for document in others if document not in relevant)]

    assert measures.ndcg(ranked, relevant, k=10) == pytest.approx(1.0)


def test_patterns_count_by_share() -> None:
    patterns = [re.compile("€ ?18"), re.compile("(?i)monday")]

    assert measures.share_found(patterns, "It costs €18.") == 0.5
    assert measures.share_found(patterns, "€ 18, on MONDAY") == 1.0


def test_precision_counts_a_document_once() -> None:
    assert measures.precision(["a", "a", "x"], {"a", "b"}) == 0.5


SOURCES = ["A puncture repair costs €18 and takes an hour.", "We are closed on Mondays in winter."]


def test_markers_are_read_in_order() -> None:
    assert measures.markers("One [2]. Two [1][2] and an array[10].") == [2, 1, 2, 10]


@pytest.mark.parametrize(
    ("answer", "citations", "expected"),
    [
        ("It costs €18 [1].", [(1, "costs €18")], True),
        ("It costs €18 [1]. Closed on Mondays [2].", [(1, "costs €18"), (2, "closed on Mondays")], True),
        ("It costs €18 [3].", [(1, "costs €18")], False),
        ("It costs €18 [0].", [(1, "costs €18")], False),
        ("It costs €18 [1].", [(3, "costs €18")], False),
        ("It costs €19 [1].", [(1, "costs €19")], False),
        ("Closed on Mondays [1].", [(1, "closed on Mondays")], False),
        ("It costs €18 [1].", [(1, "")], False),
        ("It costs €18.", [], False),
    ],
)
def test_a_citation_is_valid_when_its_number_exists_and_its_quote_stands_there(
    answer: str, citations: list[tuple[int, str]], expected: bool
) -> None:
    assert measures.are_valid(answer, citations, SOURCES) is expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("“A puncture repair costs €18” [1]", 1.0),
        ("Repairing a puncture costs €18 and takes an hour [1].", 1.0),
        ("Repairing a puncture costs €81 and takes an hour [1].", 0.0),  # another number
        ("We are closed on Mondays in winter [1]", 0.0),  # of the other source
        ("We are closed on Mondays in winter [1][2]", 1.0),
        ("We are closed on Mondays [2] and every unicorn rides for free [1]", 0.5),
        ("We are closed on Mondays [2]. Have fun riding through Ireland!", 0.5),  # no source named
        ("We are closed on Mondays [2].", 1.0),
        ("We are closed on Mondays [7]", 0.0),
        ("", 0.0),
    ],
)
def test_a_statement_is_grounded_when_the_source_it_names_says_so(answer: str, expected: float) -> None:
    assert measures.groundedness(answer, SOURCES) == expected


def test_the_mean_of_nothing_is_none() -> None:
    assert measures.mean([]) is None
    assert measures.mean([1.0, 0.0, 0.5]) == 0.5


@pytest.mark.parametrize(("share", "expected"), [(0.5, 10), (0.95, 19), (1.0, 20), (0.0, 1), (0.01, 1)])
def test_a_percentile_is_one_of_the_values(share: float, expected: float) -> None:
    assert measures.percentile([float(value) for value in range(20, 0, -1)], share) == expected


def test_a_percentile_of_nothing_is_none() -> None:
    assert measures.percentile([], 0.5) is None
