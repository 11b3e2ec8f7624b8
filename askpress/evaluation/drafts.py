"""Drafts questions out of a site's own words, for its owner to make real ones of. Pure."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from askpress.providers import units

# A question the site asks itself is one line, and no essay.
_QUESTION_WORDS = range(3, 21)
_HEADING_WORDS = range(1, 13)
# One sentence.
_ASKS = re.compile(r"[^.!?。！？]*[?？]")
_NUMBERING = re.compile(r"[\dA-Za-z]{0,3}[.)]\s+|\d+\s+")
KINDS = frozenset({"own question", "heading", "title"})
# Drafts are the same at each run over the same site.
_SEED = 4


@dataclass(frozen=True, slots=True)
class Page:
    """What of a document questions are made of."""

    url: str
    title: str
    text: str


def draft(pages: Sequence[Page], *, site: str, most: int) -> list[dict[str, Any]]:
    """Return at most `most` lines of a questions file: the site's own questions first, then headings, then titles.

    No page gives a second one before each has given its best.
    """
    by_page = [list(_of(page, site)) for page in pages]
    random.Random(_SEED).shuffle(by_page)
    rounds = (lines[place] for place in range(most) for lines in by_page if place < len(lines))
    found: dict[str, dict[str, Any]] = {}
    for line in rounds:
        found.setdefault(str(line["question"]).casefold(), line)
        if len(found) == most:
            break
    return sorted(found.values(), key=lambda line: (line["urls"], line["question"]))


def _of(page: Page, site: str) -> Iterator[dict[str, Any]]:
    lines = [(unit.kind, page.text[unit.start : unit.end].strip("#*_ \n")) for unit in units.units(page.text)]
    for _, text in lines:
        if _ASKS.fullmatch(text) and (len(text.split()) in _QUESTION_WORDS or not text.isascii()):
            yield _line(text, "own question", page, site)
    for kind, text in lines:
        # A heading alone ("What you need") asks nothing.
        if kind == "heading" and len(text.split()) in _HEADING_WORDS and text[-1] not in "?？":
            yield _line(f"{page.title}: {_unnumbered(text)}", "heading", page, site)
    if page.title:
        yield _line(page.title, "title", page, site)


def _line(question: str, kind: str, page: Page, site: str) -> dict[str, Any]:
    below = urlsplit(site).path.rstrip("/")
    address = urlsplit(page.url)
    path = address.path.removeprefix(below) + (f"?{address.query}" if address.query else "")
    return {"question": " ".join(question.split()), "urls": [path or "/"], "kind": kind}


def _unnumbered(heading: str) -> str:
    numbering = _NUMBERING.match(heading)
    return heading[numbering.end() :] if numbering else heading
