"""`/search` over HTTP while the embedding model is away, or gives what nothing can be compared with."""

from __future__ import annotations

import json

import pytest
from django.test import override_settings

from tests import visitor
from tests.fakes import openai as fake_openai
from tests.fakes.openai import Fault
from tests.trips.bakery import QUESTION
from tests.trips.conftest import Service


@pytest.mark.parametrize(
    "fault",
    [fake_openai.SERVER_ERROR, fake_openai.NO_QUOTA, fake_openai.NO_MODEL, Fault("zero"), Fault("nan"),
     Fault("dimension"), Fault("html"), Fault("cut"), Fault("stall")],
    ids=lambda fault: f"{fault.kind} {fault.code}",
)  # fmt: skip
def test_without_meanings_words_are_compared_and_the_reply_says_so(bakery: Service, fault: Fault) -> None:
    bakery.openai.fail("/embeddings", fault, times=20)

    with override_settings(PROVIDER_RETRY_SECONDS=0, PROVIDER_TIMEOUT_SECONDS=0.5):
        reply = visitor.with_key("search").post("/search", {"q": QUESTION})

    body = json.loads(reply.content)
    assert (reply.status_code, body["degraded"]) == (200, "keyword")
    assert body["results"][0]["title"] == "Bread"


def test_once_the_model_is_back_meanings_are_compared_again(bakery: Service) -> None:
    bakery.openai.fail("/embeddings", fake_openai.NO_QUOTA)
    asking = visitor.with_key("search")
    with override_settings(PROVIDER_RETRY_SECONDS=0):
        before = json.loads(asking.post("/search", {"q": QUESTION}).content)

    after = json.loads(asking.post("/search", {"q": QUESTION}).content)

    assert (before["degraded"], after["degraded"]) == ("keyword", None)
