"""Which of several processes makes an answer: the one that holds the lease, as long as it lives. Redis decides."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass

import redis

from askpress import redis_client

# A process that died is waited for so long; one that lives renews three times in it.
SECONDS = 9.0
_LANDED_SECONDS = 10
_RENEW = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0"
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


@dataclass(frozen=True, slots=True)
class Taken:
    """What one look at Redis showed."""

    # Nobody else has the lease.
    taken: bool
    # What is in the answer cache.
    stored: object
    # What another process left.
    landed: bytes | None


class Lease:
    """The right to make the answer called `name`; without Redis every process has it."""

    def __init__(self, name: str, *, entry: str = "", seconds: float = SECONDS) -> None:
        # The answer's name in the answer cache, where it has one.
        self._entry = entry or name
        self._name = name + ":lease"
        self._landed = name + ":landed"
        self._token = secrets.token_hex(8)
        self._milliseconds = int(seconds * 1000)
        self._renew_at = 0.0

    def take(self) -> Taken:
        """Take it unless somebody else has it; what may be there instead is looked for on the same trip."""
        self._plan()

        def look(client: redis.Redis) -> Taken:
            with client.pipeline(transaction=False) as pipe:
                pipe.set(self._name, self._token, nx=True, px=self._milliseconds)
                pipe.mget(self._entry, self._landed)
                taken, (stored, landed) = pipe.execute()
            return Taken(bool(taken), stored, landed if isinstance(landed, bytes) else None)

        return redis_client.call(look, default=Taken(taken=True, stored=None, landed=None))

    def keep(self) -> None:
        """Renew it when it is time; it costs nothing before."""
        if time.monotonic() >= self._renew_at:
            self._plan()
            redis_client.call(
                lambda client: client.eval(_RENEW, 1, self._name, self._token, self._milliseconds), default=None
            )

    def release(self, landing: bytes | None = None) -> None:
        """Give it back, and leave the answer for those in other processes who wait for it: it may not be kept."""

        def give_back(client: redis.Redis) -> None:
            with client.pipeline(transaction=False) as pipe:
                if landing is not None:
                    pipe.set(self._landed, landing, ex=_LANDED_SECONDS)
                pipe.eval(_RELEASE, 1, self._name, self._token)
                pipe.execute()

        redis_client.call(give_back, default=None)

    def _plan(self) -> None:
        self._renew_at = time.monotonic() + self._milliseconds / 3000
