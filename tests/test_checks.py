"""What is said before serving of settings that do not fit each other."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks
from django.test import override_settings

from askpress import checks


@pytest.mark.parametrize(
    ("given", "models"),
    [
        ({}, []),
        ({"SMALL_LANGUAGE_MODEL": "small-of-mine"}, ["small-of-mine"]),
        ({"LANGUAGE_MODEL": "mine"}, ["mine"]),
        ({"LANGUAGE_MODEL": "mine", "LANGUAGE_PROVIDER": "extractive"}, []),
        ({"EMBEDDING_MODEL": "e-mine", "EMBEDDING_PROVIDER": "openai"}, ["e-mine"]),
        ({"LANGUAGE_MODEL": "mine", "DAILY_BUDGET_USD": None}, []),
    ],
)
def test_a_budget_over_a_model_of_unknown_price_is_warned_of(given: dict[str, object], models: list[str]) -> None:
    usual = {
        "DAILY_BUDGET_USD": 1.0, "LANGUAGE_PROVIDER": "openai", "LANGUAGE_MODEL": "gpt-5.4-mini",
        "SMALL_LANGUAGE_MODEL": "", "EMBEDDING_PROVIDER": "local",
    }  # fmt: skip
    with override_settings(**{**usual, **given}):
        found = checks.budget(None)

    assert [message.id for message in found] == ["askpress.W005"] * len(models)
    assert all(f"the price of {model} " in message.msg for model, message in zip(models, found, strict=True))


def test_a_setting_that_nobody_reads_is_warned_of_with_the_name_that_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASKPRESS_RECONCILE_INTERVAL", "60")
    monkeypatch.setenv("ASKPRESS_SWEEP_DAYS", "7")

    (found,) = checks.names(None)

    assert found.msg == "ASKPRESS_RECONCILE_INTERVAL is set, and there is no such setting."
    assert found.hint == "Did you mean ASKPRESS_RECONCILE_INTERVAL_SECONDS?"


def test_django_has_nothing_to_say_against_deploying() -> None:
    found = [message for message in run_checks(include_deployment_checks=True) if not message.is_silenced()]

    assert {str(message.id).partition(".")[0] for message in found} <= {"askpress"}
