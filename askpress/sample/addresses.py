"""Where a site's public pages and REST routes live, whatever its permalinks and folder."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from askpress.sample.site import Item, PostType, SampleSite


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of one served site."""

    site: SampleSite
    # Scheme, host and port, with the folder of the installation; no slash at the end.
    home: str
    # "pretty", or "plain" for a web server without rewrites.
    permalinks: str = "pretty"
    # What pretty REST addresses begin with.
    rest_prefix: str = "wp-json"

    def rest(self, route: str = "/", query: list[tuple[str, str]] | None = None) -> str:
        """Return the address of a REST route, with parameters if there are any."""
        if self.permalinks == "plain":
            rest = f"{self.home}/index.php?rest_route={quote(route, safe='' if query else '/')}"
            return rest + (f"&{urlencode(query)}" if query else "")
        return f"{self.home}/{self.rest_prefix}{route}" + (f"?{urlencode(query)}" if query else "")

    def collection(self, item: Item | PostType) -> str:
        """Return the address of the list that an item or a type belongs to."""
        kind = item if isinstance(item, PostType) else self.site.types[item.type]
        return self.rest(f"/{kind.namespace}/{kind.rest_base}")

    def item(self, item: Item) -> str:
        """Return the REST address of one item."""
        kind = self.site.types[item.type]
        return self.rest(f"/{kind.namespace}/{kind.rest_base}/{item.id}")

    def path(self, item: Item) -> str:
        """Return the path of an item's public page, beneath the installation's folder."""
        return item.path if item.path.startswith("/") else f"/{item.slug}/"

    def link(self, item: Item) -> str:
        """Return the address of an item's public page; unpublished ones have only the plain form."""
        if self.permalinks == "plain" or item.status not in ("publish", "private"):
            return self.plain_link(item)
        return self.home + quote(self.path(item), safe="/%~")

    def plain_link(self, item: Item) -> str:
        """Return the address that works without rewrites."""
        name = {"post": "p", "page": "page_id"}.get(item.type)
        return f"{self.home}/?{name}={item.id}" if name else f"{self.home}/?post_type={item.type}&p={item.id}"
