"""Addresses that lead to a quote in its page. Pure."""

from __future__ import annotations

import re
from urllib.parse import quote

from askpress.text import outline

# Longer quotes are named by their first and last words: addresses of thousands of characters break in e-mails.
_WHOLE_CHARS = 100
_END_WORDS = 5
# Shorter ends are likely to stand elsewhere in the page too.
_LEAST_END_CHARS = 12
# Markdown is not what the page shows.
_ODD = re.compile(r"[\n\r\t|*_`#<>\[\]\\\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\s{2}|://")
# What a line of Markdown begins with and the page does not show as text.
_BULLET = re.compile(r"\A(?:[-*+]|\d{1,3}[.)])\s+")


def of_quote(url: str, anchor: str, text: str, start: int, end: int) -> str:
    """Return the address of `text[start:end]` in the page: its words, after the heading's place where there is one.

    A browser that does not know text fragments, or does not find the words, goes to the heading. What the page shows
    otherwise than our text has it is not named. https://wicg.github.io/scroll-to-text-fragment/
    """
    page, _, own = url.partition("#")
    place = outline.fragment(anchor) or own
    words = _words(text, start, end)
    directive = f":~:text={words}" if words else ""
    return f"{page}#{place}{directive}" if place or directive else page


def _words(text: str, start: int, end: int) -> str:
    said = text[start:end]
    # A fragment matches whole words only.
    whole = not (_inside(text, start) or _inside(text, end))
    if not whole or not said.strip():
        return ""
    lines = said.strip().split("\n")
    if len(lines) > 1:
        return _from_line_to_line(lines)
    begins = not text[:start].rpartition("\n")[2].strip()
    return _within_a_line(_BULLET.sub("", said.strip()) if begins else said)


def _within_a_line(said: str) -> str:
    if _ODD.search(said.strip()):
        return ""
    words = said.split()
    if len(said) <= _WHOLE_CHARS or len(words) < 2 * _END_WORDS:
        return _encoded(said.strip()) if len(said) <= 3 * _WHOLE_CHARS else ""
    return f"{_encoded(' '.join(words[:_END_WORDS]))},{_encoded(' '.join(words[-_END_WORDS:]))}"


def _from_line_to_line(lines: list[str]) -> str:
    """Name the first and the last words of a quote over several blocks: each must stand within one block."""
    shown = [_shown(line) for line in lines]
    named = [place for place, blocks in enumerate(shown) if blocks and _names(blocks[0])]
    ends = [place for place, blocks in enumerate(shown) if blocks and _names(blocks[-1])]
    if not named or not ends or ends[-1] < named[0]:
        return ""
    first, last = shown[named[0]][0].split(), shown[ends[-1]][-1].split()
    if named[0] == ends[-1] and len(shown[named[0]]) == 1:
        return _within_a_line(shown[named[0]][0])
    return f"{_encoded(' '.join(first[:_END_WORDS]))},{_encoded(' '.join(last[-_END_WORDS:]))}"


def _shown(line: str) -> list[str]:
    """Return a line's blocks as the page has them: a table's row is its cells."""
    line = line.strip()
    if line.startswith("|"):
        return [cell.strip() for cell in line.strip("|").split("|") if cell.strip(" :-")]
    return [_BULLET.sub("", line, count=1)] if line else []


def _names(block: str) -> bool:
    return len(block) >= _LEAST_END_CHARS and " " in block and not _ODD.search(block)


def _inside(text: str, at: int) -> bool:
    return 0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum()


def _encoded(words: str) -> str:
    # "-", "," and "&" are the directive's own; quote() leaves the first as it is.
    return quote(words, safe="", errors="replace").replace("-", "%2D")
