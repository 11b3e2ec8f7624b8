"""Reads a text with an automaton in many places at once: numpy makes a step of all of them in the time of a few.

For automata that know only the last few bytes, as those do that look for short strings (Aho and Corasick, 1975): begun
so many bytes earlier, each lane is in the state in which a reader of the whole text would be.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_LANES = 256


@dataclass(frozen=True, slots=True)
class Automaton:
    """States from 0, where it begins."""

    # Of each state where its 256 next states begin among all, and what it has found, -1 for nothing.
    row: npt.NDArray[np.int64]
    next: npt.NDArray[np.uint32]
    found: npt.NDArray[np.int32]
    # A state depends on so many bytes at most.
    memory: int

    @classmethod
    def of(cls, *, rows: Sequence[int], next: array[int] | memoryview, found: Sequence[int], memory: int) -> Automaton:
        row = np.array(rows, np.int64)
        return cls(row, np.frombuffer(next, np.uint32), np.array(found, np.int32), memory)

    def read(self, text: bytes) -> list[int]:
        """Return what is found, in order."""
        steps = max(-(-len(text) // _LANES), self.memory)
        lanes = -(-len(text) // steps)
        padded = np.zeros(self.memory + lanes * steps, np.int64)
        padded[self.memory : self.memory + len(text)] = np.frombuffer(text, np.uint8)
        found = np.empty((lanes, steps), np.int32)
        states = np.zeros(lanes, np.uint32)
        for step in range(self.memory + steps):
            states = self.next[self.row[states] + padded[step : step + lanes * steps : steps]]
            if step < self.memory:
                # Nothing stands before the text.
                states[:1] = 0
            else:
                found[:, step - self.memory] = self.found[states]
        all_found = found.ravel()[: len(text)]
        kept: list[int] = all_found[all_found >= 0].tolist()
        return kept
