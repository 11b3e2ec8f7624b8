"""Faults: what a WordPress, its host or a firewall in front of it do wrong, switched on by tests.

A fault turns the good reply into a bad one. `Faults` decides which requests it meets.
"""

from __future__ import annotations

import gzip
import json
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from askpress.sample.exchange import HTML, Reply, Request, error_reply, json_reply

Fault = Callable[[Request, Reply], Reply]

_WAF_PAGE = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking.</body></html>"
_FATAL_PAGE = b"<!DOCTYPE html><html><body><p>There has been a critical error on this website.</p></body></html>"
_MAINTENANCE = b"<!DOCTYPE html><html><body>Briefly unavailable for scheduled maintenance.</body></html>"
_NOTICE = b"<br />\n<b>Warning</b>:  Undefined array key [0] in <b>/srv/plugin.php</b> on line <b>7</b><br />\n"


@dataclass
class _Switched:
    fault: Fault
    path: str
    # How many requests it still meets; None: all.
    left: int | None
    # How many matching requests it lets pass first.
    skip: int


@dataclass
class Faults:
    """The faults that are switched on, in the order in which they apply."""

    _on: list[_Switched] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault: Fault, *, path: str = "", times: int | None = None, skip: int = 0) -> None:
        """Switch a fault on for `times` requests with `path` in their target, after `skip` good ones."""
        with self._lock:
            self._on.append(_Switched(fault, path, times, skip))

    def clear(self) -> None:
        """Switch everything off."""
        with self._lock:
            self._on.clear()

    def applied(self, request: Request, reply: Reply) -> Reply:
        """Return the reply that goes out."""
        for fault in self._meeting(request):
            reply = fault(request, reply)
        return reply

    def _meeting(self, request: Request) -> list[Fault]:
        with self._lock:
            return [on.fault for on in self._on if on.path in request.target and _due(on)]


def _due(on: _Switched) -> bool:
    if on.skip:
        on.skip -= 1
        return False
    if on.left is None:
        return True
    on.left -= 1
    return on.left >= 0


def html_page(request: Request, reply: Reply) -> Reply:
    """A firewall's or a login page instead of JSON, with status 200."""
    return Reply(200, _WAF_PAGE, HTML)


def php_notice(request: Request, reply: Reply) -> Reply:
    """A plugin prints a warning in front of the JSON; the type still says JSON."""
    return replace(reply, body=_NOTICE + reply.body)


def no_json(request: Request, reply: Reply) -> Reply:
    """The JSON ends in the middle, though its length is right."""
    return replace(reply, body=reply.body[: len(reply.body) // 2])


def fatal_error(request: Request, reply: Reply) -> Reply:
    """PHP died: 500 and a page."""
    return Reply(500, _FATAL_PAGE, HTML)


def unavailable(retry_after: str = "600") -> Fault:
    """Maintenance mode: 503, a page, `Retry-After`."""
    return lambda request, reply: Reply(503, _MAINTENANCE, HTML, (("Retry-After", retry_after),) * bool(retry_after))


def too_many(retry_after: str = "2") -> Fault:
    """A rate limit: 429 with `Retry-After`."""
    return lambda request, reply: Reply(
        429, b"Too many requests", "text/plain", (("Retry-After", retry_after),) * bool(retry_after)
    )


def status(code: int) -> Fault:
    """Any status with a short page."""
    return lambda request, reply: Reply(code, b"<html><body>No.</body></html>", HTML)


def cut_body(request: Request, reply: Reply) -> Reply:
    """The connection breaks in the middle of the body."""
    return replace(reply, cut_after=len(reply.body) // 2)


def dropped(request: Request, reply: Reply) -> Reply:
    """The connection closes without any answer."""
    return replace(reply, status=0)


def endless(request: Request, reply: Reply) -> Reply:
    """The body never ends."""
    return replace(reply, endless=True)


def huge(size: int) -> Fault:
    """A body of `size` bytes that says so."""
    return lambda request, reply: replace(reply, body=b"[" + b" " * (size - 2) + b"]")


def gzip_bomb(size: int) -> Fault:
    """A small body that unpacks to `size` bytes."""
    packed = gzip.compress(b"[" + b" " * (size - 2) + b"]")
    return lambda request, reply: replace(reply, body=packed).with_headers(("Content-Encoding", "gzip"))


def slow(seconds: float) -> Fault:
    """The answer starts late."""
    return lambda request, reply: replace(reply, delay=seconds)


def redirect(url: str, code: int = 302) -> Fault:
    """The request is sent elsewhere; `{target}` in `url` is the path and query asked for."""
    return lambda request, reply: Reply(code, b"", HTML, (("Location", url.replace("{target}", request.target)),))


def no_route(request: Request, reply: Reply) -> Reply:
    """A plugin removed the endpoint."""
    return error_reply(404, "rest_no_route", "No route was found matching the URL and request method.")


def not_logged_in(request: Request, reply: Reply) -> Reply:
    """A plugin closed the REST API to strangers."""
    if request.headers.get("authorization"):
        return reply
    return error_reply(401, "rest_not_logged_in", "You are not currently logged in.")


def forbidden(request: Request, reply: Reply) -> Reply:
    """A firewall refuses: 403 and a page."""
    return Reply(403, b"<html><body>Forbidden</body></html>", HTML)


def empty_list(request: Request, reply: Reply) -> Reply:
    """The list has suddenly nothing in it."""
    return json_reply([], ("X-WP-Total", "0"), ("X-WP-TotalPages", "0"))


def total(number: int | None) -> Fault:
    """The total does not fit the rows; None: the header is missing."""

    def changed(request: Request, reply: Reply) -> Reply:
        kept = tuple(pair for pair in reply.headers if pair[0] != "X-WP-Total")
        return replace(reply, headers=kept if number is None else (*kept, ("X-WP-Total", str(number))))

    return changed


def shuffled(seed: int = 0) -> Fault:
    """Each page is any rows of the site, as MySQL gives for `orderby=modified` with equal values."""
    chance = random.Random(seed)

    def changed(request: Request, reply: Reply) -> Reply:
        rows = json.loads(reply.body)
        doubled = [chance.choice(rows) for _ in rows] if request.text("orderby") == "modified" else rows
        return replace(json_reply(doubled), headers=reply.headers)

    return changed


def on_rest(fault: Fault) -> Fault:
    """The fault meets the REST API only, in both forms of its addresses."""
    return lambda request, reply: fault(request, reply) if request.route else reply


def then(action: Callable[[], Any]) -> Fault:
    """Something happens on the site right after the request was answered: a shrinking list, an edit."""

    def acted(request: Request, reply: Reply) -> Reply:
        action()
        return reply

    return acted


def page_cache() -> Fault:
    """A cache in front of the site that keeps the first reply of every address for ever, whatever it was."""
    kept: dict[str, Reply] = {}
    return lambda request, reply: kept.setdefault(request.target, reply)


def poisoned(*ids: int, fault: Fault = fatal_error) -> Fault:
    """Posts that break every reply that shows their content."""
    marks = [f'"id":{number},'.encode() for number in ids]

    def broken(request: Request, reply: Reply) -> Reply:
        hit = b'"content":' in reply.body and any(mark in reply.body for mark in marks)
        return fault(request, reply) if hit else reply

    return broken
