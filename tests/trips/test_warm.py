"""Questions are answered ahead of time, within a cost, and the text of a post leaves Redis on demand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.test import override_settings

from askpress import errors, sites
from askpress.answer import budget
from askpress.commands import main
from askpress.commands import warm as warm_command
from tests.trips.bakery import CLAIM, QUESTION, generations, say
from tests.trips.conftest import Service


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    file = tmp_path / "questions.jsonl"
    lines = ["# prices", QUESTION, "", json.dumps({"question": "zebra quantum xylophone", "answerable": False})]
    file.write_text("\n".join([*lines, QUESTION]), encoding="utf-8")
    return file


def warm(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, object]:
    code = main(["warm", *map(str, words), "--json"])
    return {**json.loads(capsys.readouterr().out), "code": code}


def test_a_files_questions_are_remembered_afterwards(
    bakery: Service, questions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    say(bakery, CLAIM)

    first = warm(capsys, questions)
    again = warm(capsys, questions)

    assert (first["made"], first["refused"], first["code"]) == (1, 1, 0)
    assert (again["there"], again["made"], again["cost"]) == (2, 0, 0)
    assert bakery.ask(QUESTION)["cached"] is True


def test_it_stops_before_it_could_cost_more(
    bakery: Service, questions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = warm(capsys, questions, "--max-cost", "0.001")

    assert (found["made"], found["code"], generations(bakery)) == (0, 1, 0)
    assert "could cost" in str(found["stopped"])


def test_it_stops_when_the_budget_is_used_up(
    bakery: Service, questions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with override_settings(DAILY_BUDGET_USD=1):
        budget.reserve(budget.Account(sites.first().id, None), 1)

        found = warm(capsys, questions)

    assert (found["degraded"], found["code"]) == (1, 1)


def test_without_a_file_the_kept_questions_are_asked(bakery: Service, capsys: pytest.CaptureFixture[str]) -> None:
    say(bakery, CLAIM)
    say(bakery, CLAIM)
    with override_settings(KEEP_QUESTIONS=True):
        bakery.ask(QUESTION)
        main(["purge", "--post", "1", "--json"])
        assert json.loads(capsys.readouterr().out) == {"seen": 1, "removed": 1}

        assert warm(capsys)["made"] == 1


def test_without_a_file_and_kept_questions_it_says_what_to_do(
    bakery: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["warm"]) == 2
    assert "askpress warm FILE" in capsys.readouterr().err


@pytest.mark.parametrize("line", ["{", '{"question": 7}', '{"text": "x"}', "x" * 5_000, "#"])
def test_a_line_that_is_no_question_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "questions.txt"
    file.write_text(line)

    with pytest.raises(errors.UsageError, match=r"line 1|no question"):
        warm_command.read(file)
