"""SampleSite: what a WordPress would keep in its database, changeable while it is served."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

CONTENT = Path(__file__).parent / "content"


@dataclass(frozen=True, slots=True)
class Item:
    """One row of WordPress's posts table."""

    id: int
    type: str
    status: str
    password: str
    slug: str
    title: str
    # As the theme would show it: block comments gone, shortcodes of missing plugins left.
    html: str
    # Both in UTC.
    date: datetime
    modified: datetime
    author: int
    categories: tuple[int, ...]
    tags: tuple[int, ...]
    lang: str
    excerpt: str
    # Path of the public page; "" means /slug/.
    path: str
    # Fields that plugins add to the REST reply.
    extra: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Term:
    """A category or a tag."""

    id: int
    name: str
    slug: str


@dataclass(frozen=True, slots=True)
class User:
    """An author, and possibly somebody who can log in."""

    id: int
    name: str
    slug: str
    application_password: str = ""


@dataclass(frozen=True, slots=True)
class PostType:
    """A post type that the REST API shows."""

    name: str
    rest_base: str
    namespace: str = "wp/v2"
    label: str = ""


TYPES = tuple(
    PostType(name, base)
    for name, base in [
        ("post", "posts"), ("page", "pages"), ("attachment", "media"), ("nav_menu_item", "menu-items"),
        ("wp_block", "blocks"), ("wp_template", "templates"), ("wp_template_part", "template-parts"),
        ("wp_global_styles", "global-styles"), ("wp_navigation", "navigation"),
    ]
)  # fmt: skip


@dataclass
class SampleSite:
    """A whole site in memory; every method may be called from any thread."""

    name: str = "Test site"
    description: str = ""
    gmt_offset: float = 0
    timezone_string: str = "UTC"
    categories: dict[int, Term] = field(default_factory=dict)
    tags: dict[int, Term] = field(default_factory=dict)
    users: dict[int, User] = field(default_factory=dict)
    types: dict[str, PostType] = field(default_factory=lambda: {t.name: t for t in TYPES})
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _items: dict[int, Item] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @classmethod
    def empty(cls) -> SampleSite:
        """Return a site without posts, with one author and one category."""
        site = cls()
        site.users[1] = User(1, "Editor", "editor")
        site.categories[1] = Term(1, "Uncategorized", "uncategorized")
        return site

    @classmethod
    def load(cls, folder: Path = CONTENT) -> SampleSite:
        """Return the site written down in `folder`."""
        from askpress.sample import content_files

        return content_files.load(folder)

    @property
    def zone(self) -> tzinfo:
        """The site's own time zone, in which bare dates are meant."""
        if self.timezone_string:
            return ZoneInfo(self.timezone_string)
        return timezone(timedelta(hours=self.gmt_offset))

    def items(self) -> list[Item]:
        """Return everything there is, whatever its status."""
        with self._lock:
            return list(self._items.values())

    def item(self, item_id: int) -> Item | None:
        """Return one item, or None when there is none."""
        with self._lock:
            return self._items.get(item_id)

    def add(self, title: str = "", html: str = "", *, id: int = 0, **fields: Any) -> int:
        """Add an item, published now unless `fields` say otherwise, and return its id."""
        with self._lock:
            number = id or max(self._items, default=0) + 1
            slug = fields.pop("slug", "") or slug_of(title) or f"item-{number}"
            date = self._moment(fields.pop("date", None))
            modified = self._moment(fields.pop("modified", None) or date)
            blank = Item(number, "post", "publish", "", slug, title, html, date, modified, 1, (), (), "", "", "", {})
            self._items[number] = replace(blank, **_tuples(fields))
            return number

    def add_many(self, count: int, **fields: Any) -> list[int]:
        """Add `count` posts with distinct titles and a sentence of text each."""
        return [
            self.add(f"Post number {n}", f"<p>The text of post number {n}.</p>", **fields)
            for n in itertools.islice(itertools.count(1), count)
        ]

    def edit(self, item_id: int, **fields: Any) -> None:
        """Change fields of an item; `modified` becomes now unless given."""
        with self._lock:
            for name in ("date", "modified"):
                if name == "modified" or name in fields:
                    fields[name] = self._moment(fields.get(name))
            self._items[item_id] = replace(self._items[item_id], **_tuples(fields))

    def delete(self, item_id: int) -> None:
        """Delete an item for good; a second time does nothing."""
        with self._lock:
            self._items.pop(item_id, None)

    def set_status(self, item_id: int, status: str) -> None:
        """Change the status; trash renames the slug as WordPress does, and coming back takes it off."""
        with self._lock:
            slug = self._items[item_id].slug.removesuffix("__trashed")
            self.edit(item_id, status=status, slug=f"{slug}__trashed" if status == "trash" else slug)

    def add_category(self, name: str, *, id: int = 0, slug: str = "") -> int:
        """Add or rename a category and return its id."""
        return self._add_term(self.categories, name, id=id, slug=slug)

    def add_tag(self, name: str, *, id: int = 0, slug: str = "") -> int:
        """Add or rename a tag and return its id."""
        return self._add_term(self.tags, name, id=id, slug=slug)

    def add_user(self, name: str, *, id: int = 0, slug: str = "", application_password: str = "") -> int:
        """Add an author; with an application password they may see everything."""
        with self._lock:
            number = id or max(self.users, default=0) + 1
            self.users[number] = User(number, name, slug or slug_of(name), application_password)
            return number

    def add_type(self, name: str, rest_base: str, *, namespace: str = "wp/v2") -> None:
        """Register a custom post type under an address of its own."""
        self.types[name] = PostType(name, rest_base, namespace, name.title())

    def _add_term(self, terms: dict[int, Term], name: str, *, id: int, slug: str) -> int:
        with self._lock:
            number = id or max([*self.categories, *self.tags], default=0) + 1
            terms[number] = Term(number, name, slug or slug_of(name))
            return number

    def _moment(self, value: datetime | str | None) -> datetime:
        if value is None or value == "":
            return self.clock().replace(microsecond=0)
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return (moment if moment.tzinfo else moment.replace(tzinfo=self.zone)).astimezone(UTC)


def slug_of(title: str) -> str:
    """Return a slug of ASCII letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:80]


def _tuples(fields: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if k in {"categories", "tags"} and isinstance(v, Iterable) else v for k, v in fields.items()}
