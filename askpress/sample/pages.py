"""The public side of the sample site: a plain HTML page for each published item, and the front page."""

from __future__ import annotations

import re
from html import escape
from urllib.parse import unquote

from askpress.sample.addresses import Addresses
from askpress.sample.exchange import HTML, Reply, Request
from askpress.sample.items import texturized
from askpress.sample.site import Item, SampleSite

_TAG = re.compile(r"<[^<>]*>")
_STYLE = (
    "body{font:1.1rem/1.6 Georgia,serif;max-width:44rem;margin:0 auto;padding:1rem;color:#222}"
    "nav a{margin-right:1rem}table{border-collapse:collapse}td,th{border:1px solid #bbb;padding:.3rem .6rem}"
    "pre{background:#f4f4f0;padding:.8rem;overflow:auto}footer{margin-top:3rem;color:#777}"
)


def answer(request: Request, site: SampleSite, addresses: Addresses) -> Reply:
    """Return the front page, an item's page, or WordPress's 404 page; all name the REST API in a header."""
    if item := _asked(request, site, addresses):
        reply = _page(200, texturized(item.title), _article(item, request), site, addresses, lang=item.lang)
    elif request.path in ("/", "/index.php"):
        reply = _page(200, escape(site.name), _front(site, addresses), site, addresses)
    else:
        reply = _page(404, "Page not found", "<p>There is nothing here.</p>", site, addresses)
    return reply.with_headers(("Link", f'<{addresses.rest()}>; rel="https://api.w.org/"'))


def stranger(status: int) -> Reply:
    """Return a page that is not WordPress's: what a web server says by itself."""
    return Reply(status, f"<html><body><h1>{status}</h1></body></html>".encode(), HTML)


def _asked(request: Request, site: SampleSite, addresses: Addresses) -> Item | None:
    number = request.text("p") or request.text("page_id")
    path = unquote(request.path).rstrip("/")
    for item in site.items():
        if item.status != "publish":
            continue
        if number == str(item.id) or (path and unquote(addresses.path(item)).rstrip("/") == path):
            return item
    return None


def _article(item: Item, request: Request) -> str:
    if item.password:
        return "<p>This content is password-protected.</p><form><input type='password'></form>"
    written = f"<p><time>{item.date:%Y-%m-%d}</time></p>" if item.type == "post" else ""
    return f'<article id="post-{item.id}">{written}<div class="entry-content">{item.html}</div></article>'


def _front(site: SampleSite, addresses: Addresses) -> str:
    posts = [item for item in site.items() if item.type == "post" and item.status == "publish"]
    newest = sorted(posts, key=lambda item: item.date, reverse=True)
    return f"<p>{escape(site.description)}</p><ul>{''.join(_entry(item, addresses) for item in newest)}</ul>"


def _entry(item: Item, addresses: Addresses) -> str:
    return f'<li><a href="{escape(addresses.link(item))}">{texturized(item.title)}</a></li>'


def _page(status: int, title: str, main: str, site: SampleSite, addresses: Addresses, *, lang: str = "") -> Reply:
    links = [item for item in site.items() if item.type == "page" and item.status == "publish"][:8]
    menu = "".join(f'<a href="{escape(addresses.link(item))}">{texturized(item.title)}</a>' for item in links)
    html = (
        f'<!DOCTYPE html>\n<html lang="{escape(lang or "en")}">\n<head><meta charset="UTF-8">'
        f'<meta name="viewport" content="width=device-width">'
        f"<title>{_TAG.sub('', title)} – {escape(site.name)}</title>"
        f'<link rel="https://api.w.org/" href="{escape(addresses.rest())}"><style>{_STYLE}</style></head>\n'
        f'<body><header><p><a href="{addresses.home}/">{escape(site.name)}</a></p>'
        f"<nav>{menu}</nav></header>\n"
        f"<main><h1>{title}</h1>\n{main}\n</main>\n"
        f"<footer>{escape(site.name)}, {escape(site.description)}</footer></body>\n</html>\n"
    )
    return Reply(status, html.encode("utf-8", "replace"), HTML)
