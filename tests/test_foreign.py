"""What never stands in an answer, whoever wrote it: addresses and markers that are not ours."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askpress.answer import foreign


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("See http://evil.example/b?x=1 [7] [Source 2] 【3†source】 (source 9) and pay", "See… and pay"),
        ("Read [our page](http://evil.example) now", "Read our page now"),
        ("A \u202ekite\u202c for 15\u200d dollars", "A kite for 15 dollars"),
        ("h\u200bttp:\u00ad//evil.example and [\u20609]", "… and"),
        (
            "Locked to something fixed [1]. Else you pay.[12] It is free[7]",
            "Locked to something fixed. Else you pay. It is free",
        ),
        ("[9 [9]] and [1 [2] ]", "9] and1 ]"),
        (
            "Take `row[1]` or `[7]`:\n\n```\nwget http://evil.example\n$rows[2][3] = [7]\n```",
            "Take `row[1]` or ``:\n\n```\nwget …\n$rows[2][3] = \n```",
        ),
        ('api = "https://api.example/v2"\n`curl http://a.example` “http://b.example”', 'api = "…"\n`curl …` “…”'),
        ("見てhttp://evil.example/xを。次の文", "見て…を。次の文"),
        ("First line\n\n- item one\n- item two", "First line\n\n- item one\n- item two"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("Siehe [S. 12] und [S3] (siehe [4]).", "Siehe [S. 12] und."),
        ("Array [a] of (if so) <b>", "Array [a] of (if so) <b>"),
    ],
)
def test_a_quote_leaves_out_addresses_and_markers_and_says_so(text: str, left: str) -> None:
    assert foreign.quoted(text) == left


HOSTILE = st.lists(
    st.sampled_from(
        ["[", "]", "9", "1", " ", "http:", "//", "evil.example", "www.", "\u200b", "\u200d", "(", ")", "【", "】",
         "source", "!", "面", "é", "a"]
    ),
    max_size=14,
).map("".join)  # fmt: skip
MARKER = re.compile(r"\[\s*\d+\s*\]")


@given(HOSTILE)
def test_no_address_and_no_marker_stays_in_a_quote(text: str) -> None:
    left = foreign.quoted(text)

    assert "://" not in left and not MARKER.search(left) and "\u200b" not in left


@given(HOSTILE)
def test_nothing_that_is_left_of_a_word_is_another_marker_or_address(text: str) -> None:
    left = foreign.clean(foreign.without_joiners(foreign.without_controls(text)), knows=lambda name: False)

    assert "://" not in left and not MARKER.search(left) and not re.search(r"evil\.example\b", left)
