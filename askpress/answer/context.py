"""Which passages go into the prompt, and how they are joined. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from askpress.retrieval import joining
from askpress.retrieval.passage import Passage


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A stretch of one document, made of neighbouring chunks."""

    # 1-based place in the context.
    number: int
    text: str
    # Best first.
    passages: tuple[Passage, ...]

    @property
    def best(self) -> Passage:
        return self.passages[0]

    @property
    def start(self) -> int:
        """Offset of the text in its document."""
        return min(passage.start for passage in self.passages)

    def place(self, start: int, end: int) -> tuple[Passage, int, int]:
        """Return the chunk that holds most of text[start:end], and where it begins and ends in that chunk."""
        first, last = self.start + start, self.start + end
        best = max(self.passages, key=lambda p: min(last, p.end) - max(first, p.start))
        return best, max(first, best.start) - best.start, min(last, best.end) - best.start


def build(passages: Sequence[Passage], *, max_tokens: int) -> tuple[Excerpt, ...]:
    """Return whole chunks within the budget, best first, neighbours merged; the best chunk always fits."""
    taken: list[Passage] = []
    used = 0
    for passage in passages:
        if taken and used + passage.token_count > max_tokens:
            continue
        taken.append(passage)
        used += passage.token_count
    return tuple(
        Excerpt(number=number, text=joining.text(group), passages=tuple(group))
        for number, group in enumerate(joining.neighbours(taken), start=1)
    )
