"""Server-sent events: the same objects come out, however they are written and cut."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askpress.providers.eventstream import Objects

EVENTS: list[dict[str, Any]] = [
    {"type": "response.created"},
    {"type": "response.output_text.delta", "delta": 'A "loaf"\nof 面包 \U0001f35e costs'},
    {"type": "response.completed", "response": {"output": [], "usage": None}},
]


def written(newline: str, *, noise: bool, lines: bool) -> bytes:
    """The events as a server may write them: with names, ids, comments, and data over several lines."""
    parts = []
    for number, event in enumerate(EVENTS):
        text = json.dumps(event, ensure_ascii=number % 2 == 0, indent=1 if lines else None)
        before = [": keep alive", f"id: {number}", "event: message", "retry: 3", "nonsense"] if noise else []
        parts += [*before, *(f"data:{' ' * (not noise)}{line}" for line in text.split("\n")), ""]
    return newline.join([*parts, ""]).encode()


def read(raw: bytes, *cuts: int) -> list[dict[str, Any]]:
    objects, places = Objects(), [0, *sorted(cuts), len(raw)]
    return [found for a, b in itertools.pairwise(places) for found in objects.feed(raw[a:b])]


@given(
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    noise=st.booleans(),
    lines=st.booleans(),
    cuts=st.lists(st.integers(0, 400), max_size=20),
)
def test_however_it_is_written_and_cut_the_same_objects_come(
    newline: str, noise: bool, lines: bool, cuts: list[int]
) -> None:
    assert read(written(newline, noise=noise, lines=lines), *cuts) == EVENTS


def test_byte_by_byte_each_object_comes_with_its_last_byte() -> None:
    objects, raw = Objects(), written("\n", noise=False, lines=False)

    heard = [(place, found) for place in range(len(raw)) for found in objects.feed(raw[place : place + 1])]

    ends = [place + 1 for place in range(1, len(raw)) if raw[place - 1 : place + 1] == b"\n\n"]
    assert heard == list(zip([end - 1 for end in ends], EVENTS, strict=True))


def test_nothing_is_read_after_done() -> None:
    objects = Objects()

    assert objects.feed(b'data: {"a": 1}\n\ndata: [DONE]\n\ndata: {"b": 2}\n\n') == [{"a": 1}]
    assert objects.ended


@pytest.mark.parametrize(
    "raw", [b"data: \n\n", b"\n\n\n", b": hi\n\n", b"event: ping\n\n", b"data: [1]\n\n", b'data: {"a"']
)
def test_what_is_no_object_is_passed_over(raw: bytes) -> None:
    assert read(raw) == []


@pytest.mark.parametrize("raw", [b"{nothing}", b"\xff", b'{"a": ' + b"[" * 200_000])
def test_what_is_not_json_is_an_error(raw: bytes) -> None:
    with pytest.raises(ValueError):
        read(b"data: " + raw + b"\n\n")


def test_half_a_character_is_taken_as_it_is() -> None:
    assert read(b'data: {"delta": "\\ud83c"}\n\n') == [{"delta": "\ud83c"}]
