"""One item as WordPress's REST API shows it."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import Any

from askpress.sample.addresses import Addresses
from askpress.sample.site import Item, SampleSite

_ENTITY = re.compile(r"&(?!#\d+;|#x[0-9a-f]+;|[a-z]+\d*;)", re.I)
_TEXTURE = (
    (re.compile(r"(?<=\w)'"), "&#8217;"),
    (re.compile(r'(^|(?<=[\s(\[]))"'), "&#8220;"),
    (re.compile(r'"'), "&#8221;"),
    (re.compile(r" -- "), " &#8212; "),
    (re.compile(r" - "), " &#8211; "),
)


def item_json(
    item: Item, site: SampleSite, addresses: Addresses, *, unlocked: bool = False, edit: bool = False
) -> dict[str, Any]:
    """Return the whole JSON of one item; `unlocked` shows what a password hides, `edit` adds raw values."""
    hidden = bool(item.password) and not unlocked
    shown: dict[str, Any] = {
        "id": item.id,
        "date": bare(item.date.astimezone(site.zone)),
        "date_gmt": bare(item.date),
        "guid": {"rendered": addresses.plain_link(item)},
        "modified": bare(item.modified.astimezone(site.zone)),
        "modified_gmt": bare(item.modified),
        "slug": item.slug,
        "status": item.status,
        "type": item.type,
        "link": addresses.link(item),
        "title": {"rendered": texturized(item.title)},
        "content": {"rendered": "" if hidden else item.html, "protected": bool(item.password)},
        "excerpt": {
            "rendered": "" if hidden else f"<p>{item.excerpt}</p>\n",
            "protected": bool(item.password),
        },
        "author": item.author,
        "featured_media": 0,
        "template": "",
        "meta": [],
        "class_list": [f"post-{item.id}", item.type, f"type-{item.type}", f"status-{item.status}"],
    }
    shown |= _of_type(item)
    if item.lang:
        shown["lang"] = item.lang
    if edit:
        _add_raw(shown, item)
    shown |= item.extra
    shown["_links"] = {
        "self": [{"href": addresses.item(item)}],
        "collection": [{"href": addresses.collection(item)}],
    }
    return shown


def bare(moment: datetime) -> str:
    """Return a date as WordPress writes it: without a zone."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def texturized(title: str) -> str:
    """Return a title with WordPress's entities and typographic quotes; its tags stay."""
    text = _ENTITY.sub("&#038;", title)
    pieces = re.split(r"(<[^<>]*>)", text)
    return "".join(piece if piece.startswith("<") else _curled(piece) for piece in pieces)


def _curled(text: str) -> str:
    for pattern, entity in _TEXTURE:
        text = pattern.sub(entity, text)
    return text


def _of_type(item: Item) -> dict[str, Any]:
    if item.type == "page":
        return {"parent": 0, "menu_order": 0, "comment_status": "closed", "ping_status": "closed"}
    return {
        "comment_status": "open", "ping_status": "open", "sticky": False, "format": "standard",
        "categories": list(item.categories), "tags": list(item.tags),
    }  # fmt: skip


def _add_raw(shown: dict[str, Any], item: Item) -> None:
    shown["password"] = item.password
    shown["content"] |= {"raw": f"<!-- wp:html -->\n{item.html}\n<!-- /wp:html -->", "block_version": 1}
    shown["title"] |= {"raw": item.title}
    shown["excerpt"] |= {"raw": item.excerpt}


def avatar(name: str) -> dict[str, str]:
    """Return the addresses of a made-up picture in WordPress's three sizes."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    return {str(size): f"https://secure.gravatar.com/avatar/{digest}?s={size}&d=mm&r=g" for size in (24, 48, 96)}
