"""Cursors say where the next page begins, and cannot be made up."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askpress import errors
from askpress.retrieval import cursor
from askpress.retrieval.cursor import Cursor

SECRET = b"0123456789abcdef"
SEARCH = ["bike", 8, {"type": ["post"]}, "hybrid", False]
PLACE = Cursor(skip=8, index_version=3, corpus_version=12, degraded="")


@given(st.builds(Cursor, st.integers(0, 999_999), st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1),
                 st.sampled_from(["", "keyword", "rerank"])))  # fmt: skip
def test_a_cursor_comes_back_as_it_was(place: Cursor) -> None:
    text = cursor.write(place, secret=SECRET, search=SEARCH)

    assert cursor.read(text, secret=SECRET, search=SEARCH) == place
    assert len(text) <= 200


@pytest.mark.parametrize(
    ("secret", "search"), [(b"another", SEARCH), (SECRET, ["bikes", *SEARCH[1:]]), (SECRET, ["bike", 9, *SEARCH[2:]])]
)
def test_a_cursor_is_good_for_one_search_of_one_site(secret: bytes, search: list[Any]) -> None:
    text = cursor.write(PLACE, secret=secret, search=search)

    with pytest.raises(errors.CursorInvalid):
        cursor.read(text, secret=SECRET, search=SEARCH)


@given(st.text(st.sampled_from("AZaz09-_"), max_size=200))
def test_nothing_made_up_is_a_cursor(text: str) -> None:
    with pytest.raises(errors.CursorInvalid):
        cursor.read(text, secret=SECRET, search=SEARCH)


@given(st.integers(0, 30), st.sampled_from("AQgw5_"))
def test_a_changed_cursor_is_refused_or_the_same(place: int, letter: str) -> None:
    text = cursor.write(PLACE, secret=SECRET, search=SEARCH)
    changed = text[:place] + letter + text[place + 1 :]

    try:
        read = cursor.read(changed, secret=SECRET, search=SEARCH)
    except errors.CursorInvalid:
        return
    assert read == PLACE
