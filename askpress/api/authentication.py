"""Who asks: the key in X-API-Key or Authorization, and a limit for those who try keys."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Sequence

from django.http import HttpRequest

from askpress import keys, sites
from askpress.api import throttling
from askpress.api.problems import (
    INVALID_REQUEST,
    MISSING_SCOPE,
    RATE_LIMITED,
    UNAUTHORIZED,
    FieldError,
    Problem,
)

# Each try costs Postgres a statement; a person who mistypes needs fewer.
FAILURES_PER_MINUTE = 30
# A client with a good key behind the same address as a stranger is not kept out by him.
_MAX_PROVEN = 10_000
# Ours have 46 characters; API_KEY is whatever the owner chose.
_MAX_KEY_CHARS = 512
_CHALLENGE = 'Bearer realm="askpress"'

_failures = throttling.SlidingWindow()
_proven: dict[str, None] = {}


def authenticate(request: HttpRequest) -> keys.Key:
    """Return the request's key; raises Problem without a valid one, StoreUnavailable when none can be checked."""
    text = presented(request)
    if not text:
        raise Problem(
            UNAUTHORIZED,
            "Send your key in the header X-API-Key, or as Authorization: Bearer.",
            headers={"WWW-Authenticate": _CHALLENGE},
        )
    address, digest = _address(request), hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    if digest not in _proven:
        _refuse_the_persistent(address)
    key = keys.check(text) if len(text) <= _MAX_KEY_CHARS else None
    if key is None:
        _proven.pop(digest, None)
        _failures.take(address, limit=FAILURES_PER_MINUTE)
        raise Problem(
            UNAUTHORIZED,
            "The key is not known, revoked or expired; `askpress createkey` makes a new one.",
            headers={"WWW-Authenticate": f'{_CHALLENGE}, error="invalid_token"'},
        )
    _trust(digest)
    return key


def require_scope(key: keys.Key, scope: str) -> None:
    if scope not in key.scopes:
        raise Problem(
            MISSING_SCOPE,
            f"This needs a key with the scope {scope}; this key has {', '.join(sorted(key.scopes))}.",
            headers={"WWW-Authenticate": f'{_CHALLENGE}, error="insufficient_scope", scope="{scope}"'},
        )


def site_for(key: keys.Key, named: str, *, known: Sequence[sites.Site]) -> sites.Site:
    """Return the site with the short name, without one the first that the key is for; raises Problem for another.

    Who has a key for some sites learns nothing of others, not even that they exist.
    """
    own = [site for site in known if key.sites is None or site.id in key.sites]
    for site in own:
        if named in ("", site.name):
            return site
    if named and key.sites is None:
        detail = f"No site has the name {named}."
        raise Problem(INVALID_REQUEST, f"#/site: {detail}", fields=[FieldError("#/site", detail)])
    mine = " and ".join(site.name for site in own) or "a site that was removed"
    raise Problem(MISSING_SCOPE, f"This key is for {mine}, not for another site.")


def presented(request: HttpRequest) -> str:
    """Return the key as sent, "" when there is none."""
    given = str(request.META.get("HTTP_X_API_KEY", "")).strip()
    if given:
        return given
    scheme, _, token = str(request.META.get("HTTP_AUTHORIZATION", "")).partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _refuse_the_persistent(address: str) -> None:
    verdict = _failures.look(address, limit=FAILURES_PER_MINUTE)
    if not verdict.allowed:
        raise Problem(
            RATE_LIMITED,
            "Too many keys from this address were wrong; wait before trying another.",
            headers={"Retry-After": str(throttling.whole_seconds(verdict.wait_seconds))},
        )


def _trust(digest: str) -> None:
    if len(_proven) >= _MAX_PROVEN:
        _proven.clear()
    _proven[digest] = None


def _address(request: HttpRequest) -> str:
    """Return the client's address; a household's IPv6 network counts as one client."""
    text = str(request.META.get("REMOTE_ADDR", ""))
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return text
