"""Packs chunks' terms as Postgres's binary tsvector and pgvector's binary sparsevec, many chunks at once. Pure."""

from __future__ import annotations

import itertools
import operator
import struct
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from askpress.retrieval import bm25

# What tsvector holds: the last position, and how many a lexeme may have.
_MAX_POSITION = 16_383
_MAX_POSITIONS = 255

_Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Terms:
    """One chunk's terms as COPY ... (FORMAT BINARY) takes them."""

    tsvector: bytes
    weights: bytes


@dataclass(frozen=True, slots=True)
class _Words:
    """The different lexemes of some chunks, numbered in the order of their dimensions."""

    # As tsvector writes it, and where it stands in every sparse vector; both by number.
    written: list[bytes]
    dimensions: _Numbers
    # Numbers of all occurrences, chunk after chunk.
    occurring: _Numbers


@dataclass(frozen=True, slots=True)
class _Entries:
    """Each chunk's different lexemes, by chunk and dimension; and all occurrences in the same order."""

    chunk: _Numbers
    word: _Numbers
    # Where the entry's occurrences begin, and how many there are.
    start: _Numbers
    count: _Numbers
    # Of each occurrence, from 1; those of an entry rise.
    position: _Numbers


def pack(chunks: Sequence[Sequence[str]], *, mean_lexemes: float) -> list[Terms]:
    """Return the terms of chunks given by their lexemes in order: positions, and the weights of bm25."""
    lengths = np.fromiter(map(len, chunks), np.int64, len(chunks))
    words = _words(chunks, int(lengths.sum()))
    entries = _entries(lengths, words)
    borders = np.searchsorted(entries.chunk, np.arange(len(chunks) + 1))
    tsvectors = _tsvectors(entries, borders, words)
    return list(map(Terms, tsvectors, _weights(entries, words, lengths, mean_lexemes)))


def _words(chunks: Sequence[Sequence[str]], total: int) -> _Words:
    # Whoever is looked up first is numbered first.
    seen: defaultdict[str, int] = defaultdict(itertools.count().__next__)
    numbered = (operator.itemgetter(*some)(seen) if len(some) > 1 else map(seen.__getitem__, some) for some in chunks)
    occurring = np.fromiter(itertools.chain.from_iterable(numbered), np.int64, total)
    written = [name.encode() for name in seen]
    dimensions = np.fromiter(map(bm25.place, written), np.int64, len(written))
    order = np.argsort(dimensions, kind="stable")
    number = np.empty_like(order)
    number[order] = np.arange(len(order))
    return _Words([written[place] + b"\0" for place in order.tolist()], dimensions[order], number[occurring])


def _entries(lengths: _Numbers, words: _Words) -> _Entries:
    total = len(words.occurring)
    chunk = np.repeat(np.arange(len(lengths)), lengths)
    position = np.arange(1, total + 1) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    # By chunk, word and place: numbers that hold all three are sorted four times as quickly as places by the others.
    bits = total.bit_length()
    ordered = np.sort((chunk * len(words.written) + words.occurring) << bits | np.arange(total))
    order = ordered & ((1 << bits) - 1)
    start = np.flatnonzero(np.diff(ordered >> bits, prepend=-1))
    first = order[start]
    return _Entries(chunk[first], words.occurring[first], start, np.diff(start, append=total), position[order])


def _weights(entries: _Entries, words: _Words, lengths: _Numbers, mean_lexemes: float) -> Iterator[bytes]:
    weight = bm25.saturated(entries.count, bm25.norm(lengths, mean_lexemes=mean_lexemes)[entries.chunk])
    chunk, dimension = entries.chunk, words.dimensions[entries.word]
    place = chunk * bm25.DIMENSIONS + dimension
    if (place[1:] == place[:-1]).any():
        # Two lexemes of a chunk share a place: the one that comes later in the text has it.
        order = np.lexsort((entries.position[entries.start], place))
        last = order[np.diff(place[order], append=-1) != 0]
        chunk, dimension, weight = chunk[last], dimension[last], weight[last]
    dimensions, weights = dimension.astype(">i4").tobytes(), weight.astype(">f4").tobytes()
    for start, end in itertools.pairwise(np.searchsorted(chunk, np.arange(len(lengths) + 1)).tolist()):
        head = struct.pack(">iii", bm25.DIMENSIONS, end - start, 0)
        yield head + dimensions[4 * start : 4 * end] + weights[4 * start : 4 * end]


def _tsvectors(entries: _Entries, borders: _Numbers, words: _Words) -> Iterator[bytes]:
    """Yield the number of lexemes, then of each its bytes, the number of its positions and these."""
    counts, positions = _positions(entries)
    lengths = np.fromiter(map(len, words.written), np.int64, len(words.written))
    lexemes = np.frombuffer(b"".join(words.written), np.uint8)
    # Of both by turns, out of one row in which the positions stand behind all lexemes.
    taken = np.stack([lengths[entries.word], 2 * (counts + 1)], axis=1)
    ends = np.cumsum(taken, axis=0)
    starts = ends - taken
    starts[:, 0] = (np.cumsum(lengths) - lengths)[entries.word]
    starts[:, 1] += len(lexemes)
    packed = np.concatenate([lexemes, positions])[_runs(starts.ravel(), taken.ravel())].tobytes()
    places = np.concatenate([[0], ends.sum(axis=1)])[borders].tolist()
    for count, (start, end) in zip(np.diff(borders).tolist(), itertools.pairwise(places), strict=True):
        yield struct.pack(">i", count) + packed[start:end]


def _runs(starts: _Numbers, lengths: _Numbers) -> _Numbers:
    """Return the places of all runs, one after the other."""
    before = np.cumsum(lengths) - lengths
    places: _Numbers = np.repeat(starts - before, lengths)
    places += np.arange(len(places))
    return places


def _positions(entries: _Entries) -> tuple[_Numbers, npt.NDArray[np.uint8]]:
    """Return how many positions each entry keeps, and the bytes of these, each entry's after their number."""
    kept, counts = _within_limits(entries)
    numbers = np.insert(kept, np.cumsum(counts) - counts, counts)
    return counts, numbers.astype(">u2").view(np.uint8)


def _within_limits(entries: _Entries) -> tuple[_Numbers, _Numbers]:
    """Return the positions that are kept, and how many each entry has of them."""
    position, count = entries.position, entries.count
    if position.max(initial=0) <= _MAX_POSITION and count.max(initial=0) <= _MAX_POSITIONS:
        return position, count
    position = np.minimum(position, _MAX_POSITION)
    rank = np.arange(len(position)) - np.repeat(entries.start, count)
    # What is beyond the last position is said to stand there, once.
    kept = (rank < _MAX_POSITIONS) & ((rank == 0) | (np.diff(position, prepend=0) != 0))
    return position[kept], np.diff(np.cumsum(kept)[entries.start + count - 1], prepend=0)
