"""When the reading of a model's reply rests: each waking costs, and nobody may wait for it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from askpress.answer import events
from askpress.answer.flight import Flight, Flights

PIECES = 30
PIECE_SECONDS = 0.01


def rests(*, whole: bool, words_from: int) -> list[float]:
    """Return how long each of the pieces was rested after; of the answer's text the first stands in a later one."""
    spent: list[float] = []

    def work(flight: Flight) -> Iterator[events.Event]:
        for number in range(PIECES):
            time.sleep(PIECE_SECONDS)
            if number >= words_from:
                yield events.Delta("word ")
            begun = time.monotonic()
            flight.call.rest()
            spent.append(time.monotonic() - begun)

    told = list(Flights().share("one", work, most=5, beat_seconds=5, whole=whole))
    assert "".join(event.text for event in told if isinstance(event, events.Delta)) == "word " * (PIECES - words_from)
    return spent


def test_a_stream_rests_once_its_first_word_is_out() -> None:
    spent = rests(whole=False, words_from=10)

    assert statistics.median(spent[:10]) < 0.001
    assert max(spent[10:]) >= 0.025


def test_who_waits_for_the_whole_waits_little_longer() -> None:
    began = time.monotonic()

    spent = rests(whole=True, words_from=10)

    took = time.monotonic() - began
    assert statistics.median(spent[5:10]) >= 0.0005
    assert statistics.median(spent) <= 0.05 * took
