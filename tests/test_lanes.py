"""Read in lanes, a text shows what it shows to somebody who reads it one byte after the other."""

from __future__ import annotations

import functools
from array import array

from hypothesis import given, settings
from hypothesis import strategies as st
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from askpress.text import lanes, language

PHRASES = [
    "the opening hours of the bakery", " und die Straße ist", "où est l’été ", "где ваша ",
    "営業時間は", "ร้าน ", "\0\0", "a", " ", "🙂",
]  # fmt: skip


@functools.cache
def model() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE)


@functools.cache
def automaton() -> lanes.Automaton:
    one = model()
    return lanes.Automaton.of(rows=one._rowbase, next=one.tk_nextmove, found=one.tk_output, memory=language.MODEL_BYTES)


def read_plainly(text: bytes) -> list[int]:
    one, state = model(), 0
    found = []
    for letter in text:
        state = one.tk_nextmove[one._rowbase[state] + letter]
        found.append(one.tk_output[state])
    return [feature for feature in found if feature >= 0]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PHRASES) | st.text(max_size=9), max_size=120))
def test_a_text_shows_the_same_strings_in_the_same_order(pieces: list[str]) -> None:
    text = "".join(pieces).encode()

    assert automaton().read(text) == read_plainly(text)


def test_states_depend_on_no_more_bytes_than_are_read_before() -> None:
    made = array("I", [0] * 256 * 4)
    # 0 -a-> 1 -b-> 2 -c-> 3: "abc".
    for state in range(4):
        made[256 * state + ord("a")] = 1
    made[256 * 1 + ord("b")], made[256 * 2 + ord("c")] = 2, 3
    abc = lanes.Automaton.of(rows=[0, 256, 512, 768], next=made, found=[-1, -1, -1, 7], memory=3)

    assert [abc.read(b"x" * before + b"abc" * 999) for before in range(4)] == [[7] * 999] * 4
    assert (abc.read(b""), abc.read(b"ab"), abc.read(b"abc")) == ([], [], [7])
