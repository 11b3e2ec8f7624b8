"""A limit of tokens a minute as OpenAI keeps it: a store that fills up steadily, told in the head of every reply."""

from __future__ import annotations

import threading
import time


class TokenLimit:
    """So many tokens a minute, of which so many may come at once."""

    def __init__(self, *, at_once: int, per_minute: int) -> None:
        self._at_once = at_once
        self._per_second = per_minute / 60
        self._left = float(at_once)
        self._seen = time.monotonic()
        self._lock = threading.Lock()
        self.refused = 0

    def take(self, tokens: int) -> tuple[bool, dict[str, str]]:
        """Return whether a request of so many tokens is let through, and the fields for its reply."""
        with self._lock:
            now = time.monotonic()
            self._left = min(self._at_once, self._left + (now - self._seen) * self._per_second)
            self._seen = now
            allowed = tokens <= self._left
            self._left -= tokens if allowed else 0
            self.refused += not allowed
            full_in = (self._at_once - self._left) / self._per_second
            headers = {
                "x-ratelimit-limit-requests": "3000",
                "x-ratelimit-remaining-requests": "2999",
                "x-ratelimit-reset-requests": "20ms",
                "x-ratelimit-limit-tokens": str(self._at_once),
                "x-ratelimit-remaining-tokens": str(int(self._left)),
                "x-ratelimit-reset-tokens": f"{int(full_in // 60)}m{full_in % 60:.3f}s",
            }
            return allowed, headers if allowed else headers | {"retry-after-ms": str(int(1_000 * full_in))}
