"""Remembers for a second what every request asks for and what rarely changes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")
# A new live version or another site is seen everywhere within this time.
SECONDS = 1.0


class Lately(Generic[T]):
    """What `load` returned at most a second ago; what it raises is never remembered."""

    def __init__(self, load: Callable[[], T], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._load = load
        self._clock = clock
        self._held: tuple[T, float] | None = None
        _all.append(self)

    def __call__(self) -> T:
        held, now = self._held, self._clock()
        # Two threads that find it too old both load; what they keep is equally new.
        if held is None or now - held[1] > SECONDS:
            held = self._held = (self._load(), now)
        return held[0]

    def forget(self) -> None:
        self._held = None


_all: list[Lately[Any]] = []


def forget() -> None:
    """Load everything anew at its next use; for tests, and when what was remembered proves wrong."""
    for remembered in _all:
        remembered.forget()
