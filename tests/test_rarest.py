"""By which lexemes candidates are found; the numbers are counted by hand."""

from __future__ import annotations

from askpress.retrieval import rarest


def telling(frequencies: dict[str, int], *, words: list[tuple[str, ...]] | None = None) -> str:
    return rarest.telling(words or [(name,) for name in frequencies], frequencies, chunks=100_000)


def test_the_rarest_lexemes_find_candidates_until_they_name_a_fiftieth_of_all() -> None:
    assert rarest.any_of({"the": 60_000, "bike": 1_200, "axle": 700, "saddle": 101}, chunks=100_000) == (
        "'saddle' | 'axle'"
    )


def test_one_lexeme_is_looked_for_however_common_it_is() -> None:
    assert rarest.any_of({"the": 60_000, "not": 0}, chunks=100_000) == "'the'"


def test_what_no_chunk_holds_finds_nothing() -> None:
    assert rarest.any_of({"not": 0}, chunks=100_000) == ""


def test_nothing_tells_more_where_all_lexemes_are_rare() -> None:
    assert telling({"axle": 300, "saddle": 400}) == ""


def test_a_lexeme_that_is_too_much_must_stand_beside_another() -> None:
    # Of the 3,000 with "bike" 450 hold "open", and 960 "open" or "shop"; there is room for 680.
    assert telling({"axle": 20, "bike": 3_000, "shop": 20_000, "open": 15_000}) == "'axle' | 'bike' & ('open')"


def test_as_many_others_count_as_find_no_more_than_there_is_room_for() -> None:
    # 3,000 times 1 - .95 * .92 is 378; times 1 - .95 * .92 * .7 it is 1,165, and there is room for 700.
    assert telling({"bike": 3_000, "shop": 5_000, "open": 8_000, "a": 30_000}) == "'bike' & ('shop' | 'open')"


def test_the_first_other_counts_however_common_it_is() -> None:
    assert telling({"bike": 30_000, "shop": 40_000, "open": 50_000}) == "'bike' & ('shop')"


def test_beside_rare_lexemes_no_other_counts_that_is_too_much() -> None:
    assert telling({"axle": 300, "bike": 30_000, "shop": 40_000}) == "'axle'"


def test_too_few_are_not_looked_for() -> None:
    # 900 times .1 is 90.
    assert telling({"bike": 900, "shop": 10_000}) == ""


def test_forms_of_one_word_do_not_stand_beside_each_other() -> None:
    words = [("bike", "bik"), ("shop",)]

    assert telling({"bike": 3_000, "bik": 4_000, "shop": 10_000}, words=words) == "'bike' & ('shop')"


def test_a_lexeme_without_others_tells_nothing() -> None:
    assert telling({"bike": 30_000}) == ""
