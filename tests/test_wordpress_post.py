"""One item of a REST reply as a Post: what no WordPress sends and some site will is no harm."""

from __future__ import annotations

import datetime as dt

import pytest

from askpress.wordpress import post

NEW_YEAR = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize("value", ["2026-01-01T00:00:00", "2026-01-01T00:00:00Z", "2026-01-01T02:00:00+02:00"])
def test_a_date_is_read_in_utc(value: str) -> None:
    assert post.gmt(value) == NEW_YEAR


@pytest.mark.parametrize(
    "value",
    [None, "", "0000-00-00T00:00:00", 5, "soon", "9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00"],
)
def test_what_is_no_date_that_we_can_hold_is_none(value: object) -> None:
    assert post.gmt(value) is None


@pytest.mark.parametrize("value", [None, "", 7, "javascript:alert(1)", "data:text/html,x", "//example.org/", "/bread/"])
def test_readers_are_sent_to_web_addresses_alone(value: object) -> None:
    assert post.link(value) == ""


@pytest.mark.parametrize("number", [0, -1, 2**63, 10**30, True, "7", 7.0, None, {}])
def test_numbers_that_no_database_has_are_left_out(number: object) -> None:
    read = post.from_json(
        {"id": 7, "author": number, "featured_media": number, "categories": [number, 5], "tags": number}
    )

    assert (read.author, read.image, read.categories, read.tags) == (0, 0, (5,), ())


def test_a_title_holds_nothing_that_a_terminal_obeys() -> None:
    assert post.plain("<b>Pri</b>\x1b[2J\x9bces\n &#x1b;now") == "Pri [2J ces now"
