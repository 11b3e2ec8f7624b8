"""What is answered as a day's budget runs out, and how follow-up questions are put."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from django.test import override_settings

from askpress import keys, sites
from askpress.answer import ask, budget
from askpress.answer.asked import Asked
from askpress.answer.followup import Turn
from askpress.retrieval import queries
from tests.fakes import openai as fake_openai
from tests.trips.bakery import CLAIM, QUESTION, generations, say
from tests.trips.conftest import Service

SMALL = override_settings(SMALL_LANGUAGE_MODEL="gpt-5.4-nano")


def asked_model(service: Service) -> str:
    return str([r for r in service.openai.requests if r.path == "/responses"][-1].body["model"])


def spend(service: Service, usd: float) -> None:
    budget.reserve(budget.Account(sites.first().id, None), usd)


def test_a_full_budget_pays_for_the_full_model_and_what_it_cost_is_counted(bakery: Service) -> None:
    say(bakery, CLAIM)

    with override_settings(DAILY_BUDGET_USD=1):
        body = bakery.ask(QUESTION)
        (site,) = budget.today()

    assert body["degraded"] is None
    assert site.usd == pytest.approx(body["usage"]["cost_usd"], abs=1e-5)
    assert (site.calls, site.budget_usd) == (1, 1)


def test_a_key_whose_own_budget_is_used_up_gets_less_and_the_others_do_not(bakery: Service) -> None:
    say(bakery, CLAIM)
    keys.create("shop", ["ask"], daily_budget_usd=0.001)
    ((key,),) = bakery.rows("SELECT id FROM askpress_apikey WHERE name = 'shop'")
    shop = Asked(QUESTION, site=sites.first(), user="shop", key=key)

    answers = [ask.ask(shop).body["degraded"], bakery.ask(QUESTION)["degraded"], ask.ask(shop).body["cached"]]

    assert answers == ["extractive", None, True]


def test_from_four_fifths_on_the_smaller_model_writes_and_is_remembered_apart(bakery: Service) -> None:
    say(bakery, CLAIM)
    say(bakery, CLAIM)

    with SMALL, override_settings(DAILY_BUDGET_USD=1):
        spend(bakery, 0.8)
        small = bakery.ask(QUESTION)
        again = bakery.ask(QUESTION)
        asked = asked_model(bakery)
    full = bakery.ask(QUESTION)

    assert (small["degraded"], asked) == ("small_model", "gpt-5.4-nano")
    assert again == {**small, "cached": True}
    assert (full["degraded"], full["cached"], asked_model(bakery)) == (None, False, "gpt-5.4-mini")


def test_what_a_call_may_cost_must_be_left_or_quotes_answer(bakery: Service) -> None:
    with override_settings(DAILY_BUDGET_USD=1):
        spend(bakery, 0.999)
        body = bakery.ask(QUESTION)

    assert (body["degraded"], body["model"], generations(bakery)) == ("extractive", "extractive", 0)
    assert "4.50" in body["answer"]


def test_when_not_even_the_questions_embedding_is_left_the_nearest_pages_are_named(bakery: Service) -> None:
    embedded = bakery.embeddings
    with override_settings(DAILY_BUDGET_USD=1):
        spend(bakery, 1)
        body = bakery.ask(QUESTION)

    assert (body["degraded"], body["code"], body["refused"]) == ("search_only", "over_budget", True)
    assert body["suggestions"][0]["title"] == "Bread"
    assert (bakery.embeddings, generations(bakery)) == (embedded, 0)


def test_a_remembered_answer_costs_nothing_and_is_given_when_all_is_spent(bakery: Service) -> None:
    say(bakery, CLAIM)
    first = bakery.ask(QUESTION)

    with override_settings(DAILY_BUDGET_USD=1):
        spend(bakery, 1)

        assert bakery.ask(QUESTION) == {**first, "cached": True}


@pytest.mark.parametrize("fault", ["torn", "garbled", "unending", "endless"])
def test_a_reply_that_breaks_off_is_counted_as_far_as_it_went_and_told(bakery: Service, fault: str) -> None:
    bakery.openai.fail("/responses", fake_openai.Fault(fault))
    say(bakery, CLAIM, {**CLAIM, "text": "More words of it. " * 20})

    body = bakery.ask(QUESTION)
    (site,) = budget.today()

    assert body["usage"]["input_tokens"] > 200 and body["usage"]["output_tokens"] > 20
    assert site.usd == pytest.approx(body["usage"]["cost_usd"], abs=1e-5) != 0


def test_a_server_that_says_nothing_of_usage_is_taken_to_have_used_what_was_sent(bakery: Service) -> None:
    bakery.openai.unknown.add("usage")
    say(bakery, CLAIM)

    body = bakery.ask(QUESTION)
    (site,) = budget.today()

    assert (body["degraded"], body["usage"]["output_tokens"] > 20) == (None, True)
    assert site.usd == pytest.approx(body["usage"]["cost_usd"], abs=1e-5) != 0


def test_both_providers_down_leave_quotes(bakery: Service) -> None:
    bakery.openai.fail("/embeddings", fake_openai.NO_QUOTA, times=20)
    bakery.openai.fail("/responses", fake_openai.NO_QUOTA, times=20)

    body = bakery.ask(QUESTION)

    assert (body["degraded"], body["sources"][0]["title"]) == ("extractive", "Bread")


HISTORY = (Turn("user", "What does a loaf of sourdough cost?"), Turn("assistant", "A loaf costs 4.50 euros. [1]"))
ALONE = "How is a loaf of sourdough baked?"
BAKED = {"source": 1, "quote": "It is baked at six in the morning.", "text": "It is baked at six."}


def follow_up(service: Service, question: str, history: tuple[Turn, ...] = HISTORY) -> dict[str, Any]:
    return ask.ask(Asked(question, site=sites.first(), user="tests", history=history)).body


def test_a_follow_up_is_put_so_that_it_stands_alone_by_one_small_call(bakery: Service) -> None:
    bakery.openai.scripted.append({"question": ALONE})
    say(bakery, BAKED)

    with SMALL:
        body = follow_up(bakery, "And how is it baked?")

    small, full = [r.body for r in bakery.openai.requests if r.path == "/responses"]
    assert (small["model"], json.loads(small["input"])["question"]) == ("gpt-5.4-nano", "And how is it baked?")
    assert json.loads(full["input"])["question"] == ALONE
    assert bakery.openai.embedded[-1] == queries.normalised(ALONE, folds_case=False)
    assert body["sources"][0]["title"] == "Bread"


def test_the_usage_of_both_calls_is_summed_and_paid(bakery: Service) -> None:
    bakery.openai.scripted.append({"question": QUESTION})
    say(bakery, CLAIM)
    say(bakery, CLAIM)
    both = follow_up(bakery, "How much is it?")["usage"]
    (site,) = budget.today()

    one = bakery.ask(QUESTION)["usage"]

    assert both["input_tokens"] > one["input_tokens"]
    assert both["cost_usd"] > one["cost_usd"]
    assert site.calls == 2
    assert site.usd == pytest.approx(both["cost_usd"], abs=1e-5)


def test_a_question_that_stands_alone_is_not_rephrased_and_shares_its_answer(bakery: Service) -> None:
    say(bakery, CLAIM)
    first = bakery.ask(QUESTION)

    assert follow_up(bakery, QUESTION, (Turn("user", "How is green tea brewed?"),)) == {**first, "cached": True}


@override_settings(ANSWER_TIMEOUT_SECONDS=2)
def test_a_provider_that_says_nothing_takes_no_longer_than_an_answer_may(bakery: Service) -> None:
    bakery.openai.fail("/responses", fake_openai.Fault("stall"), times=9)
    begun = time.monotonic()

    body = follow_up(bakery, "And what does it cost?")

    assert time.monotonic() - begun < 6
    assert body["degraded"] == "extractive" and body["citations"]


@override_settings(LANGUAGE_PROVIDER="extractive", QUESTION_MAX_CHARS=40)
def test_what_was_said_before_takes_nothing_from_a_long_question(bakery: Service) -> None:
    question = "And what does it cost, a sourdough loaf?"

    follow_up(bakery, question, (Turn("user", f"Tell me about {'rye ' * 9}"),))

    assert bakery.openai.embedded[-1] == queries.normalised(question, folds_case=False)


def test_the_same_words_after_another_history_are_another_question(bakery: Service) -> None:
    bakery.openai.answers = lambda prompt, schema: {"found": False, "claims": [], "question": QUESTION}
    follow_up(bakery, "How much is it?")

    again = follow_up(bakery, "How much is it?")
    other = follow_up(bakery, "How much is it?", (Turn("user", "How is green tea brewed?"),))

    assert (again["cached"], other["cached"]) == (True, False)


def test_without_a_model_words_of_the_turn_before_make_up_for_it(bakery: Service) -> None:
    with override_settings(LANGUAGE_PROVIDER="extractive"):
        body = follow_up(bakery, "How much is it?")

    assert "4.50" in body["answer"]


def test_a_provider_that_is_down_leaves_words_of_the_turn_before(bakery: Service) -> None:
    bakery.openai.fail("/responses", fake_openai.NO_QUOTA, times=20)

    body = follow_up(bakery, "How much is it?")

    assert (body["degraded"], body["sources"][0]["title"]) == ("extractive", "Bread")
