"""What is not ours to say: addresses of others, markers that we did not write, tags, characters that hide. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

JOINERS = "\u200c\u200d"
_URL = re.compile(
    r"(?:[a-z][a-z0-9+.-]{0,20})?://\S*|\b(?:www\.|(?:mailto|javascript|vbscript|data|file|blob|tel|sms):)\S+",
    re.IGNORECASE,
)
# All lengths have bounds, so that no text takes more than its length's time.
_LINK = re.compile(r"!?\[([^\]]{0,300})\]\([^)]{0,2000}\)")
_TAG = re.compile(r"<[A-Za-z/!][^<>]*>")
# A tag that brings nothing with it: a page about HTML speaks of them.
_BARE_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9-]{0,30}>")
# Tags between which no blank stands, though a page shows one.
_BREAK = re.compile(r"</?(?:br|p|li|div|h[1-6]|hr|tr|td)\b[^<>]*>", re.IGNORECASE)
_SOURCE = r"(?:source|quelle|citation|excerpt|passage)[sn]?"
# (source 2), (siehe Quelle 2), (see [2]): what begins so is a marker up to where it closes.
PARENTHESIS = rf"\((?:(?:see|siehe|vgl|cf|from)\.?\s+)?(?:{_SOURCE}[\s:#]*\[?|\[)\s*\d"
# [1], [ 9 ], [Source 2], [S1], 【3†source】, ［1］, 〔1〕, and what OpenAI's models write between private characters:
# markers are ours to write.
_MARK = (
    rf"(?:\[\s*(?:[\^#]|(?:{_SOURCE}|src|ref|doc)[\s:.#]*|s)?\s*\d[\d,\s–-]{{0,60}}\]|【[^】]{{0,300}}】"
    r"|[［〔]\s*\d[\d,，、\s–-]{0,60}[］〕]|\ue200[^\ue201]{0,300}\ue201"
    rf"|{PARENTHESIS}[^)]{{0,300}}\))"
)
_MARKER = re.compile(rf"\s*{_MARK}", re.IGNORECASE)
_AFTER_NAMES = "/.,;:!?)]"
# What is left of a marker within a marker, or begins one that ends with another word.
_OPEN_MARKER = re.compile(r"[\[［〔](?=\s*[\^#]?\d)")
# example.org, and jo@example.org; Cyrillic or Greek letters make domains as well.
_DOMAIN = re.compile(
    r"(?<![\w@])(?:[\w.+-]+@)?(?:[\w-]+[.\uff0e\uff61])+(?:xn--[\w-]+|[^\W\d_]{2,24})\b(?::\d+)?(?:/\S*|[?#]\S+)?",
    re.IGNORECASE,
)
# Joiners belong to Persian, Indic scripts and emoji; elsewhere they hide.
_JOINED = f"[^\x00-\x7f\\s{JOINERS}]"
_HIDDEN_JOINER = re.compile(f"(?<!{_JOINED})[{JOINERS}]|[{JOINERS}](?!{_JOINED})")
# In a quote of Chinese or Japanese nothing but the writing itself ends an address; in one of code, what encloses it.
_QUOTED_URL = _URL.pattern.replace(r"\S", r"[^\s\"`<>”“»«\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef]")
_QUOTED = re.compile(
    rf"(?P<address>(?:\s?(?:{_QUOTED_URL}))+)|[^\S\n]?(?:{_MARK}|{_OPEN_MARKER.pattern})", re.IGNORECASE
)
# Places in an array, row[1], are no markers.
_QUOTED_CODE = re.compile(rf"(?P<address>{_QUOTED_URL})|(?<![\w\])])(?:{_MARK}|{_OPEN_MARKER.pattern})", re.IGNORECASE)
_CODE_WORD = re.compile(r"(`[^`\s\[][^`\s]*`)")
_CODE = re.compile(r"(```.*?(?:```|\Z)|`[^`\n]*`)", re.DOTALL)


def without_controls(text: str) -> str:
    """Return the text without what nobody sees: an address or a marker with a hidden character in it is one still."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c for c in text if c in JOINERS or c.isspace() or unicodedata.category(c) not in {"Cc", "Cf"})


def without_joiners(text: str) -> str:
    """Return the text without joiners that join nothing."""
    return text if text.isascii() else _HIDDEN_JOINER.sub("", text)


def leads_away(word: str, *, knows: Callable[[str], bool]) -> bool:
    """True when a visible word holds a URL, or a link to one, that `knows` does not."""
    return any(not knows(found[0].rstrip(_AFTER_NAMES)) for found in _URL.finditer(word))


def clean(word: str, *, knows: Callable[[str], bool]) -> str:
    """Return a visible word without links, addresses, tags and markers.

    Names like example.org may stay, bare tags, and code such as `row[1]`, where `knows` knows them.
    """
    parts = _CODE_WORD.split(word)
    code = {part for part in parts[1::2] if knows(part[1:-1]) and not _URL.search(part)}
    return "".join(part if part in code else _clean(part, knows) for part in parts)


def _clean(word: str, knows: Callable[[str], bool]) -> str:
    before = ""
    # What is left may be one of them again: [9 [9]].
    while word != before:
        before = word
        word = _MARKER.sub("", _URL.sub("", _LINK.sub(r"\1", _TAG.sub(lambda found: _tag(found[0], knows), word))))
    word = _DOMAIN.sub(lambda found: found[0] if knows(found[0].rstrip(_AFTER_NAMES)) else _sentences(found[0]), word)
    return " ".join(_OPEN_MARKER.sub("", word).split())


def _tag(tag: str, knows: Callable[[str], bool]) -> str:
    if _BARE_TAG.fullmatch(tag) and knows(tag):
        return tag
    return " " if _BREAK.fullmatch(tag) else ""


def _sentences(name: str) -> str:
    """Return what looks like a name with a blank after each dot where sentences meet there, "" where none do."""
    parts = name.split(".")
    meet = all(one[-1:].islower() or one[-1:].isdigit() for one in parts[:-1]) and "@" not in name
    return ". ".join(parts) if meet and all(part.istitle() and part.isalpha() for part in parts[1:]) else ""


def quoted(text: str) -> str:
    """Return words of the site for an answer: "…" for addresses, without what would pass for a marker of ours."""
    parts = _CODE.split(_LINK.sub(r"\1", without_joiners(without_controls(text))))
    return "".join(_left(part, _QUOTED_CODE if number % 2 else _QUOTED) for number, part in enumerate(parts))


def _left(text: str, foreign: re.Pattern[str]) -> str:
    before = ""
    while text != before:
        before, text = text, foreign.sub(lambda found: "…" if found["address"] else "", text)
    return text
