"""Reads posts by their ids in hundreds; a reply that fails is halved until the one bad post stands alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from askpress import errors
from askpress.wordpress import listing, post
from askpress.wordpress.transport import Transport

FIELDS = (
    "id,type,status,link,slug,title,content,date_gmt,modified_gmt,author,categories,tags,"
    "featured_media,lang,locale,translations,wpml_current_locale,askpress,yoast_head_json.robots,"
    "yoast_head_json.og_locale"
)
_SIZE = 100


@dataclass(frozen=True, slots=True)
class Rejected:
    """A post that could not be read although the site answers for others."""

    id: int
    error: str


@dataclass(frozen=True, slots=True)
class Batches:
    """Reads posts of one type."""

    kind: str
    # Address of the type's list.
    collection: str
    transport: Transport

    def read(self, ids: Sequence[int]) -> Iterator[post.Post | Rejected]:
        """Yield what the site shows of `ids`, in their order; those it does not show are left out.

        Raises when the site fails altogether and not only for some posts.
        """
        for start in range(0, len(ids), _SIZE):
            wanted = ids[start : start + _SIZE]
            found = self._some(wanted)
            yield from (found[number] for number in wanted if number in found)

    def _some(self, ids: Sequence[int]) -> dict[int, post.Post | Rejected]:
        try:
            return self._asked(ids)
        except errors.WordPressError as error:
            if _concerns_the_site(error):
                raise
            self._prove_the_site_answers()
            return self._halved(ids, error)

    def _halved(self, ids: Sequence[int], error: errors.WordPressError) -> dict[int, post.Post | Rejected]:
        if len(ids) == 1:
            return {ids[0]: Rejected(ids[0], str(error))}
        middle = len(ids) // 2
        return self._some(ids[:middle]) | self._some(ids[middle:])

    def _asked(self, ids: Sequence[int]) -> dict[int, post.Post | Rejected]:
        include = {"include": ",".join(map(str, ids))}
        # Few: what fails for one post fails again, and after a half there are smaller replies to come.
        attempts = 2 if len(ids) in (1, _SIZE) else 1
        query = listing.parameters(self.kind, FIELDS) | include
        reply = self.transport.get(self.collection, query, attempts=attempts)
        asked, found = set(ids), dict[int, post.Post | Rejected]()
        for row in reply.rows():
            read = post.from_json(row)
            # Some plugin may ignore `include`; what was not asked for is not taken.
            if read.id in asked:
                found[read.id] = read
        return found

    def _prove_the_site_answers(self) -> None:
        self.transport.get(self.collection, {"per_page": "1", "_fields": "id"} | listing.uncached()).rows()


def _concerns_the_site(error: errors.WordPressError) -> bool:
    if isinstance(error, errors.SiteUnreachable):
        return error.status == 429 or error.retry_after is not None
    return isinstance(error, errors.AddressRefused | errors.NotWordPress)
