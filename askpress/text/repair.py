"""Repair of HTML before it is parsed: nothing in it may swallow the rest of the post or make parsing slow."""

from __future__ import annotations

import html as entities
import re
from collections import Counter

# The largest body that is read in full; WordPress itself was seen serving 1 MB posts without complaint.
MAX_HTML_CHARS = 5_000_000
# Lexbor's tree building is quadratic in nesting: 20,000 open <div> took 1 s, 200,000 more than a minute.
MAX_OPEN_TAGS = 3_000

_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_DATA_URL = re.compile(r"data:[\w/+.-]{1,60};base64,[\w+/=%-]+")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)(?:[^<>]*>)?")
_LOOSE = re.IGNORECASE | re.DOTALL
_BLOCK = r"</?(?:p|div|h[1-6]|[uod]l|li|table|section|article|blockquote|figure|pre)\b"
_CODE = re.compile(r"[;{}=()]")
# Elements whose content a parser takes as not being HTML, or that cleaning removes whole.
_SWALLOWING = (
    "script", "style", "textarea", "title", "xmp", "plaintext", "iframe", "noembed", "noframes", "noscript",
    "template", "form", "select", "svg", "object", "audio", "video", "canvas", "nav", "head", "math",
)  # fmt: skip
_SWALLOWING_TAG = re.compile(rf"<(/?)({'|'.join(_SWALLOWING)})\b", re.IGNORECASE)
# A parser opens these again in every following paragraph, as often as they were left open.
_FORMATTING = re.compile(r"</?(?:a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)\b[^<>]*>", re.IGNORECASE)
_MAX_OPEN_FORMATTING = 50
_CLOSED_BY_THE_NEXT = frozenset(
    [
        "p",
        "li",
        "dt",
        "dd",
        "tr",
        "td",
        "th",
        "thead",
        "tbody",
        "tfoot",
        "option",
        "br",
        "hr",
        "img",
        "input",
        "meta",
        "link",
        "wbr",
        "col",
        "source",
        "area",
        "base",
        "embed",
    ]
)


def repair(html: str) -> str:
    """Return `html` with unstorable characters gone and every element that never closes made harmless."""
    html = _UNSTORABLE.sub("", html.replace("\r\n", "\n").replace("\r", "\n"))
    if len(html) > MAX_HTML_CHARS:
        html = _DATA_URL.sub("data:", html)
    html = _without_open_comment(html)
    for name in _unclosed(html):
        html = _without_unclosed(html, name)
    formatting = "".join(found.group() for found in _FORMATTING.finditer(html))
    return html if _open_tags(formatting) <= _MAX_OPEN_FORMATTING else _FORMATTING.sub("", html)


def parsable(html: str) -> bool:
    """Tell whether `html` nests so little that parsing takes time in proportion to its length."""
    return _open_tags(html) <= MAX_OPEN_TAGS


def bare_text(html: str) -> str:
    """Return the text of `html` without parsing it: what is left for markup that cannot be parsed in time."""
    blocks = (" ".join(entities.unescape(part).split()) for part in _TAG.sub("\n", html).split("\n"))
    return "\n\n".join(block for block in blocks if block)


def _without_open_comment(html: str) -> str:
    done = html.rfind("-->") + 1
    return html[:done] + html[done:].replace("<!--", "&lt;!--")


def _unclosed(html: str) -> list[str]:
    """Return the swallowing elements whose last tag is an opening one."""
    last = {found[2].lower(): found[1] for found in _SWALLOWING_TAG.finditer(html)}
    return [name for name, slash in last.items() if not slash]


def _without_unclosed(html: str, name: str) -> str:
    tag = re.compile(rf"<{name}\b[^<>]*>", re.IGNORECASE)
    closings = [found.end() for found in re.finditer(rf"</{name}\b", html, re.IGNORECASE)]
    done = closings[-1] if closings else 0
    head, tail = html[:done], html[done:]
    if name in ("script", "style"):
        return head + re.sub(rf"{tag.pattern}((?:(?!{_BLOCK}|<{name}\b).)*)", _code_or_sentence, tail, flags=_LOOSE)
    return head + tag.sub(_as_text, tail)


def _as_text(tag: re.Match[str]) -> str:
    """A tag without attributes and without an end was named by the author: "put it into the <head>"."""
    return "" if re.search(r"\s", tag.group()) else entities.escape(tag.group())


def _code_or_sentence(found: re.Match[str]) -> str:
    """Unclosed code goes, up to the next block; a tag named in a sentence stays, as text."""
    return "" if _CODE.search(found[1]) else _TAG.sub(_as_text, found.group(), count=1)


def _open_tags(html: str) -> int:
    opened: Counter[str] = Counter()
    total = most = 0
    for closing, tag in ((found[1], found[2].lower()) for found in _TAG.finditer(html)):
        if tag in _CLOSED_BY_THE_NEXT or (closing and not opened[tag]):
            continue
        step = -1 if closing else 1
        opened[tag] += step
        total += step
        most = max(most, total)
    return most
