"""The plan: what the site has against what we hold."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askpress.sync import plan

DAY = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)


def listed(post_id: int, *, days: int = 0) -> plan.Listed:
    return plan.Listed(post_id, "post", DAY + dt.timedelta(days=days))


def held(post_id: int, *, days: int = 0, read_days: int = 99, **states: Any) -> plan.Held:
    known = {"gone": False, "failed": False, "indexed": True, **states}
    modified, read = (DAY + dt.timedelta(days=number) for number in (days, read_days))
    return plan.Held(post_id, "post", modified, read_at=read, **known)


def ids(posts: tuple[plan.Listed, ...] | tuple[plan.Held, ...]) -> list[int]:
    return [post.id for post in posts]


def test_each_post_lands_in_one_list() -> None:
    made = plan.compare([listed(1), listed(2, days=3), listed(3)], [held(2), held(3), held(4)])

    assert (ids(made.new), ids(made.changed), ids(made.unchanged), ids(made.missing)) == ([1], [2], [3], [4])


def test_a_failed_a_gone_and_an_unindexed_post_are_read_again() -> None:
    made = plan.compare(
        [listed(1), listed(2), listed(3)], [held(1, failed=True), held(2, gone=True), held(3, indexed=False)]
    )

    assert sorted(ids(made.changed)) == [1, 2, 3]


def test_an_earlier_date_than_ours_is_a_change_too() -> None:
    made = plan.compare([listed(1, days=-5)], [held(1)])

    assert ids(made.changed) == [1]


def test_a_post_read_in_the_second_of_its_edit_is_read_again() -> None:
    made = plan.compare([listed(1)], [held(1, read_days=0)])

    assert ids(made.changed) == [1]


PLACED: dict[str, Any] = {"url": "http://a.test/one/", "author": 1, "categories": (2, 3), "tags": (4,)}


@pytest.mark.parametrize(
    "change", [{"url": "http://a.test/two/"}, {"author": 2}, {"categories": (2,)}, {"tags": ()}], ids=str
)
def test_another_address_author_or_term_is_a_change_without_a_new_date(change: dict[str, Any]) -> None:
    theirs = dataclasses.replace(listed(1), **PLACED)

    same = plan.compare([theirs], [held(1, **PLACED | {"categories": [3, 2]})])
    other = plan.compare([theirs], [held(1, **PLACED | change)])

    assert (ids(same.unchanged), ids(other.changed)) == ([1], [1])


def test_what_is_excluded_is_neither_read_nor_missing() -> None:
    made = plan.compare([listed(1), listed(2)], [held(2), held(3)], excluded={1: "", 2: ""})

    assert (ids(made.to_read), ids(made.excluded), ids(made.missing)) == ([], [2], [3])


def test_force_reads_everything() -> None:
    made = plan.compare([listed(1), listed(2)], [held(1), held(2)], force=True)

    assert sorted(ids(made.changed)) == [1, 2]


def test_the_last_modified_come_first() -> None:
    made = plan.compare([listed(1, days=1), listed(2, days=9), listed(3, days=5)], [held(3)])

    assert ids(made.to_read) == [2, 3, 1]


def test_what_is_gone_already_is_not_missing_again() -> None:
    made = plan.compare([], [held(1, gone=True)])

    assert made.missing == ()


def test_a_few_vanished_posts_alarm_nobody() -> None:
    assert not plan.alarming(missing=5, held=6, percent=20)


def test_a_fifth_of_a_site_alarms() -> None:
    assert plan.alarming(missing=21, held=100, percent=20)
    assert not plan.alarming(missing=20, held=100, percent=20)


POSTS = st.integers(1, 30)


@given(st.lists(POSTS, unique=True), st.lists(POSTS, unique=True))
def test_nothing_is_lost_and_nothing_doubled(theirs: list[int], ours: list[int]) -> None:
    made = plan.compare([listed(n) for n in theirs], [held(n) for n in ours])

    assert sorted([*ids(made.new), *ids(made.changed), *ids(made.unchanged)]) == sorted(theirs)
    assert set(ids(made.missing)) == set(ours) - set(theirs)
