"""Sums a run up: figures by half and language, and the thresholds they must keep. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from askpress.errors import UsageError
from askpress.evaluation import measures
from askpress.evaluation.questions import Question
from askpress.evaluation.result import Result

QUALITY = (
    "recall@5", "recall@10", "ndcg@10", "mrr@10", "context_recall", "answer_hit", "citation_precision",
    "citation_validity", "groundedness", "refusal_recall", "false_refusals", "degraded",
)  # fmt: skip
COST = ("search_p50_ms", "search_p95_ms", "ask_p50_ms", "ask_p95_ms", "cpu_ms", "tokens", "cost_usd")
_ALL = "all"

# Group -> measure -> figure; None where the group has no question the measure applies to.
Figures = Mapping[str, Mapping[str, float | None]]


@dataclass(frozen=True, slots=True)
class Threshold:
    """A bound on one figure of one group."""

    group: str
    measure: str
    bound: float
    # False when the bound is the most that is allowed.
    is_least: bool

    def missed(self, figures: Figures) -> str:
        """Return what is wrong, "" when the bound holds; raises UsageError when nothing of that name was measured."""
        value = figures.get(self.group, {}).get(self.measure)
        if value is None:
            raise _not_measured(self, figures)
        if value >= self.bound if self.is_least else value <= self.bound:
            return ""
        side = "below" if self.is_least else "above"
        return f"{self.group}/{self.measure} is {value:.4g}, {side} {self.bound:g}"


def threshold(written: str, *, is_least: bool) -> Threshold:
    """Read NAME=VALUE, NAME being a measure or GROUP/MEASURE; raises UsageError."""
    found = re.fullmatch(r"(?:(.+)/)?([^/=]+)=([-+]?\d*\.?\d+)", written.strip())
    if found is None or found[2] not in QUALITY + COST:
        names = ", ".join(QUALITY + COST)
        raise UsageError(f"{written!r} is no threshold: write NAME=0.5 or GROUP/NAME=0.5; names are {names}.")
    return Threshold(found[1] or _ALL, found[2], float(found[3]), is_least)


def require_groups(thresholds: Sequence[Threshold], asked: Sequence[Question]) -> None:
    """Raise UsageError for a threshold of a group that no question is in, before any is paid for."""
    groups = _groups([Result(question, {}, refused=False, found=()) for question in asked])
    for threshold in thresholds:
        if threshold.group not in groups:
            raise _not_measured(threshold, groups)


def _not_measured(threshold: Threshold, groups: Iterable[str]) -> UsageError:
    return UsageError(f"{threshold.group}/{threshold.measure} was not measured; groups are {', '.join(groups)}.")


def figures(results: Sequence[Result]) -> dict[str, dict[str, float | None]]:
    """Return the figures of each group: "all", or each half, and within it each language when there are several."""
    return {name: _of(members) for name, members in _groups(results).items()}


def _groups(results: Sequence[Result]) -> dict[str, list[Result]]:
    halves = sorted({result.question.half for result in results}, key=lambda half: (half != "tuning", half))
    languages = sorted({result.question.language for result in results}, key=lambda code: (code != "en", code))
    groups: dict[str, list[Result]] = {}
    for half in halves:
        members = [result for result in results if result.question.half == half]
        groups[half or _ALL] = members
        for language in languages if len(languages) > 1 else []:
            of_language = [result for result in members if result.question.language == language]
            if of_language:
                groups[f"{half}/{language or '?'}" if half else language or "?"] = of_language
    return groups


def _of(results: Sequence[Result]) -> dict[str, float | None]:
    quality = {
        name: measures.mean([result.scores[name] for result in results if name in result.scores]) for name in QUALITY
    } | {"degraded": measures.mean([float(bool(result.degraded)) for result in results])}
    searches = [result.search_seconds * 1000 for result in results]
    answers = [result.answer_seconds * 1000 for result in results if result.answer_seconds is not None]
    costs = [result.cost for result in results if result.cost is not None]
    return {
        **quality,
        "search_p50_ms": measures.percentile(searches, 0.5),
        "search_p95_ms": measures.percentile(searches, 0.95),
        "ask_p50_ms": measures.percentile(answers, 0.5),
        "ask_p95_ms": measures.percentile(answers, 0.95),
        "cpu_ms": measures.mean([result.cpu_seconds * 1000 for result in results]),
        "tokens": float(sum(result.tokens for result in results)),
        "cost_usd": sum(costs) if len(costs) == len(results) else None,
    }
