"""How an answer came about can be looked at again, without what nobody may read any more."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import override_settings

from askpress import errors, sites
from askpress.answer import ask, prompt, record
from askpress.answer.asked import Asked, Options
from askpress.commands import main, replay
from tests.trips.bakery import BREAD, CLAIM, QUESTION, say
from tests.trips.conftest import Service

KEEPING = override_settings(KEEP_QUESTIONS=True)


def answered(service: Service, question: str = QUESTION) -> str:
    say(service, CLAIM)
    return str(service.ask(question)["id"])


def in_conversation(question: str, *, key: int) -> dict[str, Any]:
    return ask.ask(Asked(question, site=sites.first(), user="tests", key=key, conversation="chat")).body


def told(identifier: str, question: str = "") -> dict[str, Any]:
    return replay.gather(record.find(identifier), question)


def test_prompt_models_passages_and_checks_are_told(bakery: Service, capsys: pytest.CaptureFixture[str]) -> None:
    identifier = answered(bakery)

    assert main(["replay", identifier, QUESTION]) == 0

    said = capsys.readouterr().out
    assert f"gpt-5.4-mini, prompt {prompt.VERSION}, text-embedding-3-small" in said
    assert "verbatim" in said
    assert "unchanged, quoted" in said
    assert "Our sourdough rests overnight" in said
    assert "0 new, 0 not found any more" in said
    assert "Differs" not in said


def test_claims_that_nothing_proved_are_counted(bakery: Service, capsys: pytest.CaptureFixture[str]) -> None:
    say(bakery, CLAIM, {**CLAIM, "quote": "sourdough is free of charge on Sundays"}, {**CLAIM, "source": 9})
    identifier = bakery.ask(QUESTION)["id"]

    assert main(["replay", identifier]) == 0

    assert "2 of the model's claims" in capsys.readouterr().out


def test_a_statement_that_is_marked_as_not_proven_is_told_as_such(
    bakery: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    say(bakery, {**CLAIM, "source": 9})
    options = Options(unverified="mark")
    identifier = ask.ask(Asked(QUESTION, site=sites.first(), user="tests", options=options)).body["id"]

    assert main(["replay", identifier]) == 0

    said = capsys.readouterr().out
    assert "Citation   none: the statement is marked as not proven" in said and "None" not in said


def test_no_question_is_kept_unless_the_owner_wants_it(bakery: Service) -> None:
    identifier = answered(bakery)

    assert told(identifier)["question"] == ""
    assert "sourdough cost" not in json.dumps(bakery.rows("SELECT askpress_answer::text FROM askpress_answer"))


def test_a_kept_question_is_redacted_and_searched_for_again(bakery: Service) -> None:
    with KEEPING:
        identifier = answered(bakery, f"I am jo@example.org. {QUESTION}")

    found = told(identifier)

    assert found["question"] == f"I am [e-mail]. {QUESTION}"
    assert found["today"]["same"]
    assert record.questions(1) == []


def test_the_text_of_a_post_that_is_hidden_is_told_no_more(bakery: Service) -> None:
    identifier = answered(bakery)
    bakery.site.set_status(1, "private")
    bakery.sync()

    found = told(identifier, QUESTION)

    assert found["passages"][0]["state"] == "gone"
    assert "4.50" not in json.dumps(found, default=str)
    assert found["today"]["lost"]


def test_quotes_and_minus_signs_of_a_question_are_punctuation_again(bakery: Service) -> None:
    question = 'What does a "loaf of sourdough" cost -eggs?'
    identifier = answered(bakery, question)

    today = told(identifier, question)["today"]

    assert (today["is_evidence"], today["lost"], today["same_order"]) == (True, (), True)


def test_an_edit_is_told_with_what_is_found_instead(bakery: Service) -> None:
    identifier = answered(bakery)
    bakery.site.edit(1, html=BREAD.replace("4.50", "5.10"))
    bakery.sync()

    found = told(identifier, QUESTION)

    assert found["passages"][0]["state"] == "changed"
    assert (len(found["today"]["new"]), len(found["today"]["lost"])) == (1, 1)
    assert found["differs"].keys() == {"corpus_version"}


def test_another_model_today_is_told(bakery: Service) -> None:
    identifier = answered(bakery)

    with override_settings(LANGUAGE_MODEL="gpt-6-sol"):
        assert told(identifier)["differs"] == {"language_model": ("gpt-5.4-mini", "gpt-6-sol")}


def test_a_remembered_answer_has_the_same_id_and_writes_nothing(bakery: Service) -> None:
    identifier = answered(bakery)

    assert bakery.ask(QUESTION)["id"] == identifier
    assert bakery.rows("SELECT count(*) FROM askpress_answer") == [(1,)]


def test_records_end_with_their_term_and_questions_with_the_switch(bakery: Service) -> None:
    with KEEPING:
        old, young = answered(bakery), answered(bakery, "What does sourdough cost a loaf?")
    bakery.rows(f"UPDATE askpress_answer SET created_at = now() - interval '31 days' WHERE id = '{old}' RETURNING 1")

    assert record.purge(days=30) == 1

    assert record.find(young).question == ""
    with pytest.raises(errors.UsageError, match="nothing is known"):
        record.find(old)


def test_nothing_is_kept_for_no_days(bakery: Service) -> None:
    with override_settings(ANSWER_LOG_DAYS=0):
        answered(bakery)

    assert bakery.rows("SELECT count(*) FROM askpress_answer") == [(0,)]


def test_a_named_conversation_goes_on_for_its_own_key_alone(bakery: Service) -> None:
    say(bakery, CLAIM)
    with KEEPING, override_settings(LANGUAGE_PROVIDER="extractive"):
        in_conversation(QUESTION, key=1)
        in_conversation("I am jo@example.org. " + QUESTION, key=1)
        mine = in_conversation("How much is it?", key=1)
        others = in_conversation("How much is it?", key=2)

    assert ("4.50" in mine["answer"], others["refused"]) == (True, True)
    kept = bakery.rows("SELECT question FROM askpress_answer WHERE conversation = 'chat' AND key = 1")
    assert (QUESTION,) in kept
    assert "jo@example.org" not in str(kept)
