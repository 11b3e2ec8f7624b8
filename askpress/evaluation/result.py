"""Result: what became of one question. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from askpress.evaluation.questions import Question


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one question."""

    question: Question
    # Measure -> 0..1, of the measures that apply to the question.
    scores: dict[str, float]
    refused: bool
    # Addresses of documents, best first.
    found: tuple[str, ...]
    cited: tuple[str, ...] = ()
    search_seconds: float = 0.0
    # The whole trip, its search included; None when only searched.
    answer_seconds: float | None = None
    # Of this process: Postgres is not in it.
    cpu_seconds: float = 0.0
    tokens: int = 0
    # US dollars; None when the price is unknown.
    cost: float | None = 0.0
    # What search or answer were made without, as both say it: "keyword", "rerank", "extractive", ...
    degraded: tuple[str, ...] = ()
