"""Cleaning: the HTML of one post becomes Markdown that holds what a reader reads, and the headings' anchors."""

from __future__ import annotations

import html as entities
import re
import unicodedata
from dataclasses import dataclass, replace

import html_to_markdown
from selectolax.lexbor import LexborHTMLParser, LexborNode

from askpress.text import pruning, repair

VERSION = 1

# Measured over 838 real bodies: sound conversions keep nearly all words, broken ones far fewer than this.
_LEAST_SHARE_KEPT = 0.8
_RENAMED = (("figcaption", "div"), ("summary", "p"), ("legend", "p"))
_SERIALISED_TAG = re.compile(r"<!--.*?-->|</?([a-z][a-z0-9]*)(?:\"[^\"]*\"|[^<>\"])*>", re.DOTALL)
_BREAKS = {"br": "\n"} | dict.fromkeys(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "td",
        "th",
        "tr",
        "ul",
    ],
    "\n\n",
)
_OPTIONS = html_to_markdown.ConversionOptions(
    # Most are the defaults, which the library would look up by their names at each conversion: a tenth of cleaning.
    heading_style=html_to_markdown.HeadingStyle.ATX,
    list_indent_type=html_to_markdown.ListIndentType.SPACES,
    whitespace_mode=html_to_markdown.WhitespaceMode.NORMALIZED,
    newline_style=html_to_markdown.NewlineStyle.SPACES,
    code_block_style=html_to_markdown.CodeBlockStyle.BACKTICKS,
    inline_data_media=html_to_markdown.InlineDataMedia.KEEP,
    url_escape_style=html_to_markdown.UrlEscapeStyle.ANGLE,
    link_style=html_to_markdown.LinkStyle.INLINE,
    output_format=html_to_markdown.OutputFormat.MARKDOWN,
    tier_strategy=html_to_markdown.TierStrategy.AUTO,
    extract_metadata=False,
    autolinks=False,
    compact_tables=True,
    bullets="-",
    highlight_style=html_to_markdown.HighlightStyle.NONE,
    # A closed tab or accordion is text a reader can get to.
    hidden_content=html_to_markdown.HiddenContent.REACHABLE,
    # The converter is quadratic in nested quotes and stops at 1,024 by itself; the guard finds what is lost.
    max_depth=256,
    include_blockquote_citations=False,
)
_ZERO_WIDTH = "\u00ad\u200b\u2060\ufeff"
_ODD_SPACES = re.compile(f"[{_ZERO_WIDTH}\u00a0\u2000-\u200a\u202f\u205f\u3000]")
_NO_LETTERS = bytes(code for code in range(128) if not chr(code).isalnum())
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_FENCE_OR_BLANKS = re.compile(r"^( *)(`{3,})[^\n]*\n.*?(?:^ *\2`*$|\Z)|\n{3,}", re.MULTILINE | re.DOTALL)
_NUMBERED = re.compile(r"^(\d{1,9})\\(?=[.)])", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """One post as Markdown."""

    # Headings, lists, tables and code kept; links as their text, images as their alt text or caption.
    text: str
    # (heading text, its HTML id or "") for every heading, in order.
    anchors: tuple[tuple[str, str], ...]
    # "" | "empty" | "shortcodes" (nothing but those) | "plain" (structure given up to lose no word)
    # | "cut" (longer than repair.MAX_HTML_CHARS)
    note: str


def clean(html: str) -> Cleaned:
    """Return the readable text of a post's rendered HTML; never raises for what a site may send."""
    repaired = repair.repair(html)
    cleaned = _cleaned(repaired[: repair.MAX_HTML_CHARS])
    return replace(cleaned, note="cut") if len(repaired) > repair.MAX_HTML_CHARS else cleaned


def _cleaned(html: str) -> Cleaned:
    if not repair.parsable(html):
        return Cleaned(text=_tidied(repair.bare_text(html)), anchors=(), note="plain")
    body = LexborHTMLParser(f"<html><body>{html}").body
    if body is None:
        return Cleaned(text="", anchors=(), note="empty")
    had_shortcodes = pruning.prune(body)
    anchors = _anchors(body)
    text, note = _markdown(body)
    empty = "shortcodes" if had_shortcodes else "empty"
    return Cleaned(text=text, anchors=anchors, note=note if text else empty)


def _anchors(body: LexborNode) -> tuple[tuple[str, str], ...]:
    headings = ((_tidied(" ".join(node.text().split())), node) for node in body.css("h1, h2, h3, h4, h5, h6"))
    return tuple((text, _identifier(node)) for text, node in headings if text)


def _identifier(heading: LexborNode) -> str:
    """The heading's own id, else that of an element in it (tables of contents put a span there)."""
    inner = heading if heading.id else heading.css_first("[id]")
    return (inner.id or "") if inner is not None else ""


def _markdown(body: LexborNode) -> tuple[str, str]:
    html = body.html or ""
    for old, new in _RENAMED:
        if old in html:
            html = re.sub(rf"<(/?){old}\b[^<>]*>", rf"<\1{new}>", html)
    text = _tidied(html_to_markdown.convert(html, _OPTIONS).content or "")
    if _word_chars(text) >= _LEAST_SHARE_KEPT * _word_chars(body.text()):
        return text, ""
    return _tidied(_plain(html)), "plain"


def _word_chars(text: str) -> int:
    """Words are weighed by their letters, so that Chinese, written without spaces, is guarded too."""
    letters = len(text.encode("ascii", "ignore").translate(None, _NO_LETTERS))
    return letters + sum(map(str.isalnum, "".join(_BEYOND_ASCII.findall(text))))


def _plain(html: str) -> str:
    """Return the text of a serialised tree, blocks apart; there a quoted ">" is the only trap."""
    spaced = _SERIALISED_TAG.sub(lambda tag: _BREAKS.get(tag[1], ""), html)
    return re.sub(r"[^\S\n]+", " ", entities.unescape(spaced))


def _tidied(text: str) -> str:
    if not text.isascii():
        text = _ODD_SPACES.sub(lambda found: "" if found[0] in _ZERO_WIDTH else " ", unicodedata.normalize("NFC", text))
    text = "\n".join(map(str.rstrip, text.split("\n")))
    if "\\" in text:
        text = _NUMBERED.sub(r"\1", text)
    if "\n\n\n" in text:
        text = _FENCE_OR_BLANKS.sub(lambda found: found.group() if found[2] else "\n\n", text)
    return text.strip()
