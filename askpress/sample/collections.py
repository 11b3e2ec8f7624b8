"""REST replies beside the posts: the root, types, users, categories and tags."""

from __future__ import annotations

from typing import Any

from askpress.sample import listing, parameters
from askpress.sample.addresses import Addresses
from askpress.sample.exchange import Reply, Request, json_reply, refuse
from askpress.sample.fields import selected
from askpress.sample.items import avatar, texturized
from askpress.sample.parameters import ListQuery
from askpress.sample.site import PostType, SampleSite, Term, User

_ORDERS = ("id", "include", "name", "slug", "term_group", "description", "count")


def root(site: SampleSite, addresses: Addresses) -> Reply:
    """Return the index of the REST API."""
    bases = sorted(f"/{kind.namespace}/{kind.rest_base}" for kind in site.types.values())
    routes = ["/", "/wp/v2", *bases, "/wp/v2/types", "/wp/v2/users", "/wp/v2/categories", "/wp/v2/tags"]
    return json_reply(
        {
            "name": site.name,
            "description": site.description,
            "url": addresses.home,
            "home": addresses.home,
            "gmt_offset": site.gmt_offset,
            "timezone_string": site.timezone_string,
            "namespaces": ["oembed/1.0", "wp/v2"],
            "authentication": [],
            "routes": {route: {"methods": ["GET"], "endpoints": [{"methods": ["GET"]}]} for route in routes},
        }
    )


def answer(request: Request, site: SampleSite, addresses: Addresses, *, name: str, key: str) -> Reply:
    """Return a list (`key` is "") or one of types, users, categories and tags."""
    if name == "types":
        return _types(request, site, addresses, key)
    rows = [_shown(row, name, site, addresses) for row in _rows(site, name)]
    names = parameters.words(request, "_fields")
    if key:
        found = [row for row in rows if str(row["id"]) == key]
        if not found:
            raise _unknown(name)
        return json_reply(selected(found[0], names))
    query = parameters.list_query(request, zone=site.zone, orders=_ORDERS, orderby="name")
    rows = [row for row in rows if not query.include or row["id"] in query.include]
    rows.sort(key=lambda row: row.get(query.orderby, row["id"]), reverse=query.descending)
    shown = [selected(row, names) for row in listing.one_page(rows, query)]
    return json_reply(shown, *paging(request, query, addresses, len(rows)))


def paging(request: Request, query: ListQuery, addresses: Addresses, total: int) -> list[tuple[str, str]]:
    """Return the headers that tell how many rows and pages there are, and where the next page is."""
    last = listing.pages(total, query)
    headers = [("X-WP-Total", str(total)), ("X-WP-TotalPages", str(last)), ("Allow", "GET")]
    for rel, page in (("prev", query.page - 1), ("next", query.page + 1)):
        if 0 < page <= last:
            pairs = [*_pairs(request, but="page"), ("page", str(page))]
            headers.append(("Link", f'<{addresses.rest(request.route, pairs)}>; rel="{rel}"'))
    return headers


def user_json(user: User, addresses: Addresses) -> dict[str, Any]:
    """Return an author as anybody may see them."""
    return {
        "id": user.id,
        "name": user.name,
        "url": "",
        "description": "",
        "link": f"{addresses.home}/author/{user.slug}/",
        "slug": user.slug,
        "avatar_urls": avatar(user.name),
        "meta": [],
        "_links": {"self": [{"href": addresses.rest(f"/wp/v2/users/{user.id}")}]},
    }


def _pairs(request: Request, *, but: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, value in request.query.items():
        if name not in (but, "rest_route"):
            many = enumerate(value) if isinstance(value, list) else ()
            pairs += [(f"{name}[{place}]", each) for place, each in many] or [(name, str(value))]
    return pairs


def _rows(site: SampleSite, name: str) -> list[User] | list[Term]:
    if name == "users":
        writers = {item.author for item in site.items() if item.status == "publish"}
        return [user for user in list(site.users.values()) if user.id in writers]
    return list((site.categories if name == "categories" else site.tags).values())


def _shown(row: User | Term, name: str, site: SampleSite, addresses: Addresses) -> dict[str, Any]:
    if isinstance(row, User):
        return user_json(row, addresses)
    taxonomy = "category" if name == "categories" else "post_tag"
    used = sum(row.id in getattr(item, name) for item in site.items() if item.status == "publish")
    return {
        "id": row.id,
        "count": used,
        "description": "",
        "link": f"{addresses.home}/{taxonomy.removeprefix('post_')}/{row.slug}/",
        "name": texturized(row.name).replace("&#038;", "&amp;"),
        "slug": row.slug,
        "taxonomy": taxonomy,
        "meta": [],
    }


def _types(request: Request, site: SampleSite, addresses: Addresses, key: str) -> Reply:
    shown = {kind.name: _type(kind, addresses) for kind in list(site.types.values())}
    if not key:
        return json_reply(shown)
    if key not in shown:
        raise refuse(404, "rest_type_invalid", "Invalid post type.")
    return json_reply(selected(shown[key], parameters.words(request, "_fields")))


def _type(kind: PostType, addresses: Addresses) -> dict[str, Any]:
    return {
        "description": "",
        "hierarchical": kind.name == "page",
        "has_archive": False,
        "name": kind.label or kind.rest_base.title(),
        "slug": kind.name,
        "taxonomies": ["category", "post_tag"] if kind.name == "post" else [],
        "rest_base": kind.rest_base,
        "rest_namespace": kind.namespace,
        "_links": {
            "collection": [{"href": addresses.rest("/wp/v2/types")}],
            "wp:items": [{"href": addresses.collection(kind)}],
        },
    }


def _unknown(name: str) -> Exception:
    if name == "users":
        return refuse(404, "rest_user_invalid_id", "Invalid user ID.")
    return refuse(404, "rest_term_invalid", "Term does not exist.")
