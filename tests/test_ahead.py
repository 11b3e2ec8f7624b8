"""One slice is written while the next is made; order, counts and errors are those of one after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from threading import Event

import pytest

from askpress import errors, logs
from askpress.sync import ahead

SECONDS = 10


class Record:
    """What happened, and in which thread."""

    def __init__(self) -> None:
        self.happened: list[str] = []
        self.threads: dict[str, set[int]] = {}

    def add(self, step: str, piece: str) -> None:
        self.happened.append(f"{step} {piece}")
        self.threads.setdefault(step, set()).add(threading.get_ident())


def steps(
    record: Record,
    *,
    make: Callable[[str], None] = lambda piece: None,
    write: Callable[[str, Event], None] = lambda piece, abandoned: None,
) -> ahead.Steps[str, str, str]:
    def making(piece: str) -> str:
        make(piece)
        return piece

    def writing(piece: str, abandoned: Event) -> str:
        write(piece, abandoned)
        record.add("write", piece)
        return piece.upper()

    return ahead.Steps(
        making,
        writing,
        lambda piece, written: record.add("settle", f"{piece}{written}"),
        lambda piece: record.add("give up", piece),
    )


def test_slices_are_written_and_settled_in_order_the_latter_in_the_callers_thread() -> None:
    record, left = Record(), list("abc")

    ahead.run(left, steps(record))

    written = [said for said in record.happened if said.startswith("write")]
    settled = [said for said in record.happened if said.startswith("settle")]
    assert (written, settled) == (["write a", "write b", "write c"], ["settle aA", "settle bB", "settle cC"])
    assert (record.threads["settle"], left) == ({threading.get_ident()}, [])
    assert threading.get_ident() not in record.threads["write"]


def test_the_next_slice_is_made_while_one_is_written() -> None:
    made = {piece: Event() for piece in "ab"}
    seen: list[bool] = []

    ahead.run(
        list("ab"),
        steps(
            Record(),
            make=lambda piece: made[piece].set(),
            # The first is not written before the second is made.
            write=lambda piece, abandoned: seen.append(made["b"].wait(SECONDS)),
        ),
    )

    assert seen == [True, True]


def test_when_a_slice_cannot_be_made_the_one_before_is_written_and_settled() -> None:
    record = Record()

    def make(piece: str) -> None:
        if piece == "b":
            raise errors.Stopped("enough")

    with pytest.raises(errors.Stopped, match="enough"):
        ahead.run(left := list("abc"), steps(record, make=make))

    assert (record.happened, left) == (["write a", "settle aA"], ["c"])


def test_when_a_slice_cannot_be_written_it_and_the_next_are_given_up() -> None:
    record = Record()

    def write(piece: str, abandoned: Event) -> None:
        raise errors.ProviderUnavailable("no model")

    with pytest.raises(errors.ProviderUnavailable, match="no model"):
        ahead.run(left := list("abc"), steps(record, write=write))

    assert (record.happened, left) == (["give up a", "give up b"], ["c"])


def test_of_two_errors_the_one_that_came_first_is_told() -> None:
    failing = Event()

    def make(piece: str) -> None:
        if piece == "b":
            failing.set()
            raise errors.WordPressError("no site")

    def write(piece: str, abandoned: Event) -> None:
        failing.wait(SECONDS)
        raise errors.ProviderUnavailable("no model")

    with pytest.raises(errors.WordPressError, match="no site"):
        ahead.run(list("ab"), steps(Record(), make=make, write=write))


def test_ctrl_c_tells_the_writing_thread_that_nobody_waits() -> None:
    told: list[bool] = []

    def make(piece: str) -> None:
        if piece == "b":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ahead.run(
            list("ab"),
            steps(Record(), make=make, write=lambda piece, abandoned: told.append(abandoned.wait(SECONDS))),
        )

    assert told == [True]


def test_log_lines_of_what_is_written_carry_the_callers_id() -> None:
    seen: list[str] = []
    token = logs.trace.set("job-7")

    ahead.run(["a"], steps(Record(), write=lambda piece, abandoned: seen.append(logs.trace.get())))
    logs.trace.reset(token)

    assert seen == ["job-7"]
