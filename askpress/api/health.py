"""Whether the process lives, and whether requests would be answered; nobody needs a key to know."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from askpress import errors, report
from askpress.api import problems
from askpress.api.views import json_response, open_to_all
from askpress.retrieval import versions

# However often it is asked, the stores are looked at this often.
_FRESH_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Readiness:
    """What a look found."""

    # Why requests would fail, or "".
    obstacle: str
    # What works worse than it could.
    degraded: tuple[str, ...] = ()


@open_to_all
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer without touching anything: the process lives."""
    return json_response({"status": "ok"})


@open_to_all
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 503 exactly when requests would fail."""
    found = _watch.readiness()
    if found.obstacle:
        raise problems.later(problems.NOT_READY, found.obstacle)
    return json_response({"status": "degraded" if found.degraded else "ok", "degraded": found.degraded})


class Watch:
    """Looks at most every two seconds, one thread at a time; the others are told what was last seen."""

    def __init__(self, look: Callable[[], Readiness], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._look = look
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: Readiness | None = None
        self._seen_at = 0.0

    def readiness(self) -> Readiness:
        seen = self._seen
        if seen is not None and (self._is_fresh() or not self._lock.acquire(blocking=False)):
            return seen
        if seen is None:
            self._lock.acquire()
        try:
            return self._renew()
        finally:
            self._lock.release()

    def _renew(self) -> Readiness:
        if self._seen is None or not self._is_fresh():
            self._seen = self._look()
            self._seen_at = self._clock()
        return self._seen

    def _is_fresh(self) -> bool:
        return self._clock() - self._seen_at < _FRESH_SECONDS


def look() -> Readiness:
    """Look at Postgres, the tables and the index, then at what works worse than it could."""
    try:
        report.require_tables()
        return Readiness("", tuple(report.degraded() + _recipe_reasons()))
    except (errors.NotMigrated, errors.NoLiveIndex) as error:
        return Readiness(str(error))
    except errors.StoreUnavailable:
        return Readiness("The database does not answer.")


def _recipe_reasons() -> list[str]:
    """Compare names only: what the settings leave open a provider would have to be asked for."""
    live = versions.live().recipe
    wanted = (settings.EMBEDDING_PROVIDER, settings.EMBEDDING_MODEL)
    if (live.provider, live.model) == wanted:
        return []
    return ["The settings name another embedding model than the index was made with; `askpress status` says more."]


_watch = Watch(look)
