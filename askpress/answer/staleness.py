"""Proves that posts are still as they are held, as freshly as somebody demands, without ever pressing the site."""

from __future__ import annotations

import datetime as dt
import os
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from redis import Redis

from askpress import edits, errors, logs, redis_client, sites
from askpress.retrieval import store
from askpress.wordpress import client

_PREFIX = "askpress:look:"
# A reader waits for it.
_LOOK_SECONDS = 3.0
# Of each site, by all of our processes together; more demands than this are told to come back.
LOOKS_PER_MINUTE = 30
_MINUTE = 60
# A look older than any demand that is not satisfied by reconciliations anyway.
_KEPT_SECONDS = 86_400
_MAX_HERE = 10_000
# A live edit is followed up within seconds.
_FOLLOWED_SECONDS = 5


@dataclass(frozen=True, slots=True)
class _Held:
    """A post as we hold it."""

    version: int
    post_id: int
    type: str
    modified_at: dt.datetime | None


def prove(site: sites.Site, versions: Sequence[int], *, max_seconds: int) -> dt.datetime:
    """Return since when it is known that the site shows these contents (Document.version); now, if it has to be asked.

    Without contents, where nothing was found, only a reconciliation can prove that nothing is there. A post that has
    changed is queued for ingest. No connection is held while the site is asked. Raises Stale.
    """
    arrived = time.time()
    oldest = arrived - max_seconds
    reconciled = site.reconciled_at.timestamp() if site.reconciled_at else 0.0
    if reconciled >= oldest:
        return _moment(reconciled)
    if not versions:
        raise errors.Stale(
            f"Nothing was found, and the site was last compared {_ago(arrived, reconciled)}.",
            retry_after=max(_FOLLOWED_SECONDS, reconciled + settings.RECONCILE_INTERVAL_SECONDS - arrived),
        )
    wanted = sorted(set(versions))
    seen = _oldest_look(site, wanted)
    return _moment(seen if seen >= oldest else _visitor(site).prove(wanted, oldest=oldest))


class _Visitor:
    """This process's way to one site: one look at a time, for all who wait."""

    def __init__(self, site: sites.Site) -> None:
        self._site = site
        self._looking = threading.Lock()
        self._times: deque[float] = deque()
        self._client: client.WordPress | None = None

    def close(self) -> None:
        if self._client is not None:
            self._client.close()

    def prove(self, versions: Sequence[int], *, oldest: float) -> float:
        if not self._looking.acquire(timeout=2 * _LOOK_SECONDS):
            raise errors.Stale("The site is slow to answer others who want to know the same.", retry_after=_MINUTE / 6)
        try:
            # Who held the lock before may have asked for the same, and after we came.
            seen = _oldest_look(self._site, versions)
            if seen >= oldest:
                return seen
            begun = time.time()
            self._look(versions, begun)
        finally:
            self._looking.release()
        _remember(self._site, versions, begun)
        return begun

    def _look(self, versions: Sequence[int], begun: float) -> None:
        held = _held(versions)
        if len(held) < len(versions):
            raise errors.Stale("A post was edited while this was answered; ask again.", retry_after=1)
        self._count(begun)
        try:
            shown = self._ask(held, begun)
        except errors.WordPressError as error:
            logs.warning("site not looked at", reason=str(error))
            raise errors.Stale("The site did not answer just now.", retry_after=_MINUTE / 2) from None
        changed = [post for post in held if shown.get(post.post_id, dt.datetime.min) != post.modified_at]
        for post in changed:
            edits.queue(edits.Edit(self._site.id, post.post_id, post.type, shown.get(post.post_id)))
        if changed:
            raise errors.Stale(
                f"{len(changed)} of the posts this rests on changed on the site and are being read again.",
                retry_after=_FOLLOWED_SECONDS,
            )

    def _ask(self, held: Sequence[_Held], begun: float) -> dict[int, dt.datetime | None]:
        shown: dict[int, dt.datetime | None] = {}
        for kind in dict.fromkeys(post.type for post in held):
            if time.time() - begun > _LOOK_SECONDS:
                raise errors.SiteUnreachable("the site took too long.")
            ids = [post.post_id for post in held if post.type == kind]
            shown |= self._reader().glance(kind, ids)
        return shown

    def _reader(self) -> client.WordPress:
        # Kept, so that its REST API is looked for once.
        if self._client is None:
            self._client = sites.reader(self._site, timeout_seconds=_LOOK_SECONDS, sleep=_no_patience)
        return self._client

    def _count(self, now: float) -> None:
        """Count one look in this process and in Redis; raises Stale when the site has had its fill for this minute."""
        while self._times and self._times[0] <= now - _MINUTE:
            self._times.popleft()
        name = f"{_PREFIX}{self._site.instance}:minute:{int(now) // _MINUTE}"
        taken = redis_client.call(lambda redis: _take(redis, name), default=0)
        if len(self._times) >= LOOKS_PER_MINUTE or taken > LOOKS_PER_MINUTE:
            raise errors.Stale(
                "The site was looked at often enough in this minute.", retry_after=_MINUTE - now % _MINUTE
            )
        self._times.append(now)


