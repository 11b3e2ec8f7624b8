"""WordPress: one site read over its REST API. What a post becomes is left to the trips, retries to Transport."""

from __future__ import annotations

import dataclasses
import itertools
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx2

from askpress import errors
from askpress.wordpress import discovery, images, labels, listing, post
from askpress.wordpress.batches import FIELDS, Batches, Rejected
from askpress.wordpress.discovery import SiteRoot
from askpress.wordpress.guard import Resolver
from askpress.wordpress.labels import Term
from askpress.wordpress.listing import Entry, Listing
from askpress.wordpress.post import Post
from askpress.wordpress.replies import Reply, shown
from askpress.wordpress.transport import Limits, Transport, same_site

__all__ = ["Entry", "Gone", "Listing", "Rejected", "SiteRoot", "Term", "WordPress"]

# What says "log in first" or "this API is closed", and so nothing about one post.
_CLOSED = frozenset(
    {"rest_not_logged_in", "rest_login_required", "rest_cannot_access", "rest_disabled", "rest_cookie_invalid_nonce"}
)


@dataclass(frozen=True, slots=True)
class Gone:
    """A post that no anonymous reader can see any more."""

    # What the site said, such as "404 rest_post_invalid_id".
    evidence: str


# Posts whose images are read together.
_AT_ONCE = 100


