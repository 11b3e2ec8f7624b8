"""Addresses that lead to a quote in its page. Pure."""

from __future__ import annotations

import re
from urllib.parse import quote

# Longer quotes are named by their first and last words: addresses of thousands of characters break in e-mails.
_WHOLE_CHARS = 100
_END_WORDS = 5
# Markdown is not what the page shows, and a text fragment matches within one block.
_ODD = re.compile(r"[\n\r\t|*_`#<>\[\]\\\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\s{2}|://")


def of_quote(url: str, anchor: str, text: str, start: int, end: int) -> str:
    """Return the address of `text[start:end]` in the page: its words, after the heading's place where there is one.

    A browser that does not know text fragments, or does not find the words, goes to the heading. What the page shows
    otherwise than our text has it, such as a table's row, is not named. https://wicg.github.io/scroll-to-text-fragment/
    """
    page, _, own = url.partition("#")
    place = anchor or own
    words = _words(text, start, end)
    directive = f":~:text={words}" if words else ""
    return f"{page}#{place}{directive}" if place or directive else page


def _words(text: str, start: int, end: int) -> str:
    said = text[start:end]
    # A fragment matches whole words only.
    whole = not (_inside(text, start) or _inside(text, end))
    if not whole or not said.strip() or _ODD.search(said.strip()):
        return ""
    words = said.split()
    if len(said) <= _WHOLE_CHARS or len(words) < 2 * _END_WORDS:
        return _encoded(said.strip()) if len(said) <= 3 * _WHOLE_CHARS else ""
    return f"{_encoded(' '.join(words[:_END_WORDS]))},{_encoded(' '.join(words[-_END_WORDS:]))}"


def _inside(text: str, at: int) -> bool:
    return 0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum()


def _encoded(words: str) -> str:
    # "-", "," and "&" are the directive's own; quote() leaves the first as it is.
    return quote(words, safe="", errors="replace").replace("-", "%2D")
