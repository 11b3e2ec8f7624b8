"""A checksum that once stood for a text stands for it for ever: else every post would be read and embedded anew."""

from __future__ import annotations

import hashlib
import json

from hypothesis import example, given
from hypothesis import strategies as st

from askpress.text import checksum

WORDS = st.text(st.characters(codec="utf-8"))
VALUES = WORDS | st.integers() | st.none() | st.booleans()


@given(st.lists(VALUES | st.tuples(VALUES, st.tuples(WORDS, st.integers()))))
@example(['\x00\x1f\x7f\x80\u2028\u2029"\\/\b\f\n\r\t', "it’s 😀", 2**63, (), ("ü", (1, "<"))])
def test_it_is_that_of_what_json_writes(values: list[object]) -> None:
    expected = hashlib.sha256(json.dumps(values, ensure_ascii=False).encode()).hexdigest()

    assert checksum.of(values) == expected
