"""The pieces of a Markdown text that can be quoted whole: paragraphs, list items, table rows, code. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

# A line that ends in a colon or a question mark announces what follows, when it is shorter than this.
OPENING_WORDS = 25
# A paragraph longer than this is quoted by the sentence.
LONG_WORDS = 70

_ITEM = re.compile(r"\s*([-*+]|\d{1,3}[.)])\s+\S")
_RULER = re.compile(r"[\s|:\-=*_+]+")
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+(?=[\"'“‘(\[]?[^\W_a-z])|(?<=[。！？])")
# What stands under such a heading, or after such a line, leads elsewhere and answers nothing.
_ELSEWHERE = re.compile(
    r"(see also|related (posts|articles|pages|reading)|read (more|next)|further reading|(table of )?contents"
    r"|on this page|siehe auch|weiterlesen|mehr dazu|inhalt(sverzeichnis)?|voir aussi|sommaire"
    r"|v[ée]ase también|leer más|contenido)\W*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece that is quoted whole or not at all."""

    # Offsets in the text.
    start: int
    end: int
    # "heading", "paragraph", "item", "row" or "code".
    kind: str
    words: int
    # Counts the headings before it; pieces of two sections are never quoted as one.
    section: int = 0
    # Text of the nearest heading above, "" for none.
    heading: str = ""
    quotable: bool = True
    # It says nothing without the piece before it: code or a list after the line that introduces it, a table's row.
    leans: bool = False
    # It says nothing without the piece after it: a question, a line that introduces.
    opens: bool = False


def units(text: str) -> list[Unit]:
    """Return the pieces of `text` in order."""
    return list(_placed(text, (part for block in _blocks(text) for part in _parts(text, block))))


def _blocks(text: str) -> Iterator[Unit]:
    """Yield fenced code, headings, list items, table rows, and runs of other lines."""
    pending: Unit | None = None
    fence = ""
    for start, end in _lines(text):
        line = text[start:end]
        marker = line.lstrip()[:3] if line.lstrip().startswith(("```", "~~~")) else ""
        kind = "code" if fence or marker else _kind(line, pending)
        joins = pending is not None and kind == pending.kind and (fence or kind == "paragraph")
        if kind == "continuation" or joins:
            assert pending is not None
            pending = replace(pending, end=end)
        elif pending is not None:
            yield pending
            pending = None
        if kind not in {"blank", "continuation"} and not joins:
            pending = Unit(start, end, kind, 0)
        if marker and marker == fence:
            fence = ""
        elif marker and not fence:
            fence = marker
    if pending is not None:
        yield pending


def _lines(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for line in text.splitlines(keepends=True):
        yield start, start + len(line.rstrip())
        start += len(line)


def _kind(line: str, before: Unit | None) -> str:
    stripped = line.strip()
    if not stripped:
        return "blank"
    if stripped.startswith("#"):
        return "heading"
    if stripped.startswith("|"):
        return "row"
    if _ITEM.match(line):
        return "item"
    return "continuation" if before is not None and before.kind == "item" else "paragraph"


def _parts(text: str, block: Unit) -> Iterator[Unit]:
    """Yield the block, or its sentences when it is a long paragraph."""
    # Bars and rulers of a table are no words.
    words = sum(1 for word in text[block.start : block.end].split() if word.strip("|:-"))
    if block.kind != "paragraph" or words <= LONG_WORDS:
        yield replace(block, words=words)
        return
    start = block.start
    ends = [found.span() for found in _SENTENCE_END.finditer(text, block.start, block.end)]
    for end, following in [*ends, (block.end, block.end)]:
        yield replace(block, start=start, end=end, words=len(text[start:end].split()))
        start = following


def _placed(text: str, found: Iterable[Unit]) -> Iterator[Unit]:
    """Number the sections, and tell what cannot be quoted or not alone."""
    section, heading, elsewhere = 0, "", False
    before: Unit | None = None
    for unit in found:
        content = text[unit.start : unit.end].strip("#*_ \n")
        if unit.kind == "heading":
            section, heading = section + 1, content
        if unit.kind in {"heading", "paragraph"}:
            elsewhere = bool(_ELSEWHERE.fullmatch(content))
        placed = replace(
            unit,
            section=section,
            heading=heading,
            quotable=unit.kind != "heading" and not elsewhere,
            leans=_leans(unit, before, content),
            opens=_opens(unit, content),
        )
        yield placed
        before = placed


def _leans(unit: Unit, before: Unit | None, content: str) -> bool:
    if not content or _RULER.fullmatch(content):
        return True
    if before is None or before.kind == "heading":
        return False
    return before.opens or (unit.kind == "code" and before.kind in {"paragraph", "item"})


def _opens(unit: Unit, content: str) -> bool:
    short = unit.kind == "paragraph" and unit.words < OPENING_WORDS
    return not content or (short and content.endswith((":", "?", "："))) or bool(_RULER.fullmatch(content))
