"""Which of several processes makes an answer: the one that holds the lease, as long as it lives. Redis decides."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass

import redis

from askpress import redis_client
from askpress.redis_client import Put

# A process that died is waited for so long; one that lives renews three times in it.
SECONDS = 9.0
_LANDED_SECONDS = 10
_RENEW = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0"
# Scripts, since a pipeline costs redis-py twice as much.
_TAKE = """
local taken = redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])
return {taken and 1 or 0, redis.call('GET', KEYS[2]), redis.call('GET', KEYS[3])}
"""
# Given back before anything is stored: a Redis that is full stores nothing.
_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
for at = 2, #KEYS do redis.call('SET', KEYS[at], ARGV[2 * at - 2], 'EX', ARGV[2 * at - 1]) end
"""


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
        self._is_back = False

    def take(self) -> Taken:
        """Take it unless somebody else has it; what may be there instead is looked for on the same trip."""
        self._plan()

        def look(client: redis.Redis) -> Taken:
            names = (self._name, self._entry, self._landed)
            taken, stored, landed = client.eval(_TAKE, len(names), *names, self._token, self._milliseconds)
            return Taken(bool(taken), stored, landed if isinstance(landed, bytes) else None)

        return redis_client.call(look, default=Taken(taken=True, stored=None, landed=None))

    def keep(self) -> None:
        """Renew it when it is time; it costs nothing before."""
        if time.monotonic() >= self._renew_at:
            self._plan()
            redis_client.call(
                lambda client: client.eval(_RENEW, 1, self._name, self._token, self._milliseconds), default=None
            )

    def release(self, puts: Sequence[Put] = (), *, landing: bytes | None = None) -> None:
        """Give it back once, and leave the answer for those in other processes who wait for it: it may not be kept.

        `puts` are stored on the same trip.
        """
        if self._is_back:
            return
        self._is_back = True
        if landing is not None:
            puts = (*puts, Put(self._landed, landing, _LANDED_SECONDS))
        names = [self._name, *(put.name for put in puts)]
        values = [value for put in puts for value in (put.value, put.seconds)]
        redis_client.call(lambda client: client.eval(_RELEASE, len(names), *names, self._token, *values), default=None)

    def _plan(self) -> None:
        self._renew_at = time.monotonic() + self._milliseconds / 3000
