"""What tells who asked does not stay in a kept question."""

from __future__ import annotations

import pytest

from askpress.answer.redaction import is_whole, redact


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("Write to jo.doe+shop@mail.example.org!", "Write to [e-mail]!"),
        ("My mail is ＪＯ＠example.org", "My mail is [e-mail]"),
        ("Split jo\u200b@exam\u200bple.org", "Split [e-mail]"),
        ("Call +49 (0)30 123 45-67 please", "Call [number] please"),
        ("Call 555-123-4567", "Call [number]"),
        ("Call 0171/2345678.", "Call [number]."),
        ("Card 4111 1111 1111 1111 declined", "Card [number] declined"),
        ("Card 4111111111111111", "Card [number]"),
        ("٠١٢٣٤٥٦٧٨٩ من", "[number] من"),
    ],
)
def test_addresses_and_numbers_are_taken_out(asked: str, kept: str) -> None:
    assert redact(asked) == kept
    assert not is_whole(redact(asked))


@pytest.mark.parametrize(
    "asked",
    [
        "Open on 2026-11-05 or 24.12.2026?",
        "What costs 1,500 euros?",
        "Is PHP 8.3.12 needed?",
        "Who @ the bakery?",
        "a@b",
    ],
)
def test_days_prices_and_versions_stay(asked: str) -> None:
    assert redact(asked) == asked
    assert is_whole(asked)
