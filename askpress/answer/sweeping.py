"""Takes dead answers out of Redis: what nobody may be told any more is not kept there either."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import time

from redis import Redis

from askpress import redis_client
from askpress.answer import cache
from askpress.answer.cache import Entry
from askpress.retrieval import store

# Names asked for at once: a Redis that serves others is not held up for more than a millisecond.
_BATCH = 500
# A header with the versions of fifty documents.
_HEADER_CHARS = 1_024


@dataclass(frozen=True, slots=True)
class Swept:
    """What became of the answers that were there."""

    seen: int
    removed: int


@dataclass(frozen=True, slots=True)
class State:
    """What entries must agree with: documents that are public, the sites' corpus versions, the live index version."""

    live_index: frozenset[int]
    corpus: dict[int, int]


def sweep() -> Swept:
    """Remove every answer that does not hold any more; one that holds stays."""
    state, now = current(), time()
    return _remove(lambda entries: _dead(entries, state, now))


# What the last sweep of this process agreed with.
_swept: State | None = None


def sweep_after_changes() -> Swept:
    """Sweep if anything has changed since the last time in this process."""
    global _swept
    state = current()
    if state == _swept:
        return Swept(0, 0)
    swept = sweep()
    _swept = state
    return swept


def purge(site_id: int, post_id: int) -> Swept:
    """Remove every answer that rests on the post, and with them what is dead."""
    with store.autocommit() as cursor:
        rows = cursor.execute(
            "SELECT version FROM askpress_document WHERE site_id = %s AND post_id = %s", (site_id, post_id)
        ).fetchall()
    versions, state, now = {row[0] for row in rows}, current(), time()
    return _remove(
        lambda entries: [
            dead or bool(versions & set(entry.document_versions if entry else ()))
            for dead, entry in zip(_dead(entries, state, now), entries, strict=True)
        ]
    )


def current() -> State:
    with store.autocommit() as cursor:
        live = cursor.execute("SELECT id FROM askpress_indexversion WHERE state = 'live'").fetchall()
        corpus = cursor.execute("SELECT id, corpus_version FROM askpress_site").fetchall()
    return State(frozenset(row[0] for row in live), dict(corpus))


def _remove(dead: Callable[[Sequence[Entry | None]], list[bool]]) -> Swept:
    seen = removed = 0
    for kept in _names():
        # What lies there for seconds, for who waits in other processes, goes whatever it says: they make it anew.
        landed = [name for name in kept if name.endswith(b":landed")]
        names = [name for name in kept if name not in landed]
        entries = _headers(names)
        gone = [name for name, is_dead in zip(names, dead(entries), strict=True) if is_dead]
        if gone or landed:
            redis_client.call(lambda redis, going=(*gone, *landed): redis.unlink(*going), default=0)  # type: ignore[misc]
        seen, removed = seen + len(names), removed + len(gone)
    return Swept(seen, removed)


def _names() -> Iterator[list[bytes]]:
    place: int | None = None
    while place != 0:
        at = place or 0
        place, names = redis_client.call(
            lambda redis, at=at: redis.scan(at, match=cache.PREFIX + "*", count=_BATCH),  # type: ignore[misc]
            default=(0, []),
        )
        # Beside the answers lie leases of those that are being made.
        kept = [name for name in names if not name.endswith(b":lease")]
        if kept:
            yield kept


def _headers(names: Sequence[bytes]) -> list[Entry | None]:
    """Return the entries without their bodies; None for what is none, or is gone meanwhile."""

    def fetch(redis: Redis) -> list[bytes]:
        with redis.pipeline(transaction=False) as pipeline:
            for name in names:
                pipeline.getrange(name, 0, _HEADER_CHARS)
            return list(pipeline.execute())

    return [cache.read(raw) for raw in redis_client.call(fetch, default=[b""] * len(names))]


def _dead(entries: Sequence[Entry | None], state: State, now: float) -> list[bool]:
    wanted = sorted({version for entry in entries if entry for version in entry.document_versions})
    with store.autocommit() as cursor:
        rows = cursor.execute(
            "SELECT version FROM askpress_document WHERE version = ANY(%b::bigint[]) AND gone_at IS NULL", (wanted,)
        ).fetchall()
    public = {row[0] for row in rows}
    return [entry is None or not _holds(entry, state, public, now) for entry in entries]


def _holds(entry: Entry, state: State, public: set[int], now: float) -> bool:
    """As the cache itself decides, for many at once."""
    version = state.corpus.get(entry.site_id)
    if version is None:
        return False  # a refusal rests on no document that could have gone with its site
    stands = entry.index_version in state.live_index and set(entry.document_versions) <= public
    return stands and (now < entry.good_until or version == entry.corpus_version)
