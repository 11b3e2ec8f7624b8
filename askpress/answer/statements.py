"""From a model's reply, while it is written, to what may be said of it: proven statements, or marked ones. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from askpress.answer import citations, events
from askpress.answer.citations import Sources, Verified
from askpress.answer.reading import Claim, Reading
from askpress.answer.speech import Speech
from askpress.answer.wording import Wording

# Stands where a statement breaks off.
ELLIPSIS = "…"


@dataclass(slots=True)
class _Open:
    """The claim that is being said."""

    # None for one that is marked as not proven.
    proof: Verified | None
    wording: Wording
    # Nothing of it is said before all of it can be.
    held: bool
    # It quotes what was quoted before.
    repeats: bool = False
    text: list[str] = field(default_factory=list)


class Statements:
    """One reply on its way out."""

    def __init__(self, sources: Sources, speech: Speech, *, unverified: str) -> None:
        self._sources = sources
        self._speech = speech
        self._marks = unverified == "mark"
        self._reading = Reading()
        self._done = 0
        # Claims of which nothing was said.
        self.dropped = 0
        self._open: _Open | None = None
        self._said: set[tuple[str, str]] = set()

    @property
    def found_nothing(self) -> bool:
        """True when the model says that the sources do not answer."""
        return self._reading.found_nothing and not self._speech.text

    def hear(self, piece: str) -> Iterator[events.Event]:
        """Yield what may be said now that this piece of the reply has come."""
        if self._reading.feed(piece):
            yield from self._go_on()

    def end(self) -> Iterator[events.Event]:
        """Yield what is left when nothing follows; a statement that was begun breaks off."""
        self._reading.end()
        yield from self._go_on()
        if self._open is not None and self._open.text:
            yield self._say(self._open, ELLIPSIS)
            yield from self._mark(self._open)
        self._open = None

    def _go_on(self) -> Iterator[events.Event]:
        if self._reading.found_nothing:
            return
        for claim in self._reading.claims(self._done):
            if claim is not None:
                self._open = self._open or self._opened(claim)
                if self._open is not None:
                    yield from self._advance(self._open, claim)
                if not claim.whole:
                    return
            self._done += 1
            self.dropped += self._open is None or not self._open.text
            self._open = None

    def _opened(self, claim: Claim) -> _Open | None:
        proof = self._sources.verify(claim)
        if proof is not None:
            # Without numbers announced, one that is false could stand anywhere in the text; and who quotes the
            # same words again may be repeating himself.
            repeats = any(proof.quote == known for known, _ in self._said)
            return _Open(proof, self._sources.wording(claim), held=repeats or claim.numbers is None, repeats=repeats)
        return _Open(None, citations.unproven_wording(), held=True) if self._marks else None

    def _advance(self, open: _Open, claim: Claim) -> Iterator[events.Event]:
        if open.held:
            if claim.whole:
                yield from self._whole(open, claim)
            return
        words = open.wording.take(claim.text, whole=claim.whole)
        if words:
            yield from self._begin(open)
            yield self._say(open, words)
        if claim.whole and open.text:
            if open.wording.cut:
                yield self._say(open, ELLIPSIS)
            yield from self._mark(open)

    def _whole(self, open: _Open, claim: Claim) -> Iterator[events.Event]:
        words = open.wording.take(claim.text, whole=True)
        if (open.wording.cut or (open.repeats and open.wording.leads_away)) and open.proof is not None:
            if not self._marks:
                return
            open.proof, open.wording = None, citations.unproven_wording()
            words = open.wording.take(claim.text, whole=True)
        if words and (open.proof.quote if open.proof else "", words.casefold()) not in self._said:
            yield from self._begin(open)
            yield self._say(open, words)
            yield from self._mark(open)

    def _begin(self, open: _Open) -> Iterator[events.Event]:
        if not open.text:
            if self._speech.text:
                yield self._speech.say(" ")
            yield self._speech.cite(open.proof)

    def _say(self, open: _Open, words: str) -> events.Delta:
        open.text.append(words)
        return self._speech.say(words)

    def _mark(self, open: _Open) -> Iterator[events.Event]:
        quote = open.proof.quote if open.proof else ""
        self._said.add((quote, "".join(open.text).casefold()))
        if open.proof is not None:
            yield self._speech.mark()
