"""Which passages go into the prompt, and how neighbours are joined."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from askpress.answer import context
from askpress.retrieval.passage import Passage
from tests.passages import passage

TEXT = "one two three four five six seven eight nine ten"


def part(start: int, end: int, *, document: int = 1) -> Passage:
    return passage(TEXT[start:end], start=start, document=document)


def test_overlapping_neighbours_are_told_once() -> None:
    (excerpt,) = context.build([part(8, 27), part(0, 13)], max_tokens=100)

    assert excerpt.text == TEXT[:27]
    assert excerpt.best.start == 8
    assert excerpt.start == 0


def test_a_chunk_that_closes_a_gap_joins_both_sides() -> None:
    (excerpt,) = context.build([part(0, 10), part(20, 30), part(9, 21)], max_tokens=100)

    assert excerpt.text == TEXT[:30]


def test_distant_chunks_and_other_documents_stay_apart() -> None:
    excerpts = context.build([part(0, 7), part(30, 40), part(0, 7, document=2)], max_tokens=100)

    assert [excerpt.number for excerpt in excerpts] == [1, 2, 3]
    assert [excerpt.best.document_id for excerpt in excerpts] == [1, 1, 2]


def test_the_budget_takes_whole_chunks_and_smaller_ones_may_follow() -> None:
    big, small = passage("w " * 50, document=2), passage("w " * 5, document=3)

    excerpts = context.build([passage("w " * 20), big, small], max_tokens=30)

    assert [excerpt.best.document_id for excerpt in excerpts] == [1, 3]


def test_a_document_leaves_room_for_the_others() -> None:
    long = [passage("w " * 20, start=100 * n) for n in range(5)]

    excerpts = context.build([*long, passage("w " * 30, document=2)], max_tokens=80)

    # Two of the long one's chunks fill its share; beside the other there is no room for a third.
    assert [excerpt.best.document_id for excerpt in excerpts] == [1, 1, 2]


def test_a_document_that_has_no_other_beside_it_may_fill_the_budget() -> None:
    long = [passage("w " * 20, start=100 * n) for n in range(5)]

    assert [excerpt.best.start for excerpt in context.build(long, max_tokens=90)] == [0, 100, 200, 300]


def test_the_best_chunk_fits_whatever_the_budget() -> None:
    assert len(context.build([passage("w " * 50)], max_tokens=1)) == 1


def test_nothing_gives_nothing() -> None:
    assert context.build([], max_tokens=10) == ()


SPANS = st.tuples(st.integers(0, len(TEXT) - 1), st.integers(1, 20)).map(
    lambda pair: (pair[0], min(len(TEXT), pair[0] + pair[1]))
)


@given(st.lists(SPANS, min_size=1, max_size=8, unique=True))
def test_every_excerpt_is_a_slice_of_its_document(spans: list[tuple[int, int]]) -> None:
    excerpts = context.build([part(*span) for span in spans], max_tokens=10_000)

    for excerpt in excerpts:
        assert TEXT[excerpt.start : excerpt.start + len(excerpt.text)] == excerpt.text
    assert sum(len(excerpt.passages) for excerpt in excerpts) == len(spans)
