"""The answer as it is said: text with true markers, its citations, and its sources numbered at first use."""

from __future__ import annotations

from typing import Any

from askpress.answer import body, events
from askpress.answer.citations import Verified


class Speech:
    """Collects what is said; each method returns the event that tells it."""

    def __init__(self) -> None:
        self.claims: list[Verified] = []
        self.citations: list[dict[str, Any]] = []
        self.sources: list[dict[str, Any]] = []
        self._numbers: dict[int, int] = {}
        self._pieces: list[str] = []
        self._length = 0

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    def cite(self, claim: Verified | None) -> events.Citation:
        """Begin a statement with what proves it, None for nothing."""
        if claim is None:
            self.citations.append(body.no_citation(answer_start=self._length))
            return events.Citation(self.citations[-1], None)
        document = claim.passage.document_id
        source = None
        if document not in self._numbers:
            self._numbers[document] = len(self.sources) + 1
            source = body.source(claim.passage, self._numbers[document])
            self.sources.append(source)
        citation = body.citation(claim, self._numbers[document], answer_start=self._length)
        self.claims.append(claim)
        self.citations.append(citation)
        return events.Citation(citation, source)

    def say(self, text: str) -> events.Delta:
        self._pieces.append(text)
        self._length += len(text)
        return events.Delta(text)

    def mark(self) -> events.Delta:
        """End the statement with its source's marker."""
        return self.say(f" [{self.citations[-1]['number']}]")
