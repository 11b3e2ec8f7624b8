"""Snippets: the stretch of a passage that shows best why it was found, with the words of the question marked. Pure."""

from __future__ import annotations

import functools
import html
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from askpress.text import terms

# Of the passage; markup and the header of a table come on top. Two lines of a result list on a wide screen.
MAX_CHARS = 240
# How far before its first word a snippet may begin to begin with a sentence, else with a word.
_SENTENCE_CHARS = 120
_WORD_CHARS = 60
# What the words it is made for may stretch over.
_WORDS_CHARS = 180
# The rarest words of the question say where to look: with all of a long one's, looking costs three times as much.
_TELLING = 4
_MAX_HEADER_CHARS = 100
_ELLIPSIS = "…"
_ENDS = (". ", "! ", "? ", "… ", "。", "！", "？")
_DASHES = re.compile(r"\|[\s|:-]*-[\s|:-]*")
_ITEM = re.compile(r"\s*(?:[-*+]|(\d{1,4}[.)]))\s+")
_ITEM_BEGINNINGS = frozenset("-*+ \t0123456789")
_HEADING = re.compile(r"#{1,6}\s+")
_FENCE = re.compile(r"^ *(?:`{3,}|~{3,})", re.MULTILINE)
_BETWEEN_CELLS = re.compile(r"(?<!\\)\|")
# Code, links and escaped signs leave what they hold; signs of emphasis and what is left of code leave nothing. A star
# between letters or digits, or by itself, is no sign of emphasis.
_INLINE = re.compile(
    r"(`+)(?P<code>[^`].*?)\1(?!`)|!?\[(?P<link>[^\]]*)\]\([^)\s]*\)?|\\(?P<escaped>[^\w\s])"
    r"|`+|\*{2,}|(?<!\w)\*(?=\S)|(?<=\S)\*(?!\w)"
)


@dataclass(frozen=True, slots=True)
class Snippet:
    """One line of plain text."""

    text: str
    # Start and end of what is marked, in order, apart from each other.
    marks: tuple[tuple[int, int], ...]

    @property
    def html(self) -> str:
        """The text with its marks as <mark>; everything else in it is escaped."""
        return self.marked("<mark>", "</mark>", written=html.escape)

    def marked(self, before: str, after: str, *, written: Callable[[str], str] = str) -> str:
        """Return the text with its marks between `before` and `after`, everything else as `written` has it."""
        pieces, end = [], 0
        for first, last in self.marks:
            pieces += [written(self.text[end:first]), before, written(self.text[first:last]), after]
            end = last
        return "".join([*pieces, written(self.text[end:])])


def of(text: str, idfs: Mapping[str, float], *, language: str) -> Snippet:
    """Return the snippet of a passage in Markdown, given the lexemes of the question and how rare each is.

    It shows as many of the rarest words of the question as fit, and begins and ends with
    a sentence, a list's item or a table's row where it can.
    """
    return _of(text, tuple(idfs.items()), language)


# Passages and questions repeat; a new one takes some 40 us.
@functools.lru_cache(maxsize=1_000)
def _of(text: str, idfs: tuple[tuple[str, float], ...], language: str) -> Snippet:
    weights = dict(idfs)
    start, end = (0, len(text)) if len(text) <= MAX_CHARS else _window(text, weights, language)
    shown = _plain(text, start, end)
    places = ((_border(shown, first, -1), _border(shown, last, 1))
              for first, last, _ in terms.places(shown, weights, language=language))  # fmt: skip
    return Snippet(shown, tuple(_merged(places)))


def _window(text: str, idfs: Mapping[str, float], language: str) -> tuple[int, int]:
    telling = sorted(idfs, key=lambda lexeme: -idfs[lexeme])[:_TELLING]
    places = terms.places(text, telling, language=language)
    if not places and len(telling) < len(idfs):
        places = terms.places(text, idfs, language=language)
    first, last = _best(places, idfs) if places else (0, 0)
    first, last = _border(text, first, -1), _border(text, last, 1)
    start = _start(text, first, room=MAX_CHARS - (last - first))
    return start, _end(text, start, last)


def _border(text: str, at: int, step: int) -> int:
    """Go on from `at` until no character is cut: marks, and what a joiner ties, belong to the one before."""
    while 0 < at < len(text) and not text[at].isascii() and _is_tied(text[at - 1], text[at]):
        at += step
    return at


def _is_tied(before: str, character: str) -> bool:
    # Thai's and Lao's sara am are letters only by name.
    return before == "\u200d" or character in "\u200d\u0e33\u0eb3" or unicodedata.category(character)[0] == "M"


def _best(places: list[terms.Place], idfs: Mapping[str, float]) -> tuple[int, int]:
    """Return where the words stand, first start to last end, that together say most; the earliest of equals."""
    worth = best = 0.0
    at, first = (places[0][0], places[0][1]), 0
    held: dict[str, int] = {}
    for start, end, lexemes in places:
        for lexeme in lexemes:
            worth += 0 if held.get(lexeme) else idfs[lexeme]
            held[lexeme] = held.get(lexeme, 0) + 1
        while end - places[first][0] > _WORDS_CHARS and places[first][0] < start:
            for lexeme in places[first][2]:
                held[lexeme] -= 1
                worth -= 0 if held[lexeme] else idfs[lexeme]
            first += 1
        # Sums of the same numbers in another order differ in their last digits.
        if worth > best + 1e-6:
            best, at = worth, (places[first][0], end)
    return at


