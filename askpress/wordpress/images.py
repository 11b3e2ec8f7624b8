"""Reads featured images by their numbers in hundreds: dearer ways (`_embed`) cost three times a list of posts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from askpress import errors
from askpress.wordpress import post
from askpress.wordpress.transport import Transport

_SIZE = 100


@dataclass(frozen=True, slots=True)
class Image:
    """A picture as the site gives it."""

    url: str
    # What it says to who does not see it.
    alt: str


def read(numbers: Iterable[int], collection: str, transport: Transport) -> dict[int, Image]:
    """Return those of the images that strangers may see; one that cannot be read costs no post its place."""
    wanted = sorted({number for number in numbers if number})
    found: dict[int, Image] = {}
    for start in range(0, len(wanted), _SIZE):
        query = {
            "include": ",".join(map(str, wanted[start : start + _SIZE])),
            "per_page": str(_SIZE),
            "_fields": "id,source_url,alt_text",
        }
        try:
            rows = transport.get(collection, query, attempts=2).rows()
        except errors.WordPressError:
            continue
        found |= {row["id"]: _image(row) for row in rows if isinstance(row, dict) and isinstance(row.get("id"), int)}
    return found


def _image(row: dict[str, Any]) -> Image:
    return Image(post.link(row.get("source_url")), post.plain(str(row.get("alt_text") or "")))
