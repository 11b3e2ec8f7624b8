"""Redis for whoever needs it: connected on first use, given up quickly, left alone for a while after a failure."""

from __future__ import annotations

import contextlib
import functools
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from askpress import logs
from askpress.pause import Pause

# Redis answers in well under a millisecond; whoever waits longer is better served without it.
_TIMEOUT_SECONDS = 0.3
_PAUSE_SECONDS = 3.0

Reply = TypeVar("Reply")
Default = TypeVar("Default")


def call(work: Callable[[redis.Redis], Reply], default: Default) -> Reply | Default:
    """Return what `work` gets from Redis, or `default` when Redis is unset, away, slow or refuses.

    `work` may run twice: an idle connection that broke is made anew once.
    """
    return _server(settings.REDIS_URL).call(work, default)


def reachable() -> bool:
    """Return whether Redis answers; False also during the pause after a failure."""
    return call(lambda client: bool(client.ping()), default=False)


@dataclass(frozen=True, slots=True)
class Put:
    """A value that is to be stored, until so many seconds later."""

    name: str
    value: bytes
    seconds: int


_waiting = threading.local()


def put(given: Put) -> None:
    """Store a value, or leave it to who is `gathering` in this thread; without Redis it is lost."""
    gathered: list[Put] | None = getattr(_waiting, "gathered", None)
    if gathered is None:
        call(lambda client: client.set(given.name, given.value, ex=given.seconds), default=None)
    else:
        gathered.append(given)


@contextlib.contextmanager
def gathering() -> Iterator[list[Put]]:
    """Yield a list of what the thread puts in the block, for the caller to store before it ends: a trip costs."""
    gathered: list[Put] = []
    _waiting.gathered = gathered
    try:
        yield gathered
    finally:
        _waiting.gathered = None


@functools.lru_cache(maxsize=4)
def _server(url: str) -> Server:
    return Server(url)


class Server:
    """One address, with a connection for each thread: a shared pool costs as much again as the command."""

    def __init__(self, url: str, *, pause_seconds: float = _PAUSE_SECONDS) -> None:
        self._url = url
        self._pause = Pause(pause_seconds)
        self._mine = threading.local()

    def call(self, work: Callable[[redis.Redis], Reply], default: Default) -> Reply | Default:
        if not self._url or self._pause.lasts():
            return default
        try:
            reply = work(self._client())
        except (redis.ConnectionError, redis.TimeoutError, OSError) as error:
            self._pause.begin()
            logs.warning("redis did not answer", error=type(error).__name__)
            return default
        except redis.RedisError as error:
            # Out of memory, read only: it may refuse this and do the next.
            logs.warning("redis refused", error=type(error).__name__)
            return default
        self._pause.end()
        return reply

    def _client(self) -> redis.Redis:
        # A forked process must not speak on its parent's socket.
        if getattr(self._mine, "process", None) != os.getpid():
            self._mine.client = _connect(self._url)
            self._mine.process = os.getpid()
        client: redis.Redis = self._mine.client
        return client


def _connect(url: str) -> redis.Redis:
    pool = redis.ConnectionPool.from_url(
        url,
        protocol=2,
        driver_info=None,
        socket_timeout=_TIMEOUT_SECONDS,
        socket_connect_timeout=_TIMEOUT_SECONDS,
        # Once and at once, for a connection that broke while idle; a timeout is not tried again.
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
    )
    return redis.Redis(connection_pool=pool, single_connection_client=True)