def _start(text: str, first: int, *, room: int) -> int:
    """Return where a snippet with its first word at `first` begins: with its line, a sentence or a word."""
    floor = max(0, first - min(room, _SENTENCE_CHARS))
    if floor == 0:
        return 0
    if (line := text.find("\n", floor, first)) >= 0:
        return line + 1
    sentences = [at + len(end) for end in _ENDS if (at := text.find(end, floor, first)) >= 0]
    if sentences:
        return min(sentences)
    space = text.find(" ", max(0, first - min(room, _WORD_CHARS)), first)
    return space + 1 if space >= 0 else first


def _end(text: str, start: int, last: int) -> int:
    """Return where a snippet with its last word before `last` ends: with a line, a sentence or a word."""
    limit = max(start + MAX_CHARS, last)
    if limit >= len(text):
        return len(text)
    least = max(last, start + MAX_CHARS // 2)
    line = text.rfind("\n", least, limit)
    sentence = max(at + 1 if (at := text.rfind(end, least, limit)) >= 0 else -1 for end in _ENDS)
    if max(line, sentence) >= 0:
        return max(line, sentence)
    space = text.rfind(" ", last, limit)
    return space if space >= 0 else max(last, _border(text, limit, -1))


def _plain(text: str, start: int, end: int) -> str:
    """Return the stretch as one line without Markdown's signs."""
    lines = [line for line in _lines(text, start, end) if line[0]]
    if text[start : start + 1] == "|" and (header := _header(text, start)):
        lines.insert(0, (header, "·"))
    shown = "".join(_joined(lines))
    before = "" if _begins(text, start) else _ELLIPSIS
    after = "" if _ends(text, end) else f" {_ELLIPSIS}"
    return before + shown + after


def _lines(text: str, start: int, end: int) -> Iterator[tuple[str, str]]:
    """Yield what `_line` does; code between fences stays as it is, unless a text cut within it hides where it is."""
    fences = len(_FENCE.findall(text))
    fenced = fences % 2 == 0 and len(_FENCE.findall(text, 0, start)) % 2 == 1
    for line in text[start:end].split("\n"):
        if fences and _FENCE.match(line):
            fenced = not fenced and fences % 2 == 0
        else:
            yield (" ".join(line.split()), "") if fenced else _line(line)


def _begins(text: str, start: int) -> bool:
    return start == 0 or text[start - 1] in "\n。！？" or (text[start - 1] == " " and text[start - 2] in ".!?…")


def _ends(text: str, end: int) -> bool:
    return end == len(text) or text[end] == "\n" or text[end - 1] in ".!?…。！？"


def _joined(lines: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Rows and headings stand apart, items behind their own signs."""
    kind_before: str | None = None
    for line, kind in lines:
        if kind_before is not None:
            yield " · " if kind == "·" or (kind_before == "·" and not kind) else " "
        yield line
        kind_before = kind


def _line(line: str) -> tuple[str, str]:
    """Return the line as plain text, and what it is: "·" a row or heading, "•" an item, "" a paragraph."""
    if line[:1] == "|":
        return ("", "·") if _DASHES.fullmatch(line.strip()) else (_bare(_row(line)), "·")
    if line[:1] in _ITEM_BEGINNINGS and (item := _ITEM.match(line)):
        return _bare(f"{item[1] or '•'} {line[item.end() :]}"), "•"
    if line[:1] == "#" and (heading := _HEADING.match(line)):
        return _bare(line[heading.end() :]), "·"
    return _bare(line), ""


def _row(line: str) -> str:
    return " | ".join(cell.strip() for cell in _BETWEEN_CELLS.split(line.strip().strip("|")))


def _bare(line: str) -> str:
    if "*" in line or "`" in line or "[" in line or "\\" in line:
        line = _INLINE.sub(lambda found: found["code"] or found["link"] or found["escaped"] or "", line)
    return " ".join(line.split())


def _header(text: str, start: int) -> str:
    """Return the header of the table whose row begins at `start`, "" when that is it or there is none."""
    above: list[str] = []
    for line in reversed(text[:start].split("\n")[:-1]):
        if not line.startswith("|"):
            break
        above.append(line)
    header = _bare(_row(above[-1])) if len(above) > 1 and _DASHES.fullmatch(above[-2].strip()) else ""
    return header if len(header) <= _MAX_HEADER_CHARS else ""


def _merged(places: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Bigrams overlap, and so do the parts of an identifier."""
    held: tuple[int, int] | None = None
    for start, end in places:
        if held and start <= held[1]:
            held = held[0], max(end, held[1])
            continue
        if held:
            yield held
        held = start, end
    if held:
        yield held
