"""API keys: made, checked, revoked; only hashes are kept."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from askpress import errors
from askpress.retrieval import store

SCOPES = ("search", "ask", "ingest", "admin")
# A revoked key stops working in every process within this time.
_TRUST_SECONDS = 5.0
_MAX_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Key:
    """A key that was presented and is valid."""

    # 0: API_KEY of the environment.
    id: int
    name: str
    # Hex of the hash's first half: names the key in Redis without telling it.
    alias: str
    scopes: frozenset[str]
    # None: every site.
    sites: frozenset[int] | None


@dataclass(frozen=True, slots=True)
class Entry:
    """What is kept of a key; times are UTC, None for what has not happened or never will."""

    name: str
    # Its first eight characters.
    prefix: str
    scopes: list[str]
    # None: every site.
    sites: list[int] | None
    created_at: dt.datetime
    last_used_at: dt.datetime | None
    expires_at: dt.datetime | None
    revoked_at: dt.datetime | None
    daily_budget_usd: float | None


def create(
    name: str,
    scopes: Sequence[str] = SCOPES,
    *,
    sites: Sequence[int] | None = None,
    daily_budget_usd: float | None = None,
    expires_at: dt.datetime | None = None,
) -> str:
    """Make a key and return its text, which nobody can read again; raises UsageError for an unknown scope.

    It is for the `sites` with these numbers, None for every one, also later ones. `daily_budget_usd` is what answers to
    it may cost a day (UTC), None for no limit of its own; from `expires_at` on it is refused, None for never.
    """
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise errors.UsageError(f"unknown scope {', '.join(unknown) or '(none)'}: choose among {', '.join(SCOPES)}.")
    text = "ap_" + secrets.token_urlsafe(32)
    with store.autocommit() as cursor:
        cursor.execute(
            "INSERT INTO askpress_apikey (name, prefix, hash, scopes, sites, daily_budget_usd, expires_at, created_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, now())",
            (
                name,
                text[:8],
                _hash(text),
                list(scopes),
                None if sites is None else list(sites),
                daily_budget_usd,
                expires_at,
            ),
        )
    return text


def every() -> list[Entry]:
    """Return all keys that were ever made, the oldest first."""
    with store.autocommit() as cursor:
        cursor.execute(
            "SELECT name, prefix, scopes, sites, created_at, last_used_at, expires_at, revoked_at, daily_budget_usd"
            " FROM askpress_apikey ORDER BY id"
        )
        return [Entry(*row) for row in cursor]


def revoke(prefix: str) -> int:
    """Revoke every key that begins with `prefix`; return how many were."""
    with store.autocommit() as cursor:
        cursor.execute(
            "UPDATE askpress_apikey SET revoked_at = now() WHERE prefix = %s AND revoked_at IS NULL",
            (prefix[:8],),
        )
        return cursor.rowcount


def check(text: str) -> Key | None:
    """Return the key that `text` is, or None; at most five seconds behind a revocation."""
    digest = _hash(text)
    if settings.API_KEY and hmac.compare_digest(digest, _hash(settings.API_KEY)):
        return Key(0, "API_KEY", _alias(digest), frozenset(SCOPES), None)
    now = time.monotonic()
    remembered = _remembered.get(digest)
    if remembered is None or now - remembered[1] > _TRUST_SECONDS:
        remembered = (_look_up(digest), now)
        _remember(digest, remembered)
    return remembered[0]


# The lookup is by the hash of 256 random bits: how long a comparison takes tells nothing about the key.
_remembered: dict[bytes, tuple[Key | None, float]] = {}
_lock = threading.Lock()


def forget() -> None:
    """Check every key anew; for tests."""
    with _lock:
        _remembered.clear()


def _remember(digest: bytes, entry: tuple[Key | None, float]) -> None:
    with _lock:
        # A stranger who tries keys must not fill the memory.
        if len(_remembered) >= _MAX_REMEMBERED:
            _remembered.clear()
        _remembered[digest] = entry


def _look_up(digest: bytes) -> Key | None:
    with store.autocommit() as cursor:
        row = cursor.execute(
            "UPDATE askpress_apikey SET last_used_at = now() WHERE hash = %s AND revoked_at IS NULL"
            " AND (expires_at IS NULL OR expires_at > now()) RETURNING id, name, scopes, sites",
            (digest,),
            prepare=True,
        ).fetchone()
    if row is None:
        return None
    key_id, name, scopes, sites = row
    return Key(key_id, name, _alias(digest), frozenset(scopes), None if sites is None else frozenset(sites))


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _alias(digest: bytes) -> str:
    return digest[:16].hex()
