"""Says which questions of a run went wrong, and how. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

# Nobody looks at these, not even by accident: what is tuned on is no measure any more.
_UNSEEN = "frozen"
_SHOWN_DOCUMENTS = 2


def of(measured: Mapping[str, Any]) -> list[str]:
    """Return a line for each question that went wrong, those of the frozen half left out."""
    return [
        f"{wrong}: {result['question']}{_came(result)}"
        for result in measured["results"]
        if result["half"] != _UNSEEN
        for wrong in _wrong(result)
    ]


def _wrong(result: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a visitor would complain of first, if anything."""
    scores = result["scores"]
    if result["answerable"] and result["refused"]:
        yield "refused"
    elif not result["answerable"] and not result["refused"]:
        yield "answered, though nothing answers it"
    elif scores.get("recall@10") == 0.0:
        yield "not found"
    elif scores.get("answer_hit") == 0.0:
        yield "another answer"
    elif scores.get("citation_precision") == 0.0:
        yield "another page cited"


def _came(result: Mapping[str, Any]) -> str:
    came = [] if result["refused"] else result["cited"] or result["found"]
    return f"  ({', '.join(urlsplit(url).path or url for url in came[:_SHOWN_DOCUMENTS])})" if came else ""
