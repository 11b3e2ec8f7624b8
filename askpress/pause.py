"""Leaves alone for a while what did not answer: then one asks for all, and the others go on without."""

from __future__ import annotations

import time
from collections.abc import Callable


class Pause:
    """How one server fared last, as this process knows it."""

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        # Before it nobody asks; 0 while all is well.
        self._again_at = 0.0

    def lasts(self) -> bool:
        """True for who shall go on without; who gets False after a failure is the one who asks for all."""
        if not self._again_at:
            return False
        if self._clock() < self._again_at:
            return True
        self.begin()
        return False

    def begin(self) -> None:
        self._again_at = self._clock() + self._seconds

    def end(self) -> None:
        self._again_at = 0.0
