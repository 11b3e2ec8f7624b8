"""How long to wait before trying a provider again, and when to give up; the only place that decides it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from askpress.errors import BadEmbedding, ProviderUnavailable

T = TypeVar("T")

# "Full jitter" (Exponential Backoff And Jitter, AWS Architecture Blog, 2015): anything up to a doubling bound.
FIRST_SECONDS = 0.5
LONGEST_SECONDS = 30.0


class Patience:
    """A budget of seconds that begins with the first failure."""

    def __init__(self, retry_seconds: float, *, rng: random.Random | None = None) -> None:
        self.retry_seconds = retry_seconds
        self.rng = rng or random.Random()

    def begin(self, now: float) -> Trial:
        return Trial(self, began=now)


@dataclass(slots=True)
class Trial:
    """One request's failures so far."""

    patience: Patience
    began: float
    failures: int = 0

    def seconds_to_wait(self, error: Exception, *, now: float) -> float | None:
        """Return the seconds before the next attempt, None when it would end outside the budget."""
        bound = min(LONGEST_SECONDS, FIRST_SECONDS * 2**self.failures)
        self.failures += 1
        seconds = self.patience.rng.uniform(0, bound)
        if isinstance(error, ProviderUnavailable) and error.retry_after is not None:
            # A little later than asked, so that not all who were told the same come back at once.
            seconds = error.retry_after + min(seconds, 1.0)
        return None if now + seconds - self.began > self.patience.retry_seconds else seconds


def patiently(
    call: Callable[[], T],
    *,
    retry_seconds: float,
    over: Callable[[], bool] = lambda: False,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
    rng: random.Random | None = None,
) -> T:
    """Return what `call` returns, trying again while that can help, the budget lasts and it is not `over`."""
    trial: Trial | None = None
    while True:
        try:
            return call()
        except (ProviderUnavailable, BadEmbedding) as error:
            trial = trial or Patience(retry_seconds, rng=rng).begin(clock())
            seconds = trial.seconds_to_wait(error, now=clock())
            if seconds is None or over():
                raise
        sleep(seconds)
