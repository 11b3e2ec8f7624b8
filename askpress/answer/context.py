"""Which passages go into the prompt, and how they are joined. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from askpress.retrieval import joining
from askpress.retrieval.passage import Passage

# Of the budget: a long page that has a little of everything leaves room for the one that has the answer.
DOCUMENT_SHARE = 0.5


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
    """Return whole chunks within the budget, best first, neighbours merged; the best chunk always fits.

    One document fills no more than its share of it, until all others that were found are in.
    """
    taken = _fitting(passages, frozenset(), max_tokens=max_tokens, most_of_one=int(max_tokens * DOCUMENT_SHARE))
    taken = _fitting(passages, taken, max_tokens=max_tokens, most_of_one=max_tokens)
    return tuple(
        Excerpt(number=number, text=joining.text(group), passages=tuple(group))
        for number, group in enumerate(joining.neighbours([passages[place] for place in sorted(taken)]), start=1)
    )


def _fitting(
    passages: Sequence[Passage], taken: frozenset[int], *, max_tokens: int, most_of_one: int
) -> frozenset[int]:
    """Return the places of the passages that are taken already and of those that fit beside them."""
    chosen, tokens = set(taken), Counter[int]()
    for place in taken:
        tokens[passages[place].document_id] += passages[place].token_count
    for place, passage in enumerate(passages):
        own = tokens[passage.document_id] + passage.token_count
        fits = own <= most_of_one and tokens.total() + passage.token_count <= max_tokens
        if place not in chosen and (fits or not chosen):
            chosen.add(place)
            tokens[passage.document_id] = own
    return frozenset(chosen)
