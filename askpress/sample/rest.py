"""The REST routes: finds the reply for a request to /wp-json/."""

from __future__ import annotations

import base64
import re
from typing import Any

from askpress.sample import collections, listing, parameters
from askpress.sample.addresses import Addresses
from askpress.sample.exchange import Refusal, Reply, Request, json_reply, refuse
from askpress.sample.fields import selected
from askpress.sample.items import item_json
from askpress.sample.site import Item, PostType, SampleSite, User


def answer(request: Request, site: SampleSite, addresses: Addresses) -> Reply:
    """Return WordPress's reply to a REST request."""
    try:
        reply = _routed(request, site, addresses)
    except Refusal as refusal:
        reply = refusal.reply
    return reply.with_headers(
        ("X-Robots-Tag", "noindex"),
        ("Link", f'<{addresses.rest()}>; rel="https://api.w.org/"'),
        ("X-Content-Type-Options", "nosniff"),
        ("Access-Control-Expose-Headers", "X-WP-Total, X-WP-TotalPages, Link"),
    )


def user_of(request: Request, site: SampleSite) -> User | None:
    """Return whose application password came along; a wrong one makes a stranger, silently."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        slug, _, password = base64.b64decode(encoded).decode().partition(":")
    except ValueError:
        return None
    for user in site.users.values():
        expected = user.application_password.replace(" ", "")
        if expected and user.slug == slug and expected == password.replace(" ", ""):
            return user
    return None


def _routed(request: Request, site: SampleSite, addresses: Addresses) -> Reply:
    if request.method not in ("GET", "HEAD"):
        raise _no_route()
    route = request.route.rstrip("/")
    if not route:
        return collections.root(site, addresses)
    if found := re.fullmatch(r"/wp/v2/(types|users|categories|tags)(?:/(\w[\w-]*))?", route):
        name, key = found[1], found[2] or ""
        if name == "users" and key == "me":
            return _me(request, site, addresses)
        return collections.answer(request, site, addresses, name=name, key=key)
    for kind in list(site.types.values()):
        if found := re.fullmatch(rf"/{kind.namespace}/{re.escape(kind.rest_base)}(?:/(\d+))?", route):
            return (
                _single(request, site, addresses, kind, int(found[1]))
                if found[1]
                else _list(request, site, addresses, kind)
            )
    raise _no_route()


def _list(request: Request, site: SampleSite, addresses: Addresses, kind: PostType) -> Reply:
    query = parameters.list_query(request, zone=site.zone)
    edit = _edit(request, site)
    if query.statuses != ("publish",) and not user_of(request, site):
        raise parameters.invalid("status", "Status is forbidden.", "rest_forbidden_status")
    rows = listing.chosen(site.items(), kind.name, query, request)
    names = parameters.words(request, "_fields")
    unlocked = bool(edit)
    shown = [
        selected(item_json(item, site, addresses, unlocked=unlocked, edit=edit), names)
        for item in listing.one_page(rows, query)
    ]
    total = 0 if query.offset and not shown else len(rows)
    return json_reply(shown, *collections.paging(request, query, addresses, total))


def _single(request: Request, site: SampleSite, addresses: Addresses, kind: PostType, number: int) -> Reply:
    item = site.item(number)
    if item is None or item.type != kind.name:
        raise refuse(404, "rest_post_invalid_id", "Invalid post ID.")
    edit = _edit(request, site)
    user = user_of(request, site)
    if item.status != "publish" and not user:
        raise refuse(401, "rest_forbidden", "Sorry, you are not allowed to do that.")
    shown = item_json(item, site, addresses, unlocked=edit or _unlocked(request, item), edit=edit)
    return json_reply(selected(shown, parameters.words(request, "_fields")), ("Allow", "GET"))


def _unlocked(request: Request, item: Item) -> bool:
    if "password" not in request.query or not item.password:
        return False
    if request.text("password") != item.password:
        raise refuse(403, "rest_post_incorrect_password", "Incorrect post password.")
    return True


def _edit(request: Request, site: SampleSite) -> bool:
    edit = parameters.choice(request, "context", "view", ("view", "embed", "edit")) == "edit"
    if edit and not user_of(request, site):
        message = "Sorry, you are not allowed to edit posts in this post type."
        raise refuse(401, "rest_forbidden_context", message)
    return edit


def _me(request: Request, site: SampleSite, addresses: Addresses) -> Reply:
    user = user_of(request, site)
    if user is None:
        raise refuse(401, "rest_not_logged_in", "You are not currently logged in.")
    shown: dict[str, Any] = collections.user_json(user, addresses)
    if request.text("context") == "edit":
        shown |= {"username": user.slug, "roles": ["administrator"], "capabilities": {"edit_posts": True}}
    return json_reply(selected(shown, parameters.words(request, "_fields")))


def _no_route() -> Refusal:
    return refuse(404, "rest_no_route", "No route was found matching the URL and request method.")
