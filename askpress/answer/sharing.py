"""Answers that many ask for at once are made once: by one flight in a process, by one process for all."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any

from django.conf import settings

from askpress import errors, redis_client
from askpress.answer import body, events, replay
from askpress.answer.flight import Audience, Flight, Flights
from askpress.answer.lease import Lease
from askpress.redis_client import Put

# How often a process looks whether the answer that another one makes is there.
_POLL_SECONDS = 0.1
# How often it is looked whether somebody waits for an answer that is not streamed.
_LOOK_SECONDS = 1.0
_flights = Flights()

Telling = Generator[events.Event, None, None]
Make = Callable[[Audience], Iterator[events.Event]]
Read = Callable[[object], bytes | None]


def shared(name: str, make: Make, *, entry: str, read: Read, whole: bool = False) -> Telling:
    """Yield the events of the answer called `name`, with Beats between them; raises Busy when too many listen.

    `entry` is its name in the answer cache, `read` returns it from what Redis has there while that holds. `whole`: all
    of them when it is done.
    """

    def work(flight: Flight) -> Iterator[events.Event]:
        lease = Lease(name, entry=entry)
        flight.keep = lease.keep
        waited = False
        while not (look := lease.take()).taken:
            given = read(look.stored) or look.landed
            if given is not None or flight.call.ended:
                yield from _told(given)
                return
            waited = True
            time.sleep(_POLL_SECONDS)
        with redis_client.gathering() as puts:
            try:
                # Who held the lease just now may have stored it, or left it for those who waited.
                given = read(look.stored) or (look.landed if waited else None)
                if given is not None:
                    yield from _told(given)
                else:
                    yield from _made(make(flight.audience), lease, puts)
            finally:
                lease.release(puts)

    yield from _flights.share(
        name, work, most=settings.ANSWERS_AT_ONCE, beat_seconds=settings.HEARTBEAT_SECONDS, whole=whole
    )


def awaited(told: Telling, *, listens: Callable[[], bool] = lambda: True) -> dict[str, Any]:
    """Return the answer that is told; raises Stopped, and ends its making, once nobody listens any more."""
    looked = time.monotonic()
    with contextlib.closing(told):
        for event in told:
            if isinstance(event, events.Done):
                return event.body
            if time.monotonic() - looked > _LOOK_SECONDS:
                looked = time.monotonic()
                if not listens():
                    break
    raise errors.Stopped("Nobody waits for the answer any more.")


def _told(given: bytes | None) -> Iterator[events.Event]:
    yield from replay.told(json.loads(given)) if given is not None else ()


def _made(told: Iterator[events.Event], lease: Lease, puts: Sequence[Put]) -> Iterator[events.Event]:
    """Yield the events; whoever hears the last and asks again finds what was kept."""
    for event in told:
        if isinstance(event, events.Done):
            lease.release(puts, landing=body.as_json({**event.body, "cached": True}))
        yield event
