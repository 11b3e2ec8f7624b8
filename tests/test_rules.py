"""Exclusions: what a pattern, a category or a number keeps out, and what it does not."""

from __future__ import annotations

import pytest

from askpress.sync.rules import Exclusion, path_of

BLOG = "https://example.org"


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("/private/*", "/private/tea/"),
        ("/private/*", "/private/a/b/"),
        ("/private", "/private/"),
        ("/private/", "/private/"),
        ("*/draft-*", "/2019/05/draft-of-a-plan/"),
        ("/über-uns/*", "/%C3%BCber-uns/team/"),
        ("/?p=12", "/?p=12"),
        ("/20[01]?/*", "/2019/news/"),
    ],
)
def test_a_pattern_covers_the_paths_it_describes(pattern: str, path: str) -> None:
    assert Exclusion("url", pattern).covers(1, BLOG + path, ())


@pytest.mark.parametrize(
    ("pattern", "path"),
    [("/private/*", "/not/private/tea/"), ("/private", "/private/tea/"), ("/Private/*", "/private/tea/")],
)
def test_a_pattern_covers_no_other_path(pattern: str, path: str) -> None:
    assert not Exclusion("url", pattern).covers(1, BLOG + path, ())


def test_a_path_is_what_people_read() -> None:
    assert path_of("https://example.org/caf%C3%A9/?p=7#top") == "/café/?p=7"


def test_a_category_covers_its_posts_by_any_of_its_numbers() -> None:
    exclusion = Exclusion("category", "news", frozenset({3}))

    assert exclusion.covers(1, "", (2, 3))
    assert not exclusion.covers(3, "", (2,))


def test_a_number_covers_that_post_alone() -> None:
    assert [Exclusion("post", "12").covers(number, "", (12,)) for number in (12, 1, 120)] == [True, False, False]
