"""Chunking: a cleaned post becomes pieces of at most so many tokens, cut where its structure allows."""

from __future__ import annotations

import itertools
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from semantic_text_splitter import MarkdownSplitter

from askpress import errors
from askpress.text import lead, outline, overlap
from askpress.text.cleaning import Cleaned
from askpress.text.outline import Section, Span
from askpress.text.tokens import Counter, Measured

VERSION = 1

# One heading in four starts a new chunk whatever came before it, so that an edit moves few later borders.
_BREAK_EVERY = 4
_STRETCH_CHARS = 100_000
_STEP_BACK_CHARS = 100
# The offline model calls any word of more than 100 letters one token; a chunk must still be readable.
_MOST_CHARS_PER_TOKEN = 16


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a cleaned text; `text` is exactly `cleaned.text[start:end]`."""

    position: int
    # The overlap with the chunk before is included: start < end of the chunk before.
    start: int
    end: int
    # Where the part not shared with the chunk before begins; equals start for the first.
    fresh: int
    text: str
    # The headings above all of the fresh part, outermost first; the post's title is not repeated.
    headings: tuple[str, ...]
    # HTML id of the innermost of them, or "".
    anchor: str
    token_count: int

    def embedded_text(self, title: str) -> str:
        """Return what is embedded: title and headings on a line of about 40 tokens at most, then the text."""
        front = lead.line(tuple(part for part in (title, *self.headings) if part))
        return f"{front}\n{self.text}" if front else self.text


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Tokens a chunk may have, in total and by what it is made of."""

    chunk: int
    overlap: int
    measured: Measured

    def count(self, start: int, end: int) -> int:
        return max(self.measured.count(start, end), (end - start) // _MOST_CHARS_PER_TOKEN)

    @property
    def fresh(self) -> int:
        return self.chunk - self.overlap

    @property
    def most_fresh(self) -> int:
        """For what should stay whole a part of the overlap is given up, never all of it."""
        return self.chunk - min(self.overlap, max(8, self.overlap // 4))


def split(cleaned: Cleaned, *, title: str, chunk_tokens: int, overlap_tokens: int, count: Counter) -> list[Chunk]:
    """Return the chunks in order; raises UsageError when the overlap leaves no room for new text.

    Neighbours share up to `overlap_tokens`; without the shared part the chunks cover every letter once.
    """
    if not 0 <= overlap_tokens < chunk_tokens:
        raise errors.UsageError(
            f"Chunks of {chunk_tokens} tokens cannot overlap by {overlap_tokens}: choose an overlap from 0 to "
            f"{max(chunk_tokens - 1, 0)}."
        )
    if not cleaned.text.strip():
        return []
    measured = Measured(cleaned.text, count)
    sizes = _Sizes(chunk=chunk_tokens, overlap=overlap_tokens, measured=measured)
    parts = outline.sections(cleaned.text, cleaned.anchors)
    chunks: list[Chunk] = []
    for span in _fresh_spans(cleaned.text, parts, sizes):
        chunks.append(_chunk(cleaned.text, span, parts, title=title, before=chunks[-1:], sizes=sizes))
    return chunks


def _chunk(
    text: str, span: Span, parts: Sequence[Section], *, title: str, before: Sequence[Chunk], sizes: _Sizes
) -> Chunk:
    fresh, end = span
    start = fresh
    if before and sizes.overlap:
        floor = before[-1].start
        start = overlap.start(text, floor, span, most=sizes.overlap, room=sizes.chunk, count=sizes.count)
    headings, anchor = outline.path_of(parts, span)
    if headings and headings[0].casefold() == title.casefold():
        headings = headings[1:]
    return Chunk(
        position=before[-1].position + 1 if before else 0,
        start=start,
        end=end,
        fresh=fresh,
        text=text[start:end],
        headings=headings,
        anchor=anchor,
        token_count=sizes.measured.count(start, end),
    )


def _fresh_spans(text: str, parts: Sequence[Section], sizes: _Sizes) -> list[Span]:
    """Return the spans of new text: each group of sections is split by itself, so edits stay local."""
    if sizes.count(0, len(text)) <= sizes.chunk:
        return [_trimmed(text, (0, len(text)))]
    spans: list[Span] = []
    for group in _groups(text, outline.top_spans(parts), sizes):
        spans += _joined(text, _pieces(text, group, sizes), sizes)
    return spans


def _groups(text: str, spans: Sequence[Span], sizes: _Sizes) -> list[Span]:
    """Join neighbouring sections while they fit into one chunk, except where a heading always breaks."""
    groups: list[Span] = []
    filled = sizes.fresh
    for start, end in spans:
        tokens = sizes.count(start, end)
        if filled + tokens <= sizes.fresh and not _always_breaks(text, start):
            groups[-1] = (groups[-1][0], end)
            filled += tokens
        else:
            groups.append((start, end))
            filled = tokens
    return groups


def _always_breaks(text: str, start: int) -> bool:
    heading = text[start : text.find("\n", start)]
    return zlib.crc32(heading.encode()) % _BREAK_EVERY == 0


def _pieces(text: str, span: Span, sizes: _Sizes) -> list[Span]:
    trimmed = _trimmed(text, span)
    if trimmed[0] >= trimmed[1]:
        return []
    if sizes.count(*trimmed) <= sizes.fresh:
        return [trimmed]
    edges = [span[0], *itertools.chain(*_kept_whole(text, span, sizes)), span[1]]
    pieces: list[Span] = []
    for index, between in enumerate(itertools.pairwise(edges)):
        pieces += [_trimmed(text, between)] if index % 2 else _cut_small(text, between, sizes)
    return [piece for piece in pieces if piece[0] < piece[1]]


def _cut_small(text: str, span: Span, sizes: _Sizes) -> list[Span]:
    pieces: list[Span] = []
    for start, end in _stretches(text, span):
        splitter = MarkdownSplitter.from_callback(_Asked(text, (start, end), sizes), sizes.fresh)
        cuts = splitter.chunk_indices(text[start:end])
        pieces += [(start + offset, start + offset + len(piece)) for offset, piece in cuts]
    return pieces


class _Asked:
    """Counts the pieces the splitter asks for by where they stand: it asks for each word of a text twenty times."""

    def __init__(self, text: str, stretch: Span, sizes: _Sizes) -> None:
        self._text, self._stretch, self._sizes = text, stretch, sizes
        self._at = stretch[0]

    def __call__(self, piece: str) -> int:
        if not self._text.startswith(piece, self._at):
            self._at = self._place(piece)
        return self._sizes.count(self._at, self._at + len(piece))

    def _place(self, piece: str) -> int:
        """It goes forward, but for some blanks; another place with the same text has as many tokens."""
        start, end = self._stretch
        near = self._text.find(piece, max(start, self._at - _STEP_BACK_CHARS), end)
        return near if near >= 0 else self._text.index(piece, start, end)


def _stretches(text: str, span: Span) -> list[Span]:
    """The splitter is quadratic where there are no borders: 1 MB of one word takes 17 s, in stretches 2 s."""
    stretches: list[Span] = []
    start, end = span
    while end - start > _STRETCH_CHARS:
        limit = start + _STRETCH_CHARS
        borders = (text.rfind(mark, start + 1, limit) for mark in ("\n\n", "\n", " "))
        cut = next((border for border in borders if border > 0), limit)
        stretches.append((start, cut))
        start = cut
    return [*stretches, (start, end)]


def _kept_whole(text: str, span: Span, sizes: _Sizes) -> list[Span]:
    """Return the tables and code blocks that need more than the usual share of a chunk, and fit."""
    blocks = ((span[0] + start, span[0] + end) for start, end in outline.whole_blocks(text[slice(*span)]))
    counted = ((block, sizes.count(*block)) for block in blocks)
    return [block for block, tokens in counted if sizes.fresh < tokens <= sizes.most_fresh]


def _joined(text: str, pieces: Sequence[Span], sizes: _Sizes) -> list[Span]:
    """Move headings at a piece's end to what they stand above, and join a few last words with their text.

    The fence of code that is cut would else be a chunk of its own, found by the title above it.
    """
    few = max(1, sizes.fresh // 8)
    joined: list[Span] = []
    for start, end in pieces:
        before = joined[-1] if joined else (start, start)
        tail = _closing_headings(text, before)
        if tail < before[1] and _fits(text, tail, end, sizes):
            joined[-1:] = [kept] if (kept := _trimmed(text, (before[0], tail)))[0] < kept[1] else []
            joined.append((tail, end))
        elif (
            joined
            and (sizes.count(start, end) <= few or not re.search(r"\w", text[slice(*before)]))
            and _fits(text, before[0], end, sizes)
        ):
            joined[-1] = (before[0], end)
        else:
            joined.append((start, end))
    return joined


def _fits(text: str, start: int, end: int, sizes: _Sizes) -> bool:
    return sizes.count(start, end) <= sizes.most_fresh


def _closing_headings(text: str, span: Span) -> int:
    """Return where the headings begin that end the span; its end when it ends otherwise."""
    lines = text[slice(*span)].split("\n")
    start = end = span[1]
    while lines and (not lines[-1].strip() or re.match("#{1,6} ", lines[-1])):
        end -= len(lines[-1])
        start = end if lines.pop().strip() else start
        end -= 1
    return start


def _trimmed(text: str, span: Span) -> Span:
    inner = text[slice(*span)]
    start = span[0] + len(inner) - len(inner.lstrip())
    return start, max(start, span[0] + len(inner.rstrip()))
