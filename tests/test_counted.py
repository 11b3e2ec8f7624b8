"""One is said as one."""

from __future__ import annotations

from askpress.counted import counted


def test_one_is_said_as_one() -> None:
    assert [counted(number, "post") for number in (0, 1, 2, 2_000)] == ["0 posts", "1 post", "2 posts", "2,000 posts"]
