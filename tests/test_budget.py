"""What answers may cost a day: taken before, corrected after, never more than the budget, whoever asks at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import toktok
from django.test import override_settings

from askpress import errors, keys, sites
from askpress.answer import budget, means
from askpress.answer.budget import Account
from askpress.providers.contract import Call, Completion, LanguageModel, LanguageTraits, Usage
from askpress.retrieval import store

MODEL = "gpt-5.4-mini"


@pytest.fixture
def account(db: None) -> Account:
    return Account(sites.ensure("https://example.org").id, key=None)


def key_with(budget_usd: float) -> int:
    keys.create("shop", ["ask"], daily_budget_usd=budget_usd)
    with store.autocommit() as cursor:
        row = cursor.execute("SELECT id FROM askpress_apikey").fetchone()
    assert row
    return int(row[0])


def spent() -> dict[str, float]:
    return {one.name.split(" (")[0]: round(one.usd, 6) for one in budget.today()}


def test_of_many_who_ask_at_once_no_more_are_let_in_than_the_budget_pays_for(account: Account) -> None:
    with override_settings(DAILY_BUDGET_USD=0.9), ThreadPoolExecutor(6) as pool:
        given = list(pool.map(lambda _: bool(budget.reserve(account, 0.1)), range(20)))

        assert given.count(True) == 9
        assert spent() == {"site example-org": pytest.approx(0.9)}


def test_a_key_that_has_used_up_its_own_budget_takes_nothing_from_the_sites(account: Account) -> None:
    shop = Account(account.site_id, key_with(0.5))
    budget.reserve(shop, 0.4)

    refused = budget.reserve(shop, 0.4)

    assert not refused
    assert spent() == {"site example-org": 0.4, "key shop": 0.4}
    assert budget.reserve(account, 0.4)


def test_the_share_tells_which_budget_is_nearer_its_end(account: Account) -> None:
    shop = Account(account.site_id, key_with(1.0))

    with override_settings(DAILY_BUDGET_USD=10):
        assert budget.reserve(shop, 0.9).share == pytest.approx(0.9)


def test_what_a_call_really_cost_stands_in_the_end(account: Account) -> None:
    with budget.paid(account, MODEL, sent=1_001, output_tokens=1_000) as bill:
        held = spent()
        bill.usage = Usage(100, 0, 10, cost=0.0003)

    assert held["site example-org"] > 0.005
    assert spent() == {"site example-org": 0.0003}


def test_without_a_budget_a_call_is_counted_with_what_is_written_down_next(account: Account) -> None:
    tab = budget.Tab(account)
    with budget.counted(tab):
        with budget.paid(account, MODEL, sent=1_001, output_tokens=1_000, tab=tab) as bill:
            bill.usage = Usage(100, 0, 10, cost=0.0003)
        held = spent()
        with store.autocommit() as cursor:
            tab.count(cursor, "SELECT %(more)s::text", {"more": "written down"})
            assert cursor.fetchone() == ("written down",)
        written = spent()

    assert (held, written, spent()) == ({"site example-org": 0.0}, *[{"site example-org": 0.0003}] * 2)


def test_what_nothing_was_written_down_for_is_counted_in_the_end(account: Account) -> None:
    tab = budget.Tab(account)
    with pytest.raises(errors.Stopped), budget.counted(tab):
        tab.add(0.0003, guess=False)
        raise errors.Stopped("Nobody waits for the answer any more.")

    assert [(one.usd, one.calls) for one in budget.today()] == [(0.0003, 1)]


def test_a_failed_call_costs_nothing(account: Account) -> None:
    with pytest.raises(errors.ProviderUnavailable), budget.paid(account, MODEL, sent=1, output_tokens=1_000):
        raise errors.ProviderUnavailable("down")

    assert spent() == {"site example-org": 0.0}


def test_a_call_that_may_cost_more_than_is_left_is_not_made(account: Account) -> None:
    called = []

    with (
        override_settings(DAILY_BUDGET_USD=0.004),
        pytest.raises(errors.BudgetSpent, match=r"0\.0045"),
        budget.paid(account, MODEL, sent=1, output_tokens=1_000),
    ):
        called.append(True)

    assert called == []


def test_a_model_of_unknown_price_is_taken_for_the_dearest_where_a_limit_must_hold(account: Account) -> None:
    with override_settings(DAILY_BUDGET_USD=1), budget.paid(account, "own", sent=1, output_tokens=1_000) as bill:
        bill.usage = Usage(1_000, 0, 100)

    assert spent() == {"site example-org": pytest.approx(0.015)}


def test_a_model_of_unknown_price_is_no_claim_about_money_without_a_limit(account: Account) -> None:
    with budget.paid(account, "own", sent=1, output_tokens=1_000) as bill:
        bill.usage = Usage(1_000, 0, 100)

    assert spent() == {"site example-org": 0.0}


def test_a_day_that_is_over_counts_no_more(account: Account) -> None:
    with override_settings(DAILY_BUDGET_USD=1):
        budget.reserve(account, 1)
        with store.autocommit() as cursor:
            cursor.execute("UPDATE askpress_spend SET day = day - 1")

        assert budget.reserve(account, 1)


class Silent(LanguageModel):
    """Says its text and nothing of what that used."""

    traits = LanguageTraits("openai", MODEL)

    def __init__(self, text: str) -> None:
        self.text = text

    def stream(
        self, *, instructions: str, prompt: str, schema: dict[str, Any], user: str, call: Call | None = None
    ) -> Iterator[str | Completion]:
        yield self.text
        yield Completion(data=None, outcome="complete", usage=Usage())


@pytest.mark.parametrize(
    "text",
    [
        "We are open from nine to six.",
        "我们九点到六点营业。",
        "Мы открыты с девяти до шести.",
        "نحن مفتوحون من التاسعة.",
    ],
)
def test_what_a_server_does_not_say_is_guessed_not_too_low_in_any_script(text: str) -> None:
    paying = means.Paying(Silent(text * 20), Account(0, None), max_output_tokens=100, tab=budget.Tab())

    *_, last = paying.stream(instructions="", prompt="", schema={}, user="")

    assert isinstance(last, Completion)
    assert last.usage.output_tokens >= toktok.batch_count([text * 20], "o200k_base", threads=1)[0]
