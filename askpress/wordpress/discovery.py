"""Finds a site's REST API from whatever address its owner pasted, and reads what the site says of itself."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2

from askpress import errors
from askpress.wordpress import post
from askpress.wordpress.replies import Reply, shown
from askpress.wordpress.transport import Transport, same_site

_REL = "https://api.w.org/"
_LINK = re.compile(r"<link\b[^>]*\brel=[\"']https://api\.w\.org/[\"'][^>]*>", re.I)
_HREF = re.compile(r"\bhref=[\"']([^\"']+)", re.I)
_LANG = re.compile(r"<html\b[^>]*\blang=[\"']?([A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*)", re.I)
# Files of WordPress name its folder: /blog/wp-content/themes/...
_FILES = re.compile(r"[\"'(](?:https?://[^/\"']+)?(/[\w./-]*?)/?wp-(?:content|includes)/", re.I)
# What lies behind a pasted address but is no part of the site's own.
_INSIDE = re.compile(r"/(wp-admin|wp-login\.php|wp-json|wp-content|wp-includes|xmlrpc\.php|index\.php|feed)(/|$).*")
_LOCAL_NAME = re.compile(r"(localhost|[\w-]+\.(local|localhost|test)|127(\.\d+){3}|\[::1\])(:\d+)?(/|$)", re.I)
_HOST = re.compile(r"[\w.:-]+")
# Where WordPress often lives when the front page is something else.
_USUAL_FOLDERS = ("/blog", "/wp", "/wordpress")
_FOLDERS_UP = 4


@dataclass(frozen=True, slots=True)
class SiteRoot:
    """A site as it introduces itself."""

    # Address of the REST API, ending in / or in rest_route=/.
    api_root: str
    # The address that was asked for, tidied.
    url: str
    # The site's own idea of its address; it begins the links of its posts.
    home: str
    name: str
    # Of the front page, such as "de-DE"; "" when it does not say.
    language: str

    def route(self, path: str) -> str:
        """Return the address of a REST route such as /wp/v2/posts."""
        return self.api_root + path.removeprefix("/")


def normalised(address: str) -> str:
    """Return an address with a scheme, without what lies behind it; raises UsageError for what is none."""
    text = address.strip()
    if "://" not in text:
        text = ("http://" if _LOCAL_NAME.match(text) else "https://") + text
    try:
        url = httpx2.URL(text)
    except httpx2.InvalidURL:
        url = httpx2.URL("")
    if url.scheme not in ("http", "https") or not _HOST.fullmatch(url.host):
        raise errors.UsageError(f"{address!r} is not a site's address: write it like https://example.org")
    if url.userinfo:
        raise errors.UsageError(
            "the site's address holds a name and password; put them into ASKPRESS_WORDPRESS_USER and "
            "ASKPRESS_WORDPRESS_PASSWORD, and leave them out of the address."
        )
    path = _INSIDE.sub("", url.path).rstrip("/")
    return str(url.copy_with(path=path or "/", query=None, fragment=None)).rstrip("/")


def is_same(one: str, other: str) -> bool:
    """True for two normalised addresses of one site, which differ in https or `www.` at most."""
    first, second = httpx2.URL(one), httpx2.URL(other)
    return same_site(first, second) and first.path == second.path


def discover(address: str, transport: Transport) -> SiteRoot:
    """Return the site behind `address`; raises NotWordPress, or what kept the REST API from answering."""
    base = normalised(address)
    front = _front_page(base, transport)
    here = front.url.copy_with(query=None, fragment=None) if front else httpx2.URL(base)
    announced = _announced(here, front)
    likely = [*announced, *_roots(here, [*_folders_up(here.path), *_folders_named(front)])]
    # A refusal ends the search: what a usual folder holds would be another site.
    for candidates in (likely, _roots(here, _USUAL_FOLDERS)):
        found = _first(dict.fromkeys(candidates), announced, transport)
        if found:
            candidate, facts = found
            return _root(base, candidate, facts, front)
    raise errors.NotWordPress(
        f"{base} shows no WordPress REST API: neither a Link header, /wp-json/ nor ?rest_route=/ leads to one; "
        "if WordPress lives in a folder, give its address (https://example.org/blog), and check that no plugin "
        "switches the REST API off and no firewall answers in its place."
    )


def _first(
    candidates: Iterable[str], announced: Sequence[str], transport: Transport
) -> tuple[str, dict[str, Any]] | None:
    """Return the first candidate that is a root, and what it says; raises what kept one from answering."""
    refused: errors.WordPressError | None = None
    for candidate in candidates:
        try:
            return candidate, _facts(transport.get(candidate), announced=candidate in announced)
        except (errors.SiteRefused, errors.BadReply) as error:
            refused = refused or error
        except (errors.NotWordPress, errors.AddressRefused):
            continue
    if refused:
        raise refused
    return None


def _front_page(base: str, transport: Transport) -> Reply | None:
    """Return the page at the address; None when the theme fails or floods, which the REST API may survive."""
    try:
        return transport.get(base + "/", attempts=2, anonymous=True)
    except errors.BadReply:
        return None
    except errors.SiteUnreachable as error:
        if error.status != 500:
            raise
        return None


def _announced(here: httpx2.URL, front: Reply | None) -> list[str]:
    """Return the roots that the front page names, by the host and scheme that we can use.

    Behind a proxy or in a container WordPress often names those that only others can use.
    """
    if front is None:
        return []
    roots = [here.join(link) for link in _links(front)]
    return [str(_slashed(root).copy_with(scheme=here.scheme, host=here.host, port=here.port)) for root in roots]


def _slashed(root: httpx2.URL) -> httpx2.URL:
    return root if root.query or root.path.endswith("/") else root.copy_with(path=root.path + "/")


def _roots(here: httpx2.URL, folders: Iterable[str]) -> Iterator[str]:
    for folder in folders:
        yield str(here.copy_with(path=f"{folder}/wp-json/"))
        yield str(here.copy_with(path=f"{folder}/", query=b"rest_route=/"))


def _links(front: Reply) -> list[str]:
    found = []
    for value in front.headers.get_list("link"):
        found += re.findall(rf"<([^<>]+)>\s*;[^<]*rel=\"?{re.escape(_REL)}\"?", value)
    if front.is_html:
        found += [html.unescape(href[1]) for tag in _LINK.findall(front.text()) if (href := _HREF.search(tag))]
    return found


def _folders_up(path: str) -> list[str]:
    parts = [part for part in path.split("/") if part]
    folders = ["/" + "/".join(parts[:count]) for count in range(len(parts), 0, -1)]
    return [*folders[: _FOLDERS_UP - 1], ""]


def _folders_named(front: Reply | None) -> list[str]:
    if front is None or not front.is_html:
        return []
    return list(dict.fromkeys(_FILES.findall(front.text())))[:2]


def _facts(reply: Reply, *, announced: bool) -> dict[str, Any]:
    try:
        facts = reply.object()
    except errors.BadReply:
        # A theme that ignores unknown parameters shows its front page: simply not here.
        if announced or not reply.is_html:
            raise
        raise errors.NotWordPress(f"{shown(reply.url)} is not the root of a REST API.") from None
    namespaces = facts.get("namespaces")
    if not isinstance(namespaces, list) or "wp/v2" not in namespaces:
        raise errors.NotWordPress(f"{shown(reply.url)} is a REST API, but not WordPress's: wp/v2 is missing.")
    return facts


def _root(base: str, candidate: str, facts: dict[str, Any], front: Reply | None) -> SiteRoot:
    home = post.link(facts.get("home") or facts.get("url")).rstrip("/") or base
    language = _LANG.search(front.text()) if front and front.is_html else None
    return SiteRoot(
        api_root=_rebased(candidate, home),
        url=base,
        home=home,
        name=post.plain(str(facts.get("name") or "")),
        language=language[1] if language else "",
    )


def _rebased(candidate: str, home: str) -> str:
    """Return the root's own address when `?rest_route=/` was found on the page of a post."""
    try:
        found, own = httpx2.URL(candidate), httpx2.URL(home)
    except httpx2.InvalidURL as error:
        raise errors.BadReply(
            f"{candidate} says that its home is {home[:200]!r}, which is no address: {error}."
        ) from None
    if "rest_route" in found.params and same_site(found, own):
        page = "/index.php" if found.path.endswith("/index.php") else "/"
        return str(found.copy_with(path=own.path.rstrip("/") + page, query=b"rest_route=/"))
    return candidate
