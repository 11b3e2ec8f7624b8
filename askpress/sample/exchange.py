"""Request and Reply: what goes between the HTTP server, the WordPress look-alike and its faults."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

JSON = "application/json; charset=UTF-8"
HTML = "text/html; charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived, and how it was answered once it was."""

    method: str
    # Path and query as sent.
    target: str
    # Path under the site's own folder, always with a leading slash.
    path: str
    # REST route such as /wp/v2/posts; "" for public pages.
    route: str
    # PHP's view of the query: the last value wins, name[] gathers.
    query: dict[str, str | list[str]]
    headers: dict[str, str]

    def text(self, name: str, default: str = "") -> str:
        """Return a parameter as one text."""
        value = self.query.get(name, default)
        return ",".join(value) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, and how badly it is to be delivered."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = field(default=())
    # Seconds to wait before the first byte.
    delay: float = 0
    # Close the connection after this many bytes of the body; -1 sends all.
    cut_after: int = -1
    # Send the body again and again, without a length.
    endless: bool = False

    def with_headers(self, *pairs: tuple[str, str]) -> Reply:
        """Return this reply with more headers."""
        return replace(self, headers=(*self.headers, *pairs))


def json_reply(value: Any, *headers: tuple[str, str], status: int = 200) -> Reply:
    """Return `value` the way WordPress encodes it: slashes and everything beyond ASCII escaped."""
    return Reply(status, json.dumps(value, separators=(",", ":")).replace("/", "\\/").encode(), JSON, headers)


def error_reply(status: int, code: str, message: str, **data: Any) -> Reply:
    """Return WordPress's JSON for an error."""
    return json_reply({"code": code, "message": message, "data": {"status": status, **data}}, status=status)


class Refusal(Exception):
    """An error reply that ends the work on a request."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def refuse(status: int, code: str, message: str, **data: Any) -> Refusal:
    """Return a Refusal to raise."""
    return Refusal(error_reply(status, code, message, **data))
