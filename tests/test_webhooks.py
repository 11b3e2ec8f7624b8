"""A site's secrets: two are valid while one replaces the other, and the command says so."""

from __future__ import annotations

import argparse
import json
from typing import Any

import pytest
from django.test import override_settings

from askpress import sites, webhooks
from askpress.commands import webhook
from askpress.errors import UsageError
from askpress.retrieval import store
from tests.test_api_ingest import POST_7, signed, told
from tests.test_api_ingest import secret as secret
from tests.test_api_ingest import site as site

pytestmark = pytest.mark.usefixtures("db")


def test_both_secrets_are_valid_while_one_replaces_the_other(site: sites.Site, secret: str) -> None:
    newer = webhooks.create(site.id)

    assert signed(secret, POST_7).status_code == 202
    assert signed(newer, POST_7, message_id="msg_2").status_code == 202


def test_a_retired_secret_is_valid_no_longer(site: sites.Site, secret: str) -> None:
    newer = webhooks.create(site.id)

    assert webhooks.retire(site.id) == 1
    assert told(signed(secret, POST_7)) == (401, "bad_signature")
    assert signed(newer, POST_7).status_code == 202


def test_a_third_secret_is_refused_and_leaves_two(site: sites.Site, secret: str) -> None:
    webhooks.create(site.id)

    with pytest.raises(UsageError, match="--retire"):
        webhooks.create(site.id)

    assert len(webhooks.secrets(site.id)) == 2


def run_command(*words: str) -> int:
    parser = argparse.ArgumentParser()
    webhook.add_arguments(parser)
    with override_settings(WP_URL="http://site.test"):
        return webhook.run(parser.parse_args(words))


def test_the_command_makes_replaces_and_ends_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    def said(*words: str) -> Any:
        assert run_command(*words, "--json") == 0
        return json.loads(capsys.readouterr().out)

    first = said("--new")["secret"]
    assert signed(first, POST_7).status_code == 202
    assert len(said("--new")["secret"]) > 40
    assert len(said()["secrets"]) == 2
    assert first not in str(said())
    assert said("--retire") == {"ended": 1}
    assert said("--off") == {"ended": 1}
    assert said()["secrets"] == []


@pytest.mark.parametrize(("words", "mode"), [(["--new"], "webhook"), (["--off"], "polling")])
def test_the_command_sets_the_sites_mode(site: sites.Site, words: list[str], mode: str) -> None:
    run_command(*words)

    with store.autocommit() as cursor:
        assert cursor.execute("SELECT mode FROM askpress_site").fetchall() == [(mode,)]
