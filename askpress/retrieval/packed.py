"""Packs chunks' terms as Postgres's binary tsvector and pgvector's binary sparsevec, many chunks at once. Pure."""

from __future__ import annotations

import itertools
import struct
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
    number: dict[str, int]


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
    words = _words(chunks)
    lengths = np.fromiter(map(len, chunks), np.int64, len(chunks))
    entries = _entries(chunks, lengths, words)
    borders = np.searchsorted(entries.chunk, np.arange(len(chunks) + 1))
    tsvectors = _tsvectors(entries, borders, words)
    return list(map(Terms, tsvectors, _weights(entries, words, lengths, mean_lexemes)))


def _words(chunks: Sequence[Sequence[str]]) -> _Words:
    names = list(dict.fromkeys(itertools.chain.from_iterable(chunks)))
    written = [name.encode() for name in names]
    dimensions = np.fromiter(map(bm25.place, written), np.int64, len(names))
    order = np.argsort(dimensions, kind="stable")
    places = order.tolist()
    return _Words(
        written=[written[place] + b"\0" for place in places],
        dimensions=dimensions[order],
        number={names[place]: number for number, place in enumerate(places)},
    )


def _entries(chunks: Sequence[Sequence[str]], lengths: _Numbers, words: _Words) -> _Entries:
    total = int(lengths.sum())
    lexemes = itertools.chain.from_iterable(chunks)
    word = np.fromiter(map(words.number.__getitem__, lexemes), np.int64, total)
    chunk = np.repeat(np.arange(len(chunks)), lengths)
    position = np.arange(1, total + 1) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    key = chunk * len(words.written) + word
    order = np.argsort(key, kind="stable")
    start = np.flatnonzero(np.diff(key[order], prepend=-1))
    first = order[start]
    return _Entries(chunk[first], word[first], start, np.diff(start, append=total), position[order])


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
    of_lexeme, of_positions = lengths[entries.word], 2 * (counts + 1)
    ends = np.cumsum(of_lexeme + of_positions)
    written = np.empty(ends[-1] if len(ends) else 0, np.uint8)
    written[_runs(ends - of_positions - of_lexeme, of_lexeme)] = lexemes[
        _runs((np.cumsum(lengths) - lengths)[entries.word], of_lexeme)
    ]
    written[_runs(ends - of_positions, of_positions)] = positions
    packed, places = written.tobytes(), np.concatenate([[0], ends])[borders].tolist()
    for count, (start, end) in zip(np.diff(borders).tolist(), itertools.pairwise(places), strict=True):
        yield struct.pack(">i", count) + packed[start:end]


def _runs(starts: _Numbers, lengths: _Numbers) -> _Numbers:
    """Return the places of all runs, one after the other."""
    ends = np.cumsum(lengths)
    places: _Numbers = np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - (ends - lengths), lengths)
    return places


def _positions(entries: _Entries) -> tuple[_Numbers, npt.NDArray[np.uint8]]:
    """Return how many positions each entry keeps, and the bytes of these, each entry's after their number."""
    position = np.minimum(entries.position, _MAX_POSITION)
    rank = np.arange(len(position)) - np.repeat(entries.start, entries.count)
    # What is beyond the last position is said to stand there, once.
    kept = (rank < _MAX_POSITIONS) & ((rank == 0) | (np.diff(position, prepend=0) != 0))
    ends = np.cumsum(kept)[entries.start + entries.count - 1] if len(kept) else entries.start
    counts = np.diff(ends, prepend=0)
    number = np.arange(len(counts))
    numbers = np.empty(len(counts) + int(kept.sum()), ">u2")
    numbers[number + ends - counts] = counts
    numbers[np.arange(len(numbers) - len(counts)) + np.repeat(number + 1, counts)] = position[kept]
    return counts, numbers.view(np.uint8)
