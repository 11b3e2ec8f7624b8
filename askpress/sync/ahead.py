"""Overlaps two steps of a trip: what was made of one slice is written by a thread while the next is read and made."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from typing import Generic, TypeVar

from askpress import errors

Piece = TypeVar("Piece")
Made = TypeVar("Made")
Written = TypeVar("Written")


@dataclass(frozen=True, slots=True)
class Steps(Generic[Piece, Made, Written]):
    """What happens to each slice."""

    # In the caller's thread.
    make: Callable[[Piece], Made]
    # In another, one at a time, in order; the event says that nobody waits for it any more.
    write: Callable[[Made, Event], Written]
    # In the caller's thread, never while something is written.
    settle: Callable[[Made, Written], None]
    # The same, for what was made and not written, because this or the slice before could not be.
    give_up: Callable[[Made], None]


def run(left: list[Piece], steps: Steps[Piece, Made, Written]) -> None:
    """Take each of `left` out of it and through the steps, in order.

    When one cannot be made, the one before is written and settled first.
    """
    abandoned = Event()
    before: tuple[Made, Future[Written]] | None = None
    with ThreadPoolExecutor(1, thread_name_prefix="writing") as thread:
        try:
            while left:
                made = _made(left.pop(0), before, steps)
                # Log lines of the thread carry the same id.
                context = contextvars.copy_context()
                before = made, thread.submit(context.run, steps.write, made, abandoned)
            _settle(before, steps)
        finally:
            abandoned.set()


def _made(piece: Piece, before: tuple[Made, Future[Written]] | None, steps: Steps[Piece, Made, Written]) -> Made:
    # What is no error of ours, Ctrl-C among them, waits for nothing: the next run finds what was written.
    try:
        made = steps.make(piece)
    except errors.AskpressError:
        # This error came first; the next run meets the other again.
        with contextlib.suppress(errors.AskpressError):
            _settle(before, steps)
        raise
    try:
        _settle(before, steps)
    except errors.AskpressError:
        steps.give_up(made)
        raise
    return made


def _settle(before: tuple[Made, Future[Written]] | None, steps: Steps[Piece, Made, Written]) -> None:
    if before is None:
        return
    made, writing = before
    error = writing.exception()
    if error is not None:
        steps.give_up(made)
        raise error
    steps.settle(made, writing.result())
