"""Outline of a cleaned text: its sections with their heading paths, and the blocks that should stay whole."""

from __future__ import annotations

import bisect
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

Span = tuple[int, int]

_FENCE = re.compile(r"^ *(`{3,}|~{3,})")
_HEADING = re.compile(r"^(#{1,6}) +(\S.*)$")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the text under it up to the next heading; the first one may have no heading."""

    start: int
    end: int
    # 1 to 6; 0 before the first heading.
    level: int
    # Headings from the outermost to this section's own, and their HTML ids ("" where there is none).
    path: tuple[str, ...]
    anchors: tuple[str, ...]
    # False where the next heading follows at once.
    has_text: bool


def sections(text: str, anchors: Sequence[tuple[str, str]]) -> list[Section]:
    """Return the sections in order; together they cover `text` without gaps."""
    found = [(offset, len(match[1]), match[2].strip()) for offset, match in _headings(text)]
    starts = [0, *(offset for offset, _, _ in found)]
    ends = [*starts[1:], len(text)]
    made = [Section(start=0, end=ends[0], level=0, path=(), anchors=(), has_text=bool(text[: ends[0]].strip()))]
    above: list[tuple[int, str, str]] = []
    identifiers = _identifiers([heading for _, _, heading in found], anchors)
    for (start, level, heading), end, identifier in zip(found, ends[1:], identifiers, strict=True):
        above = [*(entry for entry in above if entry[0] < level), (level, heading, identifier)]
        path, ids = tuple(entry[1] for entry in above), tuple(entry[2] for entry in above)
        made.append(Section(start, end, level, path, ids, has_text="\n" in text[start:end].strip()))
    return [section for section in made if section.start < section.end]


def top_spans(parts: Sequence[Section]) -> list[Span]:
    """Return the spans under the headings of the highest level that divides the text."""
    after_text = [part for before, part in itertools.pairwise(parts) if before.has_text]
    top = min((part.level for part in after_text), default=0)
    starts = [part.start for part in after_text if part.level <= top]
    return list(itertools.pairwise([parts[0].start, *starts, parts[-1].end]))


def whole_blocks(text: str) -> list[Span]:
    """Return the spans of tables and fenced code, in order."""
    spans: list[Span] = []
    for offset, line, fenced in _lines(text):
        if not fenced and not line.lstrip().startswith("|"):
            continue
        joins = bool(spans) and spans[-1][1] + 1 == offset
        start = spans.pop()[0] if joins else offset
        spans.append((start, offset + len(line)))
    return spans


def path_of(parts: Sequence[Section], span: Span) -> tuple[tuple[str, ...], str]:
    """Return the heading path that holds for all of `span`, and the HTML id of its innermost heading."""
    first = bisect.bisect_right(parts, span[0], key=_start) - 1
    last = bisect.bisect_left(parts, span[1], key=_start)
    inside = [part for part in parts[first:last] if part.has_text] or parts[first:last]
    path = inside[0].path
    for part in inside[1:]:
        same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(path, part.path, strict=False))
        path = tuple(heading for heading, _ in same)
    return path, inside[0].anchors[len(path) - 1] if path else ""


def fragment(anchor: str) -> str:
    """Return an HTML id as an address holds it behind "#": a theme may give one with blanks or quotes in it."""
    return quote(anchor, safe="%!$&'()*+,;=:@/?")


def _start(part: Section) -> int:
    return part.start


def _lines(text: str) -> list[tuple[int, str, bool]]:
    """Return each line with its offset and whether it belongs to fenced code (the fences included)."""
    made: list[tuple[int, str, bool]] = []
    fence, offset = "", 0
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        opens = not fence and mark is not None
        made.append((offset, line, bool(fence) or opens))
        if opens and mark is not None:
            fence = mark[1]
        elif line.strip() == fence:
            fence = ""
        offset += len(line) + 1
    return made


def _headings(text: str) -> list[tuple[int, re.Match[str]]]:
    matches = ((offset, _HEADING.match(line)) for offset, line, fenced in _lines(text) if not fenced)
    return [(offset, match) for offset, match in matches if match]


def _identifiers(headings: Sequence[str], anchors: Sequence[tuple[str, str]]) -> list[str]:
    """Match headings with the anchors in order, skipping those that did not become a heading of the text."""
    places: dict[str, list[int]] = {}
    for place, (heading, _) in enumerate(anchors):
        places.setdefault(_without_blanks(heading), []).append(place)
    found: list[str] = []
    last = -1
    for heading in headings:
        later = places.get(_without_blanks(heading), [])
        at = bisect.bisect_right(later, last)
        last = later[at] if at < len(later) else last
        found.append(anchors[last][1] if at < len(later) else "")
    return found


def _without_blanks(heading: str) -> str:
    """A line break within a heading is a blank in Markdown and nothing in its text."""
    return "".join(heading.split())
