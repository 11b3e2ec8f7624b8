"""What happens while an answer is given: one Meta, Citations and Deltas, Sources, Usage, one Done. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Meta:
    """What is known before the first word."""

    id: str
    cached: bool
    language: str
    as_of: str | None


@dataclass(frozen=True, slots=True)
class Citation:
    """A statement follows, and this proves it; `source` comes with its first use."""

    citation: dict[str, Any]
    source: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Delta:
    """The next piece of the answer: all of them together are the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Sources:
    sources: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Usage:
    usage: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Done:
    """The whole answer, as one that is not streamed."""

    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Beat:
    """Nothing happened for a while; whoever listens is still served."""


Event = Meta | Citation | Delta | Sources | Usage | Done | Beat


def joined(told: Iterable[Event]) -> Iterator[Event]:
    """Yield the events with deltas that follow each other as one."""
    pieces: list[str] = []
    for event in told:
        if isinstance(event, Delta):
            pieces.append(event.text)
            continue
        if pieces:
            yield Delta("".join(pieces))
            pieces.clear()
        yield event
    if pieces:
        yield Delta("".join(pieces))
