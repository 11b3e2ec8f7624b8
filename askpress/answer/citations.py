"""Judges claims: what is said must stand in the source it names. Pure."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from askpress.answer.context import Excerpt
from askpress.answer.matching import Text
from askpress.answer.numbers import Numbers
from askpress.answer.reading import Claim
from askpress.answer.wording import Wording
from askpress.retrieval.passage import Passage

# A quote shorter than this proves nothing; "49" stands in every second text.
_MIN_QUOTE_CHARS = 8


@dataclass(frozen=True, slots=True)
class Verified:
    """A claim whose quote stands in its source."""

    # As it stands in the source.
    quote: str
    passage: Passage
    # Offsets of the quote in the passage's text.
    start: int
    end: int
    # "verbatim", or "close" when words of the model's quote were misspelt, or parted otherwise.
    support: str = "verbatim"


class Source:
    """An excerpt as claims are held against it; what that needs is made when the first one is."""

    def __init__(self, excerpt: Excerpt) -> None:
        self.excerpt = excerpt

    @functools.cached_property
    def text(self) -> Text:
        return Text(self.excerpt.text)

    @functools.cached_property
    def numbers(self) -> Numbers:
        passages = self.excerpt.passages
        titles = (f"{passage.title} {' '.join(passage.headings)}" for passage in passages)
        return Numbers("\n".join([self.excerpt.text, *titles]), passages[0].language)

    def knows(self, name: str) -> bool:
        """True when a name like Node.js or example.org is the source's own."""
        return name.casefold() in self.excerpt.text.casefold()


class Sources:
    """What was retrieved for one question."""

    def __init__(self, excerpts: Sequence[Excerpt]) -> None:
        self._sources = {excerpt.number: Source(excerpt) for excerpt in excerpts}

    def verify(self, claim: Claim) -> Verified | None:
        """Return the proof of a claim; None when its quote or the numbers it announces are not in its source."""
        source = self._sources.get(claim.source)
        if source is None or len(claim.quote.strip()) < _MIN_QUOTE_CHARS:
            return None
        place = source.text.find(claim.quote)
        if place is None or place.end - place.start < _MIN_QUOTE_CHARS:
            return None
        if not source.numbers.hold(claim.numbers or ()):
            return None
        passage, start, end = source.excerpt.place(place.start, place.end)
        return Verified(passage.text[start:end], passage, start, end, place.support)

    def wording(self, claim: Claim) -> Wording:
        """Return what lets out the text of a proven claim."""
        source = self._sources[claim.source]
        return Wording(may_say=lambda word: source.numbers.hold([word]), knows=source.knows)


def unproven_wording() -> Wording:
    """Return what lets out the text of a claim that is marked as not proven."""
    return Wording(may_say=lambda word: True, knows=lambda name: False)
