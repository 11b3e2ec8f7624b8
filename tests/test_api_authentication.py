"""Who has a key gets in, who tries keys is slowed down, and nobody else is."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import override_settings

from askpress import keys
from askpress.api import authentication
from askpress.retrieval import store
from tests import visitor
from tests.visitor import Visitor

pytestmark = pytest.mark.usefixtures("db")

OWNERS = "owners-own-key-of-the-environment"


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("path", ["/search", "/ask", "/v1/search", "/v1/ask"])
def test_without_a_key_every_paid_address_is_shut(path: str, slash: str) -> None:
    reply = Visitor().post(path + slash, {"q": "prices"})

    assert reply.status_code == 401
    assert reply["WWW-Authenticate"] == 'Bearer realm="askpress"'
    assert visitor.body(reply)["error"] == "unauthorized"


@pytest.mark.parametrize(
    "headers",
    [
        {"X_API_Key": "ap_wrong"},
        {"Authorization": "Bearer ap_wrong"},
        {"X_API_Key": "\xfcml\xe4ut"},
        {"X_API_Key": "x" * 5000},
    ],
    ids=["header", "bearer", "latin", "long"],
)
def test_a_wrong_key_is_told_so(headers: dict[str, str]) -> None:
    reply = Visitor().post("/search", {"q": "prices"}, **headers)

    assert reply.status_code == 401
    assert 'error="invalid_token"' in reply["WWW-Authenticate"]


@pytest.mark.parametrize("scheme", ["Basic", "Digest", "", "Bearer"])
def test_another_scheme_than_bearer_is_no_key(scheme: str) -> None:
    assert Visitor().post("/search", {}, Authorization=f"{scheme} ").status_code == 401


@pytest.mark.parametrize("name", ["X_API_Key", "x_api_key", "Authorization"])
def test_a_key_counts_in_either_header(name: str) -> None:
    text = keys.create("test")
    sent = f"bearer {text}" if name == "Authorization" else text

    assert Visitor().post("/search", {}, **{name: sent}).status_code == 400


@override_settings(API_KEY=OWNERS)
def test_the_key_of_the_environment_may_everything() -> None:
    assert Visitor(OWNERS).post("/search", {}).status_code == 400
    assert Visitor(OWNERS).post("/ask", {}).status_code == 400


def test_a_revoked_key_no_longer_gets_in() -> None:
    asking = visitor.with_key()
    before = asking.post("/search", {}).status_code
    keys.revoke(asking.key[:8])
    keys.forget()

    assert (before, asking.post("/search", {}).status_code) == (400, 401)


def test_a_key_gets_in_until_it_expires() -> None:
    later = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    asking = Visitor(keys.create("test", expires_at=later))
    before = asking.post("/search", {}).status_code
    with store.autocommit() as cursor:
        cursor.execute("UPDATE askpress_apikey SET expires_at = now()")
    keys.forget()

    assert (before, asking.post("/search", {}).status_code) == (400, 401)


@pytest.mark.parametrize(("scope", "path"), [("ask", "/search"), ("search", "/ask"), ("ingest", "/v1/ask")])
def test_a_key_without_the_scope_is_told_which_it_needs(scope: str, path: str) -> None:
    reply = visitor.with_key(scope).post(path, {"q": "prices"})

    assert reply.status_code == 403
    assert visitor.body(reply)["code"] == "missing_scope"
    assert path.rpartition("/")[2] in visitor.body(reply)["detail"]
    assert "insufficient_scope" in reply["WWW-Authenticate"]


@pytest.mark.parametrize("path", ["/search", "/ask"])
def test_a_key_for_another_site_is_refused(path: str) -> None:
    site = visitor.index_a_price()
    text = keys.create("test")
    restrict_to(site.id + 1)

    reply = Visitor(text).post(path, {"q": "prices"})

    assert reply.status_code == 403
    assert "another site" in visitor.body(reply)["detail"]


def restrict_to(site_id: int) -> None:
    from askpress.models import ApiKey

    ApiKey.objects.update(sites=[site_id])


def try_keys(address: str, times: int) -> list[int]:
    return [Visitor(f"ap_{address}_{n}", address=address).post("/search", {}).status_code for n in range(times)]


def test_who_tries_many_keys_is_stopped_and_told_when_to_come_again() -> None:
    statuses = try_keys("192.0.2.1", authentication.FAILURES_PER_MINUTE + 5)
    last = Visitor("ap_one_more", address="192.0.2.1").post("/search", {})

    assert statuses == [401] * authentication.FAILURES_PER_MINUTE + [429] * 5
    assert 0 < int(last["Retry-After"]) <= 60


def test_a_known_key_behind_the_same_address_still_gets_in() -> None:
    asking = Visitor(keys.create("test"), address="192.0.2.2")
    asking.post("/search", {})
    try_keys("192.0.2.2", authentication.FAILURES_PER_MINUTE + 1)

    assert asking.post("/search", {}).status_code == 400


def test_a_network_of_ipv6_counts_as_one_client() -> None:
    statuses = [
        Visitor(f"ap_{n}", address=f"2001:db8::{n:x}").post("/search", {}).status_code
        for n in range(authentication.FAILURES_PER_MINUTE + 1)
    ]

    assert statuses[-1] == 429


def test_requests_without_any_key_are_not_counted_as_tries() -> None:
    statuses = {Visitor(address="192.0.2.3").post("/search", {}).status_code for _ in range(40)}

    assert statuses == {401}


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/v1/openapi.json", "/docs/api"])
def test_what_is_free_needs_no_key(path: str) -> None:
    assert Visitor("ap_wrong").get(path).status_code != 401
