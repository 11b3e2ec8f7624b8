"""Answers that many ask for at once are made once: by one flight in a process, by one process for all."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

from django.conf import settings

from askpress.answer import body, events, replay
from askpress.answer.flight import Flight, Flights
from askpress.answer.lease import Lease
from askpress.providers.contract import Call

# How often a process looks whether the answer that another one makes is there.
_POLL_SECONDS = 0.1
_flights = Flights()

Make = Callable[[Call], Iterator[events.Event]]


def shared(name: str, make: Make, *, stored: Callable[[], bytes | None]) -> Iterator[events.Event]:
    """Yield the events of the answer called `name`, with Beats between them; raises Busy when too many listen.

    `stored` returns it from the cache, once it is there.
    """

    def work(flight: Flight) -> Iterator[events.Event]:
        lease = Lease(name)
        flight.keep = lease.keep
        while not lease.take():
            time.sleep(_POLL_SECONDS)
            given = stored() or lease.landed()
            if given is not None or flight.call.ended:
                yield from _told(given)
                return
        try:
            # Who held the lease just now may have stored it.
            given = stored()
            yield from _told(given) if given is not None else _made(make(flight.call), lease)
        finally:
            lease.release()

    yield from _flights.share(name, work, most=settings.ANSWERS_AT_ONCE, beat_seconds=settings.HEARTBEAT_SECONDS)


def _told(given: bytes | None) -> Iterator[events.Event]:
    yield from replay.told(json.loads(given)) if given is not None else ()


def _made(told: Iterator[events.Event], lease: Lease) -> Iterator[events.Event]:
    for event in told:
        if isinstance(event, events.Done):
            lease.land(body.as_json({**event.body, "cached": True}))
        yield event