def _take(redis: Redis, name: str) -> int:
    with redis.pipeline(transaction=False) as pipeline:
        pipeline.incr(name)
        pipeline.expire(name, 2 * _MINUTE)
        return int(pipeline.execute()[0])


def _no_patience(seconds: float) -> None:
    raise errors.SiteUnreachable("the site did not answer at once.")


def _held(versions: Sequence[int]) -> list[_Held]:
    with store.autocommit() as cursor:
        rows = cursor.execute(
            "SELECT version, post_id, type, modified_at FROM askpress_document"
            " WHERE version = ANY(%b::bigint[]) AND gone_at IS NULL",
            (list(versions),),
            prepare=True,
        ).fetchall()
    return [_Held(*row) for row in rows]


# When each content was last seen on the site, by its name in Redis; a content that changes has another number.
_looks: OrderedDict[str, float] = OrderedDict()
_visitors: dict[tuple[object, ...], _Visitor] = {}
_lock = threading.Lock()


def _visitor(site: sites.Site) -> _Visitor:
    # A forked child must not share its parent's sockets; a changed login is another way.
    key = (os.getpid(), site.id, site.instance, site.url, site.wordpress_user, site.wordpress_password)
    with _lock:
        return _visitors.setdefault(key, _Visitor(site))


def _names(site: sites.Site, versions: Sequence[int]) -> list[str]:
    # A new database counts from one again: its contents are others.
    return [f"{_PREFIX}{site.instance}:content:{version}" for version in versions]


def _oldest_look(site: sites.Site, versions: Sequence[int]) -> float:
    """Return when the content was seen that was seen longest ago; 0 when one was never."""
    names = _names(site, versions)
    with _lock:
        here = [_looks.get(name, 0.0) for name in names]
    shared = redis_client.call(lambda redis: redis.mget(names), default=[])
    there = [float(value) if value else 0.0 for value in shared] or here
    return min(max(pair) for pair in zip(here, there, strict=True))


def _remember(site: sites.Site, versions: Sequence[int], seen: float) -> None:
    names = _names(site, versions)
    with _lock:
        _looks.update(dict.fromkeys(names, seen))
        while len(_looks) > _MAX_HERE:
            _looks.popitem(last=False)
    redis_client.call(lambda redis: _keep(redis, names, seen), default=None)


def _keep(redis: Redis, names: Sequence[str], seen: float) -> None:
    with redis.pipeline(transaction=False) as pipeline:
        for name in names:
            pipeline.set(name, f"{seen:.3f}", ex=_KEPT_SECONDS)
        pipeline.execute()


def forget() -> None:
    """Look at every post anew, by new connections; for tests."""
    with _lock:
        _looks.clear()
        while _visitors:
            _visitors.popitem()[1].close()


def _moment(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def _ago(now: float, then: float) -> str:
    return f"{now - then:.0f} seconds ago" if then else "never"
