"""The evidence rule: when passages are enough to answer from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from askpress.providers import local
from askpress.retrieval import evidence
from askpress.retrieval.passage import Passage


def passage(*, cosine: float, coverage: float) -> Passage:
    return Passage(
        chunk_id="c", text="t", headings=(), anchor="", start=0, end=1, position=0, token_count=1, document_id=1,
        document_version=1, type="post", title="T", url="http://site.test/t", language="en", updated_at=None,
        score=0.5, cosine=cosine, bm25=1.0, coverage=coverage,
    )  # fmt: skip


RULE = evidence.Rule(0.4, coverage_weight=0.5, usual_coverage=0.2)


@pytest.mark.parametrize(
    ("cosine", "coverage", "expected"),
    [
        (0.40, 0.2, True),
        (0.39, 0.2, False),
        (0.30, 0.4, True),  # a fifth more of the words makes up for 0.1
        (0.45, 0.0, False),  # near, but with none of them
        (0.50, 0.0, True),
        (0.01, 1.0, True),
    ],
)
def test_meaning_and_words_are_judged_together(cosine: float, coverage: float, expected: bool) -> None:
    found = [passage(cosine=0.1, coverage=0.1), passage(cosine=cosine, coverage=coverage)]

    assert RULE.is_enough(found) is expected


def test_two_halves_are_no_whole() -> None:
    found = [passage(cosine=0.35, coverage=0.0), passage(cosine=0.0, coverage=0.5)]

    assert not RULE.is_enough(found)


@pytest.mark.parametrize(("coverage", "expected"), [(0.3, True), (0.29, False)])
def test_words_alone_decide_where_meanings_cannot_be_compared(coverage: float, expected: bool) -> None:
    assert replace(RULE, floor=None).is_enough([passage(cosine=0.9, coverage=coverage)]) is expected


@pytest.mark.parametrize("floor", [-1.0, None])
def test_nothing_is_no_evidence(floor: float | None) -> None:
    assert not replace(RULE, floor=floor).is_enough([])


def rule(question: str, language: str, *, embedded: bool = True) -> evidence.Rule:
    return evidence.rule(question, language, local.TRAITS, embedded=embedded)


def test_in_a_language_the_model_does_not_know_words_count_twice() -> None:
    known, foreign = rule("When do you open?", "en"), rule("Wann öffnen Sie?", "de")

    assert foreign.coverage_weight == 2 * known.coverage_weight
    assert foreign.floor == known.floor == local.TRAITS.evidence_floor


def test_letters_the_model_cannot_read_and_what_was_not_embedded_are_judged_by_words() -> None:
    assert rule("Сколько стоит ремонт?", "ru").floor is None
    assert rule("When do you open?", "en", embedded=False).floor is None


@pytest.mark.parametrize(
    ("question", "language", "expected"),
    [
        ("When do you open?", "en", True),
        ("Wann öffnen Sie?", "de", False),
        ("Цена?", "en", False),  # too short to be told, on an English site
        ("42?", "en", True),
    ],
)
def test_a_model_speaks_what_it_knows_and_can_read(question: str, language: str, expected: bool) -> None:
    assert evidence.speaks(local.TRAITS, language, question) is expected
    assert evidence.speaks(replace(local.TRAITS, languages=frozenset()), language, question)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Wie lange gilt ein Gutschein für Räder?", True),
        ("Сколько стоит аренда велосипеда?", False),
        ("租一辆自行车多少钱？", False),
        ("كم سعر الدراجة؟", False),
        ("wp lqc 修理 exit code", True),
        ("42?", False),
    ],
)
def test_letters_say_whether_an_english_model_can_compare_meanings(question: str, expected: bool) -> None:
    assert evidence.is_latin(question) is expected
