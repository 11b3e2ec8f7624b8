"""How long document frequencies are remembered, and what makes them be counted anew."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from askpress.retrieval import keywords, store, versions
from tests import plain_terms, test_hybrid

pytestmark = pytest.mark.usefixtures("db")

TEXTS = [["bike", "shed"]] * 30 + [["bike", "lamp"]] * 10


class Counting:
    """Frequencies of a small index, with a clock that stands still until it is moved."""

    def __init__(self, *, many: int = 10_000) -> None:
        self.now = 0.0
        self.version, self.site_id = test_hybrid.fill(TEXTS, np.ones((len(TEXTS), 4), dtype=np.float32))
        self._frequencies = keywords.Frequencies(clock=lambda: self.now, many=many)

    def __call__(self, *lexemes: str) -> tuple[int, dict[str, int]]:
        return self._frequencies.of(list(lexemes), version=self.version.id, site_id=self.site_id)

    def give_every_chunk(self, lexemes: Sequence[str], *, below: int) -> None:
        """Change the terms of the chunks with an id below `below`."""
        with store.autocommit() as cursor:
            cursor.execute(
                f"UPDATE term_{self.version.id} SET lexemes = %s::tsvector WHERE chunk_id < %s".encode(),
                (plain_terms.tsvector(lexemes), below),
            )

    def drop_chunks(self, *, below: int) -> None:
        with store.autocommit() as cursor:
            cursor.execute(f"DELETE FROM term_{self.version.id} WHERE chunk_id < %s".encode(), (below,))


def test_lexemes_and_all_chunks_are_counted() -> None:
    assert Counting()("bike", "lamp", "boat") == (40, {"bike": 40, "lamp": 10, "boat": 0})


def test_a_count_is_kept_while_the_index_keeps_its_size() -> None:
    count = Counting()
    count("lamp")
    count.give_every_chunk(["lamp"], below=21)

    count.now = 3_000.0

    assert count("lamp") == (40, {"lamp": 10})


def test_after_an_hour_it_is_counted_anew() -> None:
    count = Counting()
    count("lamp")
    count.give_every_chunk(["lamp"], below=21)

    count.now = 3_700.0

    assert count("lamp") == (40, {"lamp": 30})


def test_when_the_index_has_grown_or_shrunk_it_is_counted_anew() -> None:
    count = Counting()
    count("shed")
    count.drop_chunks(below=21)

    count.now = 61.0

    assert count("shed") == (20, {"shed": 10})


def test_a_word_that_was_nowhere_is_found_as_soon_as_a_post_has_it() -> None:
    count = Counting()
    assert count("boat")[1] == {"boat": 0}

    count.give_every_chunk(["boat"], below=2)

    assert count("boat")[1] == {"boat": 1}


def test_of_many_chunks_the_statistics_know_how_many_hold_a_common_word() -> None:
    count = Counting(many=40)
    count.give_every_chunk(["boat"], below=31)

    assert count("bike", "lamp", "boat") == (40, {"bike": 40, "lamp": 10, "boat": 30})


def test_the_statistics_of_several_sites_together_say_nothing_of_one() -> None:
    count = Counting(many=20)
    with store.autocommit() as cursor:
        cursor.execute(f"UPDATE term_{count.version.id} SET site_id = 99 WHERE chunk_id <= 10".encode())
        cursor.execute(f"ANALYZE term_{count.version.id}".encode())

    assert count("bike", "shed") == (30, {"bike": 30, "shed": 20})


def test_another_index_version_has_counts_of_its_own() -> None:
    count = Counting()
    count("bike")

    versions.reset()
    count.version, count.site_id = test_hybrid.fill(TEXTS[:5], np.ones((5, 4), dtype=np.float32))

    assert count("bike") == (5, {"bike": 5})
