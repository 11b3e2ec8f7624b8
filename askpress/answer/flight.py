"""One making of an answer for all who ask the same at the same time in this process, and a bound on who listens."""

from __future__ import annotations

import contextvars
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeAlias

from askpress import errors
from askpress.answer import events
from askpress.providers.contract import Call

Work: TypeAlias = "Callable[[Flight], Iterator[events.Event]]"

# Once the first text is out, what follows waits so long for more: nobody sees it, and each waking costs.
_REST_SECONDS = 0.025
# Where everybody waits for the whole answer, this share of the time it has taken so far, and so much at most.
_WHOLE_REST_SHARE = 0.05
_MOST_WHOLE_REST_SECONDS = 0.1
# With many at once they rest longer, a process so wakes so often at most: 100 streams rest two fifths of a second.
_WAKES_A_SECOND = 250
# Who was busy for this part of a rest has more to do, which has come already.
_BUSY = 4


def _nothing() -> None:
    pass


@dataclass(slots=True)
class Audience:
    """Those for whom an answer is made."""

    # Ended when the last of them has left.
    call: Call = field(default_factory=Call)
    # False while all of them wait for the whole of it.
    reads_along: bool = True


class Flight:
    """An answer that is being made, and those who listen; when the last of them leaves, it ends."""

    def __init__(self, *, beat_seconds: float, rest: Callable[[], float] = lambda: _REST_SECONDS) -> None:
        self.audience = Audience(Call(rest=self._let_gather), reads_along=False)
        self.call = self.audience.call
        # Called every now and then while somebody listens.
        self.keep: Callable[[], None] = _nothing
        self._beat_seconds = beat_seconds
        self._rest = rest
        self._changed = threading.Condition()
        self._over = threading.Event()
        self._events: list[events.Event] = []
        self._error: BaseException | None = None
        self._ended = False
        self._listeners = 0
        # True once its first text is out.
        self._spoken = False
        self._begun = self._rested = time.monotonic()

    def join(self) -> bool:
        """Count one more listener; False when it is too late."""
        with self._changed:
            self._listeners += not self.call.ended
            return not self.call.ended

    def leave(self) -> None:
        with self._changed:
            self._listeners -= 1
            abandoned = not self._listeners and not self._ended
        if abandoned:
            self.call.end()

    def run(self, work: Work) -> None:
        """Make the answer; whatever goes wrong is told to all who listen."""
        error: BaseException | None = None
        try:
            self._tell_all(work(self))
        except BaseException as raised:  # noqa: BLE001  it is raised where somebody listens
            error = raised
        with self._changed:
            self._error, self._ended = error, True
            self._changed.notify_all()
        self._over.set()

    def listen(self, *, whole: bool = False) -> Iterator[events.Event]:
        """Yield every event from the first, and a Beat when there was none for a while; if `whole`, all at the end."""
        while whole and not self._over.wait(self._beat_seconds):
            self.keep()
            yield events.Beat()
        self.audience.reads_along |= not whole
        heard = 0
        while True:
            self.keep()
            with self._changed:
                if heard == len(self._events) and not self._ended:
                    self._changed.wait(self._beat_seconds)
                new, ended = self._events[heard:], self._ended
            heard += len(new)
            yield from events.joined(new)
            if ended and not new:
                break
            if not new:
                yield events.Beat()
            elif isinstance(new[-1], events.Delta):
                self._over.wait(self._rest())
        if self._error is not None:
            raise self._error

    def _tell_all(self, told: Iterator[events.Event]) -> None:
        for event in told:
            if self.call.ended:
                return
            self._tell(event)
            self._spoken = self._spoken or isinstance(event, events.Delta)

    def _let_gather(self) -> None:
        """Rest where nobody waits for what the model writes next."""
        if self.audience.reads_along and not self._spoken:
            return
        now = time.monotonic()
        whole = min(_MOST_WHOLE_REST_SECONDS, _WHOLE_REST_SHARE * (now - self._begun))
        rest = self._rest() if self.audience.reads_along else whole
        # What came meanwhile is read at once then; nothing can be asked of the wire whether that was all.
        if now - self._rested > rest / _BUSY:
            time.sleep(rest)
            self._rested = time.monotonic()

    def _tell(self, event: events.Event) -> None:
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()


class Flights:
    """This process's flights; at most so many listeners at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[str, Flight] = {}
        self._pool: ThreadPoolExecutor | None = None
        self._process = 0
        self.listeners = 0

    def share(
        self, name: str, work: Work, *, most: int, beat_seconds: float, whole: bool = False
    ) -> Iterator[events.Event]:
        """Yield the events of the answer called `name`, which is made once; raises Busy beyond `most` listeners.

        `whole` when they may all come at the end.
        """
        flight = self._board(name, work, most=most, beat_seconds=beat_seconds)
        try:
            yield from flight.listen(whole=whole)
        finally:
            flight.leave()
            with self._lock:
                self.listeners -= 1

    def _board(self, name: str, work: Work, *, most: int, beat_seconds: float) -> Flight:
        with self._lock:
            pool = self._threads(most)
            if self.listeners >= most:
                raise errors.Busy(f"{self.listeners} questions are being answered at once; try again in a few seconds.")
            flight = self._flights.get(name)
            if flight is None or not flight.join():
                flight = self._flights[name] = Flight(beat_seconds=beat_seconds, rest=self._rest_seconds)
                flight.join()
                # Its log lines belong to the request that began it.
                pool.submit(contextvars.copy_context().run, self._fly, name, flight, work)
            self.listeners += 1
            return flight

    def _fly(self, name: str, flight: Flight, work: Work) -> None:
        try:
            flight.run(work)
        finally:
            with self._lock:
                if self._flights.get(name) is flight:
                    del self._flights[name]

    def _rest_seconds(self) -> float:
        return max(_REST_SECONDS, self.listeners / _WAKES_A_SECOND)

    def _threads(self, most: int) -> ThreadPoolExecutor:
        # A forked process has none of its parent's threads, and nobody listens in it yet.
        if self._pool is None or self._process != os.getpid():
            self._process, self.listeners, self._flights = os.getpid(), 0, {}
            self._pool = ThreadPoolExecutor(most, thread_name_prefix="answer")
        return self._pool
