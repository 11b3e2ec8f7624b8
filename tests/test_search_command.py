"""`askpress search` in a pipe and in a terminal."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from django.db import connection

from askpress import commands
from tests import visitor

pytestmark = pytest.mark.usefixtures("db")


class Terminal:
    """Standard output that is a terminal."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def isatty(self) -> bool:
        return True

    def flush(self) -> None:
        """Nothing waits."""


def searched(capsys: pytest.CaptureFixture[str], *given: str) -> str:
    visitor.index_a_price()
    assert commands.main(["search", "puncture repairs", *given]) == 0
    return capsys.readouterr().out


def test_in_a_pipe_a_result_is_plain_text(capsys: pytest.CaptureFixture[str]) -> None:
    shown = searched(capsys)

    assert shown.startswith("1. Prices  (score 0.")
    assert "   Prices > Repairs\n   http://site.test/prices#repairs\n   " + visitor.PRICES in shown
    assert "\x1b" not in shown


def test_in_a_terminal_found_words_are_bold(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal: Any = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)

    searched(capsys)

    assert "A \x1b[1mpuncture\x1b[0m \x1b[1mrepair\x1b[0m costs" in terminal.text


@pytest.mark.parametrize("command", ["search", "ask"])
def test_what_a_title_would_do_to_a_terminal_is_not_done(capsys: pytest.CaptureFixture[str], command: str) -> None:
    visitor.index_a_price()
    with connection.cursor() as writing:
        writing.execute("UPDATE askpress_document SET title = E'Pri\\x1b[2Jces'")

    assert commands.main([command, "puncture repair"]) == 0

    shown = capsys.readouterr().out
    assert "Pri [2Jces" in shown
    assert "\x1b" not in shown


def test_json_is_what_the_api_gives(capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(searched(capsys, "--json", "--group", "--explain"))

    assert told["results"][0]["passages"][0]["chunk_id"] == "price-1"
    assert told["explain"]["evidence"]["enough"] is True


def test_explained_it_names_scores_ranks_and_floor(capsys: pytest.CaptureFixture[str]) -> None:
    shown = searched(capsys, "--explain")

    assert "by meaning and words: cosine " in shown
    assert "(rank 1), coverage 1.00" in shown
    assert "Evidence: yes; one nearness must reach " in shown


def test_nothing_is_said_with_what_came_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    visitor.index_a_price()

    assert commands.main(["search", "zygomorphic quokkas", "--explain"]) == 0

    shown = capsys.readouterr().out
    assert shown.startswith("Nothing on this site is about that.")
    assert "Evidence: no" in shown
    assert "Prices  http://site.test/prices" in shown