class WordPress:
    """One site; every method raises errors.WordPressError's children with a sentence that says what to do."""

    def __init__(
        self,
        base_url: str,
        *,
        user: str = "",
        password: str = "",
        timeout_seconds: float = 30,
        max_bytes: int = 50_000_000,
        allow_private: bool = False,
        sleep: Callable[[float], None] = time.sleep,
        rng: Callable[[], float] = random.random,
        resolve: Resolver | None = None,
    ) -> None:
        self._base = discovery.normalised(base_url)
        self._user = user
        self._transport = Transport(
            self._base,
            Limits(timeout_seconds, max_bytes, allow_private),
            auth=(user, password) if user else None,
            sleep=sleep,
            rng=rng,
            resolve=resolve,
        )
        self._root: SiteRoot | None = None
        self._types: dict[str, str] | None = None
        self._credentials_proven = False

    def __enter__(self) -> WordPress:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def discover(self) -> SiteRoot:
        """Find the REST API, once, and return what the site says of itself."""
        if self._root is None:
            self._root = discovery.discover(self._base, self._transport)
        return self._root

    def prove_credentials(self) -> None:
        """Do nothing without credentials; raise SiteRefused when the site does not accept them.

        WordPress takes a wrong password silently for a stranger's request, so that private posts look deleted.
        """
        if not self._user or self._credentials_proven:
            return
        reply = self._get("/wp/v2/users/me", {"context": "edit", "_fields": "id,slug"})
        if reply.status in (401, 403):
            raise errors.SiteRefused(
                f"{self._base} does not accept the application password of {self._user!r} ({reply.status} "
                f"{reply.code}): make one under Users > Profile > Application Passwords, use https, and let the "
                "web server pass the Authorization header on.",
                status=reply.status,
                code=reply.code,
            )
        reply.object()
        self._credentials_proven = True

    def types(self) -> dict[str, str]:
        """Return the address of the list of each post type that the REST API shows, by the type's name."""
        if self._types is None:
            self._types = self._read_types()
        return self._types

    def listing(self, kind: str) -> Listing:
        """Return the complete listing of a type; raises ListingIncomplete when it does not add up."""
        return listing.complete(kind, self._collection(kind), self._transport)

    def changed_since(self, kind: str, moment: datetime) -> Listing:
        """Return what of a type was modified after `moment` (aware), by the site's clock; raises as `listing` does.

        Blind to deletions, scheduled posts, back-dated imports and renamed terms: those move no date.
        """
        return listing.complete(kind, self._collection(kind), self._transport, since=moment)

    def total(self, kind: str) -> int | None:
        """Return how many posts of a type the site lists; None when it does not say."""
        return listing.total(kind, self._collection(kind), self._transport)

    def lists(self, kind: str) -> bool:
        """True when the type's list answers as a list: then a refusal of one post is about that post."""
        try:
            self._transport.get(self._collection(kind), {"per_page": "1", "_fields": "id"} | listing.uncached()).rows()
            return True
        except errors.WordPressError:
            return False

    def posts(self, kind: str, ids: Sequence[int]) -> Iterator[post.Post | Rejected]:
        """Yield posts in the order of `ids`; those the site no longer lists are left out."""
        found = Batches(kind, self._collection(kind), self._transport).read(ids)
        for _ in range(0, len(ids), _AT_ONCE):
            yield from self._illustrated(list(itertools.islice(found, _AT_ONCE)))

    def post(self, kind: str, post_id: int, *, listing_was_public: bool = False) -> post.Post | Gone:
        """Return one post in whatever state, or Gone with the evidence; raises when the answer proves neither.

        A refusal counts as Gone only when the list answered anonymously in the same run (`listing_was_public`)
        or the credentials are proven.
        """
        query = {"_fields": FIELDS} | listing.uncached()
        reply = self._transport.get(f"{self._collection(kind)}/{int(post_id)}", query)
        if self._proves_gone(reply, listing_was_public=listing_was_public):
            return Gone(f"{reply.status} {reply.code}")
        found = post.from_json(reply.object())
        if found.id != post_id:
            raise errors.BadReply(f"{shown(reply.url)} sent post {found.id} instead of {post_id}.")
        (illustrated,) = self._illustrated([found])
        assert isinstance(illustrated, Post)
        return illustrated

    def glance(self, kind: str, ids: Sequence[int]) -> dict[int, datetime | None]:
        """Return when each of at most a hundred posts was modified, of those the site lists, by one request.

        It is not tried again.
        """
        query = listing.parameters(kind, "id,modified_gmt,status") | {
            "include": ",".join(str(int(number)) for number in ids)
        }
        rows = self._transport.get(self._collection(kind), query, attempts=1).rows()
        found = [post.from_json(row) for row in rows]
        return {read.id: read.modified_at for read in found if read.status in ("publish", "inherit")}

    def terms(self, only: Mapping[str, Sequence[int]] | None = None) -> list[Term]:
        """Return all categories, tags and authors, or those with the ids in `only`, by taxonomy.

        None of a kind that the site keeps to itself, as many do authors.
        """
        return list(labels.read(self.discover(), self._transport, only))

    def _illustrated(self, found: Sequence[Post | Rejected]) -> list[Post | Rejected]:
        """Return the posts with what the site tells of their featured images."""
        numbers = {one.image for one in found if isinstance(one, Post) and one.image}
        if not numbers:
            return list(found)
        known = images.read(numbers, self.discover().route("/wp/v2/media"), self._transport)
        return [_with_image(one, known) if isinstance(one, Post) else one for one in found]

    def public_page(self, link: str) -> str:
        """Return the HTML of a post's public page, read as a stranger."""
        root = self.discover()
        try:
            address = httpx2.URL(link)
        except httpx2.InvalidURL as error:
            raise errors.AddressRefused(f"the link {link[:200]!r} is not an address.") from error
        if not any(same_site(address, httpx2.URL(own)) for own in (root.api_root, root.home)):
            raise errors.AddressRefused(f"{shown(address)} is not a page of {root.home}.")
        reply = self._transport.get(address, anonymous=True)
        if reply.status != 200 or not reply.is_html:
            kind = reply.headers.get("content-type", "no type")
            raise errors.BadReply(f"{shown(address)} is not a readable page: {reply.status}, {kind}.")
        return reply.text()

    def _get(self, route: str, query: dict[str, str] | None = None) -> Reply:
        return self._transport.get(self.discover().route(route), query)

    def _collection(self, kind: str) -> str:
        known = self.types()
        if kind not in known:
            raise errors.NotWordPress(
                f"the REST API of {self._base} has no type {kind!r}, but {', '.join(known)}; "
                "correct ASKPRESS_POST_TYPES, or let the type's plugin show it in REST."
            )
        return known[kind]

    def _read_types(self) -> dict[str, str]:
        reply = self._get("/wp/v2/types")
        if reply.status in (403, 404) or reply.code == "rest_forbidden":
            # Some plugins hide the list of types; these two are always where they are.
            return {kind: self.discover().route(f"/wp/v2/{kind}s") for kind in ("post", "page")}
        found = {str(name): self._address(row) for name, row in reply.object().items() if isinstance(row, dict)}
        return {name: address for name, address in found.items() if address}

    def _address(self, row: dict[str, Any]) -> str:
        """Return the address of a type's list by our own root: hosts in `_links` may be valid elsewhere only."""
        base = str(row.get("rest_base") or row.get("slug") or "")
        if not base or "(" in base:
            return ""
        return self.discover().route(f"/{row.get('rest_namespace') or 'wp/v2'}/{base}")

    def _proves_gone(self, reply: Reply, *, listing_was_public: bool) -> bool:
        code = reply.code
        if not code or code in _CLOSED:
            return False
        if reply.status == 410 or (reply.status == 404 and code == "rest_post_invalid_id"):
            return True
        refused = reply.status == 403 or (reply.status == 401 and code == "rest_forbidden")
        return refused and (listing_was_public or self._credentials_proven)


def _with_image(one: post.Post, known: Mapping[int, images.Image]) -> post.Post:
    image = known.get(one.image)
    return dataclasses.replace(one, image_url=image.url, image_alt=image.alt) if image else one
