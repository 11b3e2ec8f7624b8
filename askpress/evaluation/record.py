"""A run as JSON: kept in a file, read again, and compared with a later one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from askpress.errors import UsageError
from askpress.evaluation import figures
from askpress.evaluation.result import Result

# A question got worse when one of these fell.
_WATCHED = ("ndcg@10", "answer_hit", "refusal_recall")
# What explains other figures besides the site.
_MADE_WITH = (
    "askpress", "site", "embedding_model", "chunk_tokens", "overlap_tokens", "fusion", "reranker", "language_model",
    "evidence_coverage", "evidence_cosine",
)  # fmt: skip


def document(results: Sequence[Result], *, made_with: Mapping[str, Any]) -> dict[str, Any]:
    """Return the run as one JSON object; `made_with` says when, by which models and with which settings."""
    return {
        **made_with,
        "questions": len(results),
        "degraded": Counter(one for result in results for one in result.degraded),
        "figures": figures.figures(results),
        "results": [_written(result) for result in results],
    }


def _written(result: Result) -> dict[str, Any]:
    question = result.question
    return {
        "id": question.id,
        "question": question.text,
        "half": question.half,
        "language": question.language,
        "kind": question.kind,
        "answerable": question.answerable,
        "refused": result.refused,
        "degraded": list(result.degraded),
        "scores": {name: round(score, 6) for name, score in result.scores.items()},
        "found": list(result.found),
        "cited": list(result.cited),
        "search_ms": round(result.search_seconds * 1000, 2),
        "ask_ms": None if result.answer_seconds is None else round(result.answer_seconds * 1000, 2),
        "cpu_ms": round(result.cpu_seconds * 1000, 2),
        "tokens": result.tokens,
        "cost_usd": result.cost,
    }


def read(path: Path) -> dict[str, Any]:
    """Return an earlier run's JSON object; raises UsageError."""
    try:
        earlier = json.loads(path.read_text(encoding="utf-8"))
        is_run = all(map(_are_numbers, earlier["figures"].values())) and all(
            isinstance(result["id"], str) and _are_numbers(result["scores"]) for result in earlier["results"]
        )
    except OSError as error:
        raise UsageError(f"{path} cannot be compared with: {error}.") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        is_run = False
    if not is_run:
        raise UsageError(f"{path} cannot be compared with: it is not what `askpress eval --save` writes.")
    return dict(earlier)


def _are_numbers(scores: Mapping[str, object]) -> bool:
    return all(score is None or isinstance(score, int | float) for score in scores.values())


def made_otherwise(new: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return what the runs were made with that differs: its name, and the old and new value."""
    return {name: [old[name], new[name]] for name in _MADE_WITH if name in old and old[name] != new[name]}


def changes(new: Mapping[str, Any], old: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return which questions got worse and which better since `old`, each with the measure and both scores."""
    before = {result["id"]: result["scores"] for result in old["results"]}
    worse: list[str] = []
    better: list[str] = []
    for result in new["results"]:
        scores = before.get(result["id"], {})
        for name in (name for name in _WATCHED if name in scores and name in result["scores"]):
            difference = result["scores"][name] - scores[name]
            if abs(difference) > 0.001:
                said = f"{result['question']}  {name} {scores[name]:.2f} -> {result['scores'][name]:.2f}"
                (worse if difference < 0 else better).append(said)
    return worse, better


def other_questions(new: Mapping[str, Any], old: Mapping[str, Any]) -> int:
    """Return how many questions only one of the runs has."""
    return len({result["id"] for result in new["results"]} ^ {result["id"] for result in old["results"]})
