"""Says how many there are of something."""

from __future__ import annotations


def counted(number: int, word: str) -> str:
    """Return "1 post" or "2,000 posts"; the word's plural ends in s."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
