"""Reply: one answer of the site, and what to make of it: JSON, a page, or an error that says what to do."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2

from askpress import errors

# JSON after a PHP notice begins at one of the first brackets; notices with more of them are not seen.
_CANDIDATES = 40
_CODE_MAX_CHARS = 100
_START = re.compile(r"[\[{]")
_CHARSET = re.compile(rb"<meta[^>]+charset=[\"']?([\w-]+)", re.I)


@dataclass(frozen=True, slots=True)
class Reply:
    """One complete answer, unpacked."""

    # Where it came from, after redirects.
    url: httpx2.URL
    status: int
    headers: httpx2.Headers
    body: bytes

    @property
    def code(self) -> str:
        """WordPress's own code of an error, such as rest_forbidden; "" when there is none."""
        if self.status < 400:
            return ""
        try:
            value = self._parsed()
        except ValueError:
            return ""
        code = str(value.get("code") or "") if isinstance(value, dict) else ""
        # It goes into messages that are stored: what cannot be does not come in.
        return "".join(char for char in code if char.isascii() and char.isprintable())[:_CODE_MAX_CHARS]

    @property
    def is_html(self) -> bool:
        """True when the reply calls itself HTML."""
        return "html" in self.headers.get("content-type", "").lower()

    @property
    def site_time(self) -> datetime | None:
        """The site's clock, from the Date header."""
        return http_date(self.headers.get("date", ""))

    def json(self) -> Any:
        """Return the JSON of a good reply; raises what `problem` returns for a bad one, and BadReply."""
        if self.status != 200:
            raise self.problem()
        try:
            return self._parsed()
        except ValueError:
            raise self._not_json() from None

    def rows(self) -> list[Any]:
        """Return the JSON of a list; raises as `json` does."""
        value = self.json()
        if not isinstance(value, list):
            raise errors.BadReply(f"{shown(self.url)} sent no list where one was expected.")
        return value

    def object(self) -> dict[str, Any]:
        """Return the JSON of an object; raises as `json` does."""
        value = self.json()
        if not isinstance(value, dict):
            raise errors.BadReply(f"{shown(self.url)} sent no JSON object where one was expected.")
        return value

    def text(self) -> str:
        """Return the body as text, in the charset that the header or the page names."""
        declared = re.search(r"charset=[\"']?([\w-]+)", self.headers.get("content-type", ""), re.I)
        meta = _CHARSET.search(self.body[:2048])
        charset = declared[1] if declared else meta[1].decode() if meta else "utf-8"
        try:
            return self.body.decode(charset, "replace")
        except (LookupError, UnicodeError):
            return self.body.decode("utf-8", "replace")

    def problem(self) -> errors.WordPressError:
        """Return the error for a reply that is not what was asked for."""
        where, code = shown(self.url), self.code
        if self.status in (401, 403):
            return errors.SiteRefused(_refusal(where, self), status=self.status, code=code)
        if self.status == 404:
            return errors.NotWordPress(
                f"{where} is not there (404 {code or 'without a WordPress error code'}): a plugin or the web server "
                "hides this part of the REST API; check the address and the site's security plugins."
            )
        if self.status in (400, 410):
            return errors.BadReply(f"{where} did not accept the request: {self.status} {code or 'without a reason'}.")
        return errors.BadReply(f"{where} answered with status {self.status}, which the REST API does not use.")

    def _parsed(self) -> Any:
        text = self.body.decode("utf-8", "replace").lstrip("\ufeff \r\n\t")
        try:
            return json.loads(text)
        except RecursionError:
            raise ValueError("nested too deeply") from None
        except ValueError:
            return _among_notices(text)

    def _not_json(self) -> errors.BadReply:
        where = shown(self.url)
        if self.is_html or self.body.lstrip()[:1] == b"<":
            return errors.BadReply(
                f"{where} sent an HTML page where JSON was expected; a firewall or a login page may be in front of "
                "the REST API: allow requests to it, or the User-Agent askpress."
            )
        return errors.BadReply(f"{where} sent broken JSON ({len(self.body)} bytes); a plugin may print into the reply.")


def http_date(value: str) -> datetime | None:
    """Return the moment in an HTTP header; None when there is none."""
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def shown(url: httpx2.URL) -> str:
    """Return an address for a message: without parameters, except the route of plain permalinks."""
    route = url.params.get("rest_route")
    bare = str(url.copy_with(query=None, fragment=None, username=None, password=None))
    return f"{bare}?rest_route={route}" if route else bare


def _among_notices(text: str) -> Any:
    """Return the JSON in a body in which PHP printed notices before or after it."""
    decoder = json.JSONDecoder()
    for found in itertools.islice(_START.finditer(text), _CANDIDATES):
        place = found.start()
        try:
            value, end = decoder.raw_decode(text, place)
        except RecursionError:
            break
        except ValueError:
            continue
        rest = text[end:].strip()
        if not rest or (place == 0 and rest.startswith("<")):
            return value
    raise ValueError("no JSON in it")


def _refusal(where: str, reply: Reply) -> str:
    if reply.code == "rest_not_logged_in":
        return (
            f"{where} answers only people who are logged in: set ASKPRESS_WORDPRESS_USER and "
            "ASKPRESS_WORDPRESS_PASSWORD (an application password), or open the REST API to readers."
        )
    if reply.code:
        return f"{where} refused the request: {reply.status} {reply.code}."
    return (
        f"{where} refused the request with {reply.status} and no WordPress error: a firewall may block us; "
        "allow the User-Agent askpress or this machine's address."
    )
