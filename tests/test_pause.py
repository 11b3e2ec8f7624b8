"""A server that did not answer is left alone for a while; then one asks for all."""

from __future__ import annotations

from askpress.pause import Pause


def test_one_asks_for_all_until_it_answers() -> None:
    now = 100.0
    pause = Pause(30, clock=lambda: now)
    assert not pause.lasts()

    pause.begin()
    assert pause.lasts()
    now = 130.0
    assert [pause.lasts() for _ in range(3)] == [False, True, True]

    now = 160.0
    assert not pause.lasts()
    pause.end()
    assert [pause.lasts() for _ in range(3)] == [False] * 3
