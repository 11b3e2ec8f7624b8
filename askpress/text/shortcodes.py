"""Shortcodes that WordPress left as text: their brackets go, what they enclose stays, other brackets stay."""

from __future__ import annotations

import re

# wptexturize curls the quotes of shortcodes it does not know.
_DOUBLE, _SINGLE = '"“”„″«»', "'‘’‚′"
_VALUE = rf"(?:[{_DOUBLE}][^{_DOUBLE}\[\]]*[{_DOUBLE}]|[{_SINGLE}][^{_SINGLE}\[\]]*[{_SINGLE}])"
_TAG = re.compile(r"(?<!\[)\[(/?)([A-Za-z][\w-]{0,60})((?:[\s/=][^\[\]]{0,4000})?)\](?!\])")
_QUOTED = re.compile(rf"(?:^|\s)[\w-]+\s*=\s*{_VALUE}")
_UNQUOTED = re.compile(r"(?:\s+[\w-]+=[^\s=]+)+\s*/?")
_TITLE = re.compile(rf"\s(?:title|heading|question|caption|label)\s*=\s*({_VALUE})", re.IGNORECASE)
_RAW = re.compile(r"\[(vc_raw_html|vc_raw_js)\b[^\[\]]*\][^\[\]]*\[/\1\]")
_CORE = frozenset({"gallery", "playlist", "audio", "video", "embed", "caption"})


def closed(text: str) -> frozenset[str]:
    """Return the names that have a closing tag somewhere in `text`."""
    return frozenset(found[2] for found in _TAG.finditer(text) if found[1])


def strip(text: str, *, closed: frozenset[str], alone: bool) -> str:
    """Return `text` without shortcode tags; `alone` also removes bare ones such as [shop_cart] on a line."""
    text = _TAG.sub(lambda tag: _replacement(tag, closed), _RAW.sub("", text))
    return "\n".join(_without_bare(line) for line in text.split("\n")) if alone else text


def only(text: str) -> bool:
    """Tell whether `text` holds nothing but shortcode-like tags."""
    return not _TAG.sub("", text).strip()


def _replacement(tag: re.Match[str], closed: frozenset[str]) -> str:
    closing, name, attributes = tag.groups()
    if closing:
        return ""
    if name in closed:
        return _title(attributes)
    is_shortcode = _QUOTED.search(attributes) or _UNQUOTED.fullmatch(attributes) or attributes.strip() == "/"
    return "" if is_shortcode else tag.group()


def _title(attributes: str) -> str:
    """An accordion's question stands in an attribute; it belongs to the text it opens."""
    found = _TITLE.search(attributes)
    title = found[1][1:-1].strip() if found else ""
    if not title:
        return ""
    return f"{title} " if title[-1] in ".!?:…" else f"{title}: "


def _without_bare(line: str) -> str:
    tags = list(_TAG.finditer(line))
    if not tags or not only(line) or not all(_certain(tag) for tag in tags):
        return line
    return ""


def _certain(tag: re.Match[str]) -> bool:
    name = tag[2]
    return not tag[3].strip() and name.islower() and ("_" in name or "-" in name or name in _CORE)
