"""Places a floor between what a site answers and what it does not, and says how sure that is. Pure."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from askpress.evaluation import measures

# False refusals are what an owner is told of; questions off the topic are what a visitor laughs about.
KEPT_SHARE = 0.95
REFUSED_SHARE = 0.95
# Fewer of either kind, and the floor hangs on single questions.
FEW = 20
_RESAMPLES = 400
_SEED = 8


@dataclass(frozen=True, slots=True)
class Floor:
    """A floor with what it does to the questions it was placed by."""

    value: float
    # Where 90 of 100 floors lie that are placed by questions drawn anew from these.
    low: float
    high: float
    # Shares 0..1.
    answered: float
    refused: float
    answerable: int
    unanswerable: int

    @property
    def is_sure(self) -> bool:
        return min(self.answerable, self.unanswerable) >= FEW and self.answered >= KEPT_SHARE


def floor(answerable: Sequence[float], unanswerable: Sequence[float]) -> Floor | None:
    """Return the floor for scores of questions with and without an answer; None unless there are both.

    It is the lowest that refuses 95 of 100 without an answer, and never one that refuses more than 5 in 100 with
    one: drafts are nearer to their pages than what visitors ask, so the room between the two is the visitors'.
    """
    if not answerable or not unanswerable:
        return None
    value = _between(answerable, unanswerable)
    draw = random.Random(_SEED)
    drawn = sorted(
        _between(draw.choices(answerable, k=len(answerable)), draw.choices(unanswerable, k=len(unanswerable)))
        for _ in range(_RESAMPLES)
    )
    return Floor(
        value=value,
        low=drawn[int(0.05 * _RESAMPLES)],
        high=drawn[int(0.95 * _RESAMPLES)],
        answered=sum(score >= value for score in answerable) / len(answerable),
        refused=sum(score < value for score in unanswerable) / len(unanswerable),
        answerable=len(answerable),
        unanswerable=len(unanswerable),
    )


def _between(answerable: Sequence[float], unanswerable: Sequence[float]) -> float:
    most = measures.percentile(answerable, 1 - KEPT_SHARE)
    least = measures.percentile(unanswerable, REFUSED_SHARE)
    assert most is not None and least is not None
    # Two digits: a setting is typed by a person. Rounded to the side that keeps answers.
    return min(int(100 * most) / 100, round(least + 0.005, 2))
