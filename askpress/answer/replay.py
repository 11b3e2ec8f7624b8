"""An answer that is written already, told again as it happened. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from askpress.answer import events


def told(body: dict[str, Any]) -> Iterator[events.Event]:
    """Yield every event of the answer, Done last."""
    yield events.Meta(id=body["id"], cached=body["cached"], language=body["language"], as_of=body["as_of"])
    yield from _statements(body)
    yield from ending(body)


def ending(body: dict[str, Any]) -> Iterator[events.Event]:
    """Yield what comes after the last statement."""
    yield events.Sources(body["sources"])
    yield events.Usage(body["usage"])
    yield events.Done(body)


def _statements(body: dict[str, Any]) -> Iterator[events.Event]:
    text, citations = body["answer"], body["citations"]
    sources = {source["number"]: source for source in body["sources"]}
    starts = [citation["answer_start"] for citation in citations]
    introduction = text[: starts[0]] if starts else text
    if introduction:
        yield events.Delta(introduction)
    for citation, start, end in zip(citations, starts, [*starts, len(text)][1:], strict=True):
        yield events.Citation(citation, sources.pop(citation["number"], None))
        yield events.Delta(text[start:end])
