"""What a provider says it still takes from us, and how long we wait for more."""

from __future__ import annotations

import pytest

from askpress.providers.allowance import Allowance, duration
from tests.fakes.embedding import Time

TOKENS = {
    "x-ratelimit-limit-tokens": "1000",
    "x-ratelimit-remaining-tokens": "400",
    "x-ratelimit-reset-tokens": "6s",
}


def test_what_is_left_may_be_sent_and_more_when_the_store_has_filled_up() -> None:
    time = Time()
    allowance = Allowance(clock=time.clock)
    allowance.read(TOKENS)
    waits = [allowance.wait_seconds(requests=1, tokens=tokens) for tokens in (400, 500, 1_000, 9_999)]
    time.sleep(2.5)

    # 600 tokens come in 6 seconds; what is larger than the store goes out when it is full.
    assert waits == [0.0, pytest.approx(1.0), pytest.approx(6.0), pytest.approx(6.0)]
    assert allowance.wait_seconds(requests=1, tokens=1_000) == pytest.approx(3.5)


def test_the_scarcer_of_requests_and_tokens_decides() -> None:
    allowance = Allowance(clock=Time().clock)
    requests = {name.replace("tokens", "requests"): value for name, value in TOKENS.items()}
    allowance.read(TOKENS | requests | {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "10s"})

    assert allowance.wait_seconds(requests=2, tokens=500) == pytest.approx(1.0)
    assert allowance.wait_seconds(requests=200, tokens=500) == pytest.approx(2.0)


def test_a_limit_of_the_day_is_left_to_the_refusal() -> None:
    allowance = Allowance(clock=Time().clock)
    allowance.read(TOKENS | {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "8h0m0s"})

    assert allowance.wait_seconds(requests=1, tokens=500) == 0.0


@pytest.mark.parametrize("name", list(TOKENS))
@pytest.mark.parametrize("value", ["", "-1", "soon", "1e9", "nan", "inf", "٣", "1h2", "6 s"])
def test_headers_that_say_nothing_change_nothing(name: str, value: str) -> None:
    allowance = Allowance(clock=Time().clock)
    allowance.read(TOKENS | {name: value})
    allowance.read({})

    assert allowance.wait_seconds(requests=1, tokens=1_000) == 0.0


def test_after_a_reply_without_a_limit_the_last_word_counts() -> None:
    allowance = Allowance(clock=Time().clock)
    allowance.read(TOKENS)
    allowance.read({"x-ratelimit-remaining-tokens": "0"})

    assert allowance.wait_seconds(requests=1, tokens=500) == pytest.approx(1.0)


def test_a_reply_that_was_overtaken_promises_nothing() -> None:
    time = Time()
    allowance = Allowance(clock=time.clock)
    allowance.read(TOKENS)
    allowance.read(TOKENS | {"x-ratelimit-remaining-tokens": "700", "x-ratelimit-reset-tokens": "3s"})
    before = allowance.wait_seconds(requests=1, tokens=700)
    time.sleep(3.0)

    assert before == pytest.approx(3.0)
    assert allowance.wait_seconds(requests=1, tokens=700) == 0.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("20ms", 0.02),
        ("1s", 1),
        ("6m0s", 360),
        ("1m30.5s", 90.5),
        ("1h2m3s", 3_723),
        ("1d", 86_400),
        ("0", 0),
        ("2.5", 2.5),
    ],
)
def test_lengths_of_time(text: str, seconds: float) -> None:
    assert duration(text) == pytest.approx(seconds)
