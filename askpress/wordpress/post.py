"""Post: what we keep of WordPress's JSON for one item, and its checksum. Pure."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeGuard

from askpress import errors
from askpress.text import checksum

_TAG = re.compile(r"<[^<>]*>")
# PostgreSQL text takes neither U+0000 nor lone surrogates; WordPress can send both.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# A terminal would obey them, and no title needs one.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Post:
    """One WordPress item of any type, as an anonymous reader may see it."""

    id: int
    type: str
    # "publish" when the API does not say: anonymous lists hold nothing else.
    status: str
    # True when a password hides the content.
    protected: bool
    link: str
    slug: str
    # Plain text: entities decoded, tags gone.
    title: str
    # content.rendered as it came, unstorable characters removed.
    html: str
    published_at: datetime | None
    modified_at: datetime | None
    author: int
    categories: tuple[int, ...]
    tags: tuple[int, ...]
    # What the site says of the language ("de", "en-GB"), or "".
    language: str
    # None where no plugin says.
    noindex: bool | None
    # Which plugin tells: "askpress", "polylang", "wpml", "yoast", or "".
    language_source: str = ""
    noindex_source: str = ""
    # The smallest number among its translations and itself; 0 where no plugin says.
    translation_group: int = 0
    # The featured image: its number, 0 without one, and what the site tells of it.
    image: int = 0
    image_url: str = ""
    image_alt: str = ""

    @property
    def checksum(self) -> str:
        """SHA-256 over all of the source that reaches a chunk or a filter; not over dates."""
        parts = (
            self.type,
            self.title,
            self.html,
            self.link,
            self.slug,
            self.author,
            self.categories,
            self.tags,
            self.language,
            self.noindex,
            self.translation_group,
            self.image,
        )
        return checksum.of(parts)


def storable(text: str) -> str:
    """Return `text` without the characters PostgreSQL refuses."""
    return _UNSTORABLE.sub("", text)


def plain(rendered: str) -> str:
    """Return WordPress's rendered title as plain text: tags and control characters stripped, entities decoded once."""
    return " ".join(_CONTROL.sub(" ", html.unescape(_TAG.sub("", storable(rendered)))).split())


def link(value: object) -> str:
    """Return an address that readers may be sent to, "" for any other scheme, such as javascript."""
    text = storable(value) if isinstance(value, str) else ""
    return text if text.startswith(("https://", "http://")) else ""


def from_json(item: Any) -> Post:
    """Return the Post in one item of a REST reply; raises BadReply when it is not one."""
    if not isinstance(item, dict) or not _is_id(item.get("id")):
        raise errors.BadReply(f"WordPress sent an item without a numeric id: {str(item)[:80]!r}")
    content = item.get("content")
    language, language_source = _language(item)
    noindex, noindex_source = _noindex(item)
    return Post(
        id=item["id"],
        type=storable(str(item.get("type") or "post")),
        status=storable(str(item.get("status") or "publish")),
        protected=isinstance(content, dict) and bool(content.get("protected")),
        link=link(item.get("link")),
        slug=storable(str(item.get("slug") or "")),
        title=plain(_rendered(item.get("title"))),
        html=storable(_rendered(content)),
        published_at=gmt(item.get("date_gmt")),
        modified_at=gmt(item.get("modified_gmt")),
        author=_number(item.get("author")),
        categories=_numbers(item.get("categories")),
        tags=_numbers(item.get("tags")),
        language=language,
        noindex=noindex,
        language_source=language_source,
        noindex_source=noindex_source,
        translation_group=_translation_group(item),
        image=_number(item.get("featured_media")),
    )


def gmt(value: object) -> datetime | None:
    """Return a WordPress `*_gmt` value in UTC; None for null, empty, 0000-00-00 and the ends of the calendar."""
    try:
        moment = datetime.fromisoformat(str(value))
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    # From the first and the last year no hour could be taken, and none added.
    return moment if datetime.min.year < moment.year < datetime.max.year else None


def _is_id(value: object) -> TypeGuard[int]:
    # MySQL's and PostgreSQL's largest.
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63


def _rendered(field: object) -> str:
    if isinstance(field, dict):
        field = field.get("rendered")
    return field if isinstance(field, str) else ""


def _number(value: object) -> int:
    return value if _is_id(value) else 0


def _numbers(value: object) -> tuple[int, ...]:
    return tuple(filter(_is_id, value)) if isinstance(value, list) else ()


def _language(item: dict[str, Any]) -> tuple[str, str]:
    """Return the language and which plugin tells it, the one that knows best first.

    Yoast comes last: in the REST API it gives every post the site's locale, whatever the post's own is.
    """
    own, yoast = _inside(item, "askpress"), _inside(item, "yoast_head_json")
    for value, source in (
        (own.get("lang"), "askpress"),
        (item.get("lang"), "polylang"),
        (item.get("locale"), "polylang"),
        (item.get("wpml_current_locale"), "wpml"),
        (yoast.get("og_locale"), "yoast"),
    ):
        if isinstance(value, str) and value:
            return storable(value)[:20], source
    return "", ""


def _noindex(item: dict[str, Any]) -> tuple[bool | None, str]:
    own = _inside(item, "askpress").get("noindex")
    if isinstance(own, bool):
        return own, "askpress"
    robots = _inside(item, "yoast_head_json").get("robots")
    return (robots.get("index") == "noindex", "yoast") if isinstance(robots, dict) else (None, "")


def _translation_group(item: dict[str, Any]) -> int:
    """Return the smallest number of the group, which all of its posts agree on."""
    own = _inside(item, "askpress").get("translations")
    known = own if isinstance(own, dict) else item.get("translations")
    numbers = [value for value in known.values() if _is_id(value)] if isinstance(known, dict) else []
    return min([item["id"], *numbers]) if numbers else 0


def _inside(item: dict[str, Any], name: str) -> dict[str, Any]:
    value = item.get(name)
    return value if isinstance(value, dict) else {}
