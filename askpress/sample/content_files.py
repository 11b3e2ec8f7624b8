"""Reads a site from a folder: `site.json`, and one file of headers and HTML per item."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from askpress.sample.site import SampleSite, Term, User

_TEXT_HEADERS = ("type", "status", "password", "slug", "lang", "excerpt")


def load(folder: Path) -> SampleSite:
    """Return the site in `folder`; raises ValueError naming the file that cannot be read."""
    facts = json.loads((folder / "site.json").read_text(encoding="utf-8"))
    site = SampleSite(
        name=facts["name"],
        description=facts.get("description", ""),
        gmt_offset=facts.get("gmt_offset", 0),
        timezone_string=facts.get("timezone_string", ""),
        categories=_terms(facts.get("categories", [])),
        tags=_terms(facts.get("tags", [])),
        users={u["id"]: User(u["id"], u["name"], u["slug"]) for u in facts.get("users", [])},
    )
    for path in sorted((folder / "items").glob("*.html")):
        try:
            _add(site, path.read_text(encoding="utf-8"))
        except (ValueError, KeyError) as error:
            raise ValueError(f"{path.name} is not a content file: {error}") from error
    return site


def _add(site: SampleSite, text: str) -> None:
    head, _, html = text.partition("\n\n")
    headers = dict(_header(line) for line in head.splitlines() if line.strip())
    site.add(
        headers.get("title", ""),
        html,
        id=int(headers["id"]),
        date=headers.get("date"),
        modified=headers.get("modified"),
        author=_number(headers.get("author", ""), site.users) or 1,
        categories=_numbers(headers.get("categories", ""), site.categories),
        tags=_numbers(headers.get("tags", ""), site.tags),
        path=headers.get("link", ""),
        **{name: headers[name] for name in _TEXT_HEADERS if headers.get(name)},
    )


def _header(line: str) -> tuple[str, str]:
    key, colon, value = line.partition(":")
    if not colon:
        raise ValueError(f"a header line without a colon: {line!r}")
    return key.strip(), value.strip()


def _terms(rows: list[dict[str, Any]]) -> dict[int, Term]:
    return {row["id"]: Term(row["id"], row["name"], row["slug"]) for row in rows}


def _numbers(value: str, known: dict[int, Term]) -> tuple[int, ...]:
    return tuple(_number(word, known) for word in value.split(",") if word.strip())


def _number(word: str, known: dict[int, Term] | dict[int, User]) -> int:
    word = word.strip()
    if not word or word.isdigit():
        return int(word or 0)
    for row in known.values():
        if word in (row.slug, row.name):
            return row.id
    raise ValueError(f"nothing is called {word!r} in site.json")
