"""Places a floor between what a site answers and what it does not, and says how sure that is. Pure."""

from __future__ import annotations

import math
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
class Effect:
    """What a floor does to the questions it is tried on."""

    floor: float
    # Of those with an answer.
    answered: int
    answerable: int
    # Of those without.
    refused: int
    unanswerable: int

    @property
    def does_well(self) -> bool:
        return self.answered >= KEPT_SHARE * self.answerable and self.refused >= REFUSED_SHARE * self.unanswerable


@dataclass(frozen=True, slots=True)
class Placed:
    """A floor placed between the scores, beside the present one."""

    now: Effect | None
    better: Effect
    # Where 90 of 100 floors lie that are placed by questions drawn anew from these.
    low: float
    high: float

    @property
    def is_sure(self) -> bool:
        return min(self.better.answerable, self.better.unanswerable) >= FEW and self.better.does_well


def place(answerable: Sequence[float], unanswerable: Sequence[float], *, now: float | None) -> Placed | None:
    """Return a floor for scores of questions with and without an answer; None unless there are both.

    It is the lowest that refuses 95 of 100 without an answer, and never one that refuses more than 5 in 100 with
    one: drafts are nearer to their pages than what visitors ask, so the room between the two is the visitors'.
    """
    if not answerable or not unanswerable:
        return None
    draw = random.Random(_SEED)
    drawn = sorted(
        _between(draw.choices(answerable, k=len(answerable)), draw.choices(unanswerable, k=len(unanswerable)))
        for _ in range(_RESAMPLES)
    )
    return Placed(
        now=None if now is None else _effect(now, answerable, unanswerable),
        better=_effect(_between(answerable, unanswerable), answerable, unanswerable),
        low=drawn[int(0.05 * _RESAMPLES)],
        high=drawn[int(0.95 * _RESAMPLES)],
    )


def _effect(floor: float, answerable: Sequence[float], unanswerable: Sequence[float]) -> Effect:
    return Effect(
        floor=floor,
        answered=sum(score >= floor for score in answerable),
        answerable=len(answerable),
        refused=sum(score < floor for score in unanswerable),
        unanswerable=len(unanswerable),
    )


def _between(answerable: Sequence[float], unanswerable: Sequence[float]) -> float:
    most = measures.percentile(answerable, 1 - KEPT_SHARE)
    least = measures.percentile(unanswerable, REFUSED_SHARE)
    assert most is not None and least is not None
    # Two digits: a setting is typed by a person.
    return min(_hundredths(most), _hundredths(least) + 1) / 100


def _hundredths(score: float) -> int:
    return math.floor(100 * score + 1e-9)
