"""How much a provider takes from us at the moment: by its own word, and by how it fares."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from askpress.providers.patience import LONGEST_SECONDS

_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhd])", re.ASCII)


@dataclass(slots=True)
class Pace:
    """How many requests may run: halved when the provider is unwell, one more after each round of successes."""

    most: int
    allowed: int
    successes: int = 0
    paused_until: float = 0.0

    def slow(self, until: float) -> None:
        self.allowed, self.successes = max(1, self.allowed // 2), 0
        self.paused_until = max(self.paused_until, until)

    def succeeded(self) -> None:
        self.successes += 1
        if self.successes >= self.allowed and self.allowed < self.most:
            self.allowed, self.successes = self.allowed + 1, 0


@dataclass(frozen=True, slots=True)
class _Store:
    """What was left in a store that held `limit` when full, at a time, and what it gains in a second."""

    limit: float
    left: float
    gain: float
    at: float

    def level(self, now: float) -> float:
        return min(self.limit, self.left + self.gain * (now - self.at))


class Allowance:
    """Two stores, of requests and of tokens, which fill up again steadily, by the x-ratelimit headers of replies.

    OpenAI's: https://platform.openai.com/docs/guides/rate-limits, "Rate limits in headers". Others send the same.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stores: dict[str, _Store] = {}

    def read(self, headers: Mapping[str, str]) -> None:
        """Take what the head of a reply says; without such headers nothing changes."""
        now = self._clock()
        for kind in ("requests", "tokens"):
            limit = _number(headers.get(f"x-ratelimit-limit-{kind}", ""))
            left = _number(headers.get(f"x-ratelimit-remaining-{kind}", ""))
            full_in = duration(headers.get(f"x-ratelimit-reset-{kind}", ""))
            if limit is None or left is None or not full_in or left >= limit:
                continue
            known = self._stores.get(kind)
            # Replies overtake each other: one that tells of more than there can be was made before the last.
            level = min(left, known.level(now)) if known else left
            self._stores[kind] = _Store(limit, level, (limit - left) / full_in, now)

    def wait_seconds(self, *, requests: int, tokens: int) -> float:
        """Return in how many seconds so many requests and tokens are allowed, 0 when they are.

        Also 0 when that is far away, as with a limit of the day: then the refusal tells people why.
        """
        wanted = {"requests": requests, "tokens": tokens}
        now = self._clock()
        lacking = {kind: min(wanted[kind], store.limit) - store.level(now) for kind, store in self._stores.items()}
        seconds = max((lacking[kind] / store.gain for kind, store in self._stores.items()), default=0.0)
        return seconds if 0 < seconds <= LONGEST_SECONDS else 0.0


def duration(text: str) -> float | None:
    """Return the seconds of "6m0s", "20ms" or "1.5"; None for what is no length of time."""
    parts = _PART.findall(text)
    if text and "".join(map("".join, parts)) == text:
        return sum(float(amount) * _UNIT_SECONDS[unit] for amount, unit in parts)
    return _number(text)


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII) else None
