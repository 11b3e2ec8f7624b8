"""Filters: which documents a search may find, and the conditions they stand for in SQL. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote, unquote

# What is compared: meanings, words, or both.
Mode = Literal["hybrid", "semantic", "keyword"]
MODES: tuple[Mode, ...] = ("hybrid", "semantic", "keyword")
# bigint's largest; a longer number is no id of WordPress.
_LARGEST_ID = 2**63 - 1
# What may stand in an address as it is; WordPress writes the rest as %xx.
_UNQUOTED = "/:?#[]@!$&'()*+,;=~%-._"


@dataclass(frozen=True, slots=True)
class Filters:
    """Each that is given must hold; of several values in one, any. Empty ones say nothing."""

    type: tuple[str, ...] = ()
    # By number, slug or name.
    category: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    # ISO 639-1, "de-AT" counts as "de".
    language: tuple[str, ...] = ()
    # Published at or after, and before.
    after: datetime | None = None
    before: datetime | None = None
    # How the address begins: whole, or from the path's "/" on.
    url: str = ""

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))

    @property
    def texts(self) -> dict[str, list[str]]:
        """Return those that are given, the same for the same documents: for the name of what is remembered."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: sorted(value) if isinstance(value, tuple) else [str(value)] for name, value in given.items() if value
        }

    @property
    def contradiction(self) -> str:
        """Return why nothing can ever fit, or ""."""
        if self.after and self.before and self.after >= self.before:
            return f"must be later than after ({self.after.isoformat()}); nothing lies between them."
        return ""


ANY = Filters()

_NAMED = """{column} ARRAY(
    SELECT unnest(%({name}_ids)b::bigint[])
    UNION ALL
    SELECT term_id FROM askpress_term
    WHERE site_id = %(site)s AND taxonomy = '{name}'
      AND (lower(slug) = ANY(%({name}_names)b::text[]) OR lower(name) = ANY(%({name}_names)b::text[])))"""
_CONDITIONS = {
    "type": "document.type = ANY(%(type)b::text[])",
    "category": _NAMED.format(column="document.categories &&", name="category"),
    "tag": _NAMED.format(column="document.tags &&", name="tag"),
    "author": "document.author = ANY(" + _NAMED.format(column="", name="author") + ")",
    "language": "document.language = ANY(%(language)b::text[])",
    "after": "document.published_at >= %(after)b::timestamptz",
    "before": "document.published_at < %(before)b::timestamptz",
    "url": "lower(substring(document.url FROM %(url_part)s)) ^@ ANY(%(url)s::text[])",
}


def conditions(filters: Filters) -> str:
    """Return what a row `document` must fulfil, as SQL with the placeholders that `parameters` fills; "" for all."""
    return " AND ".join(_CONDITIONS[field.name] for field in fields(filters) if getattr(filters, field.name))


def parameters(filters: Filters) -> dict[str, Any]:
    """Return the values of the placeholders in `conditions`."""
    values: dict[str, Any] = {}
    for name in ("category", "tag", "author"):
        if given := getattr(filters, name):
            values |= {f"{name}_ids": list(_ids(given)), f"{name}_names": list(_names(given))}
    values |= {name: list(given) for name, given in (("type", filters.type),) if given}
    if filters.language:
        values["language"] = [re.split("[-_]", code)[0].lower() for code in filters.language]
    values |= {name: moment for name in ("after", "before") if (moment := getattr(filters, name)) is not None}
    if filters.url:
        values |= _address(filters.url)
    return values


def _ids(given: Iterable[str]) -> Iterator[int]:
    for value in given:
        if re.fullmatch("[0-9]{1,19}", value) and int(value) <= _LARGEST_ID:
            yield int(value)


def _names(given: Iterable[str]) -> Iterator[str]:
    """A slug of other letters than Latin ones is stored as WordPress writes it: %d0%bd."""
    for value in given:
        name = unicodedata.normalize("NFC", value).lower()
        yield name
        if not name.isascii():
            yield quote(name).lower()


def _address(prefix: str) -> Mapping[str, Any]:
    """A capital that is written as %xx stands for another byte than its small letter: either may be stored."""
    part = "^[^:]+://[^/]*(.*)$" if prefix.startswith("/") else "^(.*)$"
    plain = unicodedata.normalize("NFC", unquote(prefix))
    written = dict.fromkeys(quote(one, safe=_UNQUOTED).lower() for one in (plain, plain.lower()))
    return {"url": list(written), "url_part": part}
