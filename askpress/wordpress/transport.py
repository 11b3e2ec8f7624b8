"""Transport: hardened GET requests to one site: time limits, retries, a size cap, redirects within the host."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx2

import askpress
from askpress import errors
from askpress.wordpress import guard
from askpress.wordpress.replies import Reply, http_date, shown

ATTEMPTS = 5
# All waiting for one request together; longer troubles are the next run's business.
RETRY_SECONDS = 120.0
# A Retry-After beyond this ends the request at once: the caller comes back later instead of blocking a worker.
RETRY_AFTER_MAX_SECONDS = 60.0
_BACKOFF_MAX_SECONDS = 20.0
# 52x are Cloudflare's words for an origin that does not answer.
_RETRIED = frozenset({408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
_REDIRECTS = 5
# One attempt may take this many times the timeout, so that a body in drips ends too.
_DRIP_FACTOR = 4


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may cost."""

    # Between two signs of life of the site.
    timeout_seconds: float
    # Of one body, unpacked.
    max_bytes: int
    allow_private: bool


class Transport:
    """GET requests to one site; `sleep`, `rng` (0..1) and `resolve` are for tests."""

    def __init__(
        self,
        site_url: str,
        limits: Limits,
        *,
        auth: tuple[str, str] | None,
        sleep: Callable[[float], None],
        rng: Callable[[], float],
        resolve: guard.Resolver | None = None,
    ) -> None:
        self._limits, self._sleep, self._rng = limits, sleep, rng
        self._auth = httpx2.BasicAuth(*auth) if auth else None
        self._client = httpx2.Client(
            transport=guard.GuardedTransport(allow_private=limits.allow_private, resolve=resolve),
            timeout=httpx2.Timeout(limits.timeout_seconds, connect=min(10.0, limits.timeout_seconds)),
            # The environment's proxies would resolve names themselves and undo the guard.
            trust_env=False,
            headers={
                "User-Agent": f"askpress/{askpress.__version__} (+{site_url})",
                "Accept-Encoding": "gzip",
            },
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(
        self,
        url: str | httpx2.URL,
        query: Mapping[str, str] | None = None,
        *,
        attempts: int = ATTEMPTS,
        anonymous: bool = False,
    ) -> Reply:
        """Return the reply, whatever its status unless trying again is what that status asks for.

        Raises SiteUnreachable after all attempts, BadReply for a cut or oversized body, AddressRefused.
        """
        try:
            address = httpx2.URL(url).copy_merge_params(dict(query or {}))
        except httpx2.InvalidURL as error:
            raise errors.AddressRefused(f"{str(url)[:200]!r} is not an address that can be asked.") from error
        started, waited = time.monotonic(), 0.0
        for attempt in range(1, attempts + 1):
            try:
                return self._attempt(address, anonymous=anonymous)
            except (errors.SiteUnreachable, _CutBody) as problem:
                pause = self._pause(attempt, problem)
                spent = max(waited, time.monotonic() - started)
                if attempt == attempts or spent + pause > RETRY_SECONDS:
                    raise
            self._sleep(pause)
            waited += pause
        raise AssertionError("at least one attempt is made")

    def _pause(self, attempt: int, problem: errors.WordPressError) -> float:
        # Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
        jitter = self._rng() * min(_BACKOFF_MAX_SECONDS, 2.0 ** (attempt - 1))
        asked = problem.retry_after if isinstance(problem, errors.SiteUnreachable) else None
        if asked is not None and asked > RETRY_AFTER_MAX_SECONDS:
            raise problem
        return max(jitter, asked or 0.0)

    def _attempt(self, address: httpx2.URL, *, anonymous: bool) -> Reply:
        for _ in range(_REDIRECTS + 1):
            reply = self._once(address, anonymous=anonymous)
            target = reply.headers.get("location")
            if reply.status not in (301, 302, 303, 307, 308) or not target:
                if reply.status in _RETRIED:
                    raise _unavailable(reply)
                return reply
            address = _followed(address, target)
        raise errors.BadReply(f"{shown(address)} redirects more than {_REDIRECTS} times; check the site's address.")

    def _once(self, address: httpx2.URL, *, anonymous: bool) -> Reply:
        # Without memory, so that every request sees what a first-time reader sees.
        self._client.cookies.clear()
        auth = None if anonymous or not self._may_authenticate(address) else self._auth
        try:
            with self._client.stream("GET", address, auth=auth) as response:
                return self._read(response)
        except httpx2.TransportError as error:
            raise self._unreachable(address, error) from error

    def _may_authenticate(self, address: httpx2.URL) -> bool:
        return address.scheme == "https" or self._limits.allow_private

    def _read(self, response: httpx2.Response) -> Reply:
        limit = self._limits.max_bytes
        declared = response.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > limit:
            raise _oversized(response.url, limit)
        deadline = time.monotonic() + self._limits.timeout_seconds * _DRIP_FACTOR
        body = bytearray()
        try:
            for piece in _unpacked(response, limit + 1):
                body += piece
                if len(body) > limit:
                    raise _oversized(response.url, limit)
                if time.monotonic() > deadline:
                    raise httpx2.ReadTimeout("the body came in drips")
        except (httpx2.RemoteProtocolError, httpx2.ReadError, zlib.error) as error:
            raise _CutBody(
                f"{shown(response.url)} broke off after {len(body)} bytes; the site or a proxy in front of it "
                "closed the connection."
            ) from error
        return Reply(response.url, response.status_code, response.headers, bytes(body))

    def _unreachable(self, address: httpx2.URL, error: httpx2.TransportError) -> errors.WordPressError:
        if isinstance(error, httpx2.UnsupportedProtocol):
            return errors.AddressRefused(f"{shown(address)} is not an http or https address.")
        if isinstance(error, httpx2.TimeoutException):
            return errors.SiteUnreachable(
                f"{shown(address)} did not answer within {self._limits.timeout_seconds:g} s; "
                "if the site is slow, raise ASKPRESS_WORDPRESS_TIMEOUT_SECONDS."
            )
        reason = str(error) or type(error).__name__
        return errors.SiteUnreachable(
            f"{address.host} could not be reached ({reason}); check the address and that the site is up."
        )


class _CutBody(errors.BadReply):
    """A body that broke off; worth another attempt at once."""


def _unpacked(response: httpx2.Response, limit: int) -> Iterator[bytes]:
    """Yield the body; a packed one is unpacked in pieces no larger than `limit`, so that no bomb fills memory."""
    encoding = response.headers.get("content-encoding", "identity").lower()
    if encoding in ("", "identity"):
        yield from response.iter_raw()
        return
    if encoding not in ("gzip", "x-gzip"):
        raise errors.BadReply(f"{shown(response.url)} packed its reply as {encoding!r}, though only gzip was offered.")
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    for piece in response.iter_raw():
        yield unpacker.decompress(piece, limit)
    if not unpacker.eof and response.num_bytes_downloaded:
        raise zlib.error("the packed body is incomplete")


def _followed(address: httpx2.URL, target: str) -> httpx2.URL:
    """Return where a redirect leads; raises AddressRefused when that is another host or a step down from https."""
    try:
        to = address.join(target)
    except httpx2.InvalidURL as error:
        raise errors.BadReply(f"{shown(address)} redirects to {target[:80]!r}, which is no address.") from error
    redirects = f"{shown(address)} redirects to {shown(to)[:200]}"
    if not same_site(address, to):
        raise errors.AddressRefused(f"{redirects}, another host; if the site is there now, give it that address.")
    if address.scheme == "https" and to.scheme != "https":
        raise errors.AddressRefused(f"{redirects}, from https to http; let the site redirect to https alone.")
    return to


def same_site(one: httpx2.URL, other: httpx2.URL) -> bool:
    """True for the same host and port; `www.` and the step from http to https make no difference."""
    if one.host.removeprefix("www.") != other.host.removeprefix("www."):
        return False
    return _port(one) == _port(other) or {_port(one), _port(other)} == {80, 443}


def _port(url: httpx2.URL) -> int:
    return url.port or {"https": 443}.get(url.scheme, 80)


def _unavailable(reply: Reply) -> errors.SiteUnreachable:
    seconds = _retry_after(reply)
    words = {429: "limits how often it may be asked (429)", 503: "is unavailable or in maintenance (503)"}
    state = words.get(reply.status, f"fails with an error of its own ({reply.status})")
    advice = "the site's error log says why" if reply.status == 500 else "try again later"
    if seconds is not None:
        advice = f"it asks to come back in {seconds:.0f} seconds"
    return errors.SiteUnreachable(f"{shown(reply.url)} {state}; {advice}.", status=reply.status, retry_after=seconds)


def _retry_after(reply: Reply) -> float | None:
    value = reply.headers.get("retry-after", "").strip()
    if value.isdigit():
        return float(value[:9])
    moment = http_date(value) if value else None
    if moment is None:
        return None
    return max(0.0, (moment - (reply.site_time or datetime.now(UTC))).total_seconds())


def _oversized(url: httpx2.URL, limit: int) -> errors.BadReply:
    return errors.BadReply(
        f"{shown(url)} sent more than {limit:,} bytes; if the site really has such posts, "
        "raise ASKPRESS_WORDPRESS_MAX_BYTES."
    )
