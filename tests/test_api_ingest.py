"""POST /ingest: who may say that a post changed, what is stored of it, and what is refused."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import override_settings

from askpress import edits, keys, sites, webhooks
from askpress.retrieval import store
from askpress.wordpress import signature
from tests import visitor
from tests.visitor import Visitor

pytestmark = pytest.mark.usefixtures("db")

POST_7 = {"post_id": 7}
# As the plugin sends it.
EVENT = {"post_id": 7, "type": "page", "event": "delete", "modified_gmt": "2026-11-05T09:30:00Z"}
EDITED = dt.datetime(2026, 11, 5, 9, 30, tzinfo=dt.UTC)
HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


@pytest.fixture
def site() -> sites.Site:
    return sites.ensure("http://site.test")


@pytest.fixture
def secret(site: sites.Site) -> str:
    return webhooks.create(site.id)


def signed(
    secret: str,
    body: object,
    *,
    message_id: str = "msg_1",
    at: float | None = None,
    instead: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Send the body as the plugin does; `instead` takes the place of headers."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    timestamp = int(time.time() if at is None else at)
    signatures = signature.sign(secret, message_id=message_id, timestamp=timestamp, body=raw)
    headers = dict(zip(HEADERS, (message_id, str(timestamp), signatures), strict=True))
    return Visitor().send("POST", "/ingest", raw, headers | dict(instead or {}))


def queued() -> list[edits.Edit]:
    with store.autocommit() as cursor:
        rows = cursor.execute("SELECT args FROM procrastinate_jobs ORDER BY id").fetchall()
    return [edits.of(json.loads(args)) for (args,) in rows]


def told(reply: HttpResponse) -> tuple[int, Any]:
    return reply.status_code, visitor.body(reply).get("code")


def test_a_signed_webhook_is_stored_as_a_job(secret: str) -> None:
    reply = signed(secret, EVENT)

    assert reply.status_code == 202
    assert visitor.body(reply) == {"job": 1, "duplicate": False}
    assert queued() == [edits.Edit(1, 7, type="page", modified_at=EDITED, deleted=True)]


@pytest.mark.parametrize("path", ["/ingest", "/ingest/", "/v1/ingest", "/v1/ingest/"])
def test_a_key_with_the_scope_does_as_well(site: sites.Site, path: str) -> None:
    reply = visitor.with_key("ingest").post(path, POST_7)

    assert reply.status_code == 202
    assert queued() == [edits.Edit(1, 7)]


def test_a_second_word_of_the_same_post_names_the_job_that_waits(secret: str) -> None:
    signed(secret, POST_7)

    reply = signed(secret, POST_7, message_id="msg_2")

    assert reply.status_code == 202
    assert visitor.body(reply) == {"job": 1, "duplicate": True}
    assert len(queued()) == 1


def test_a_repeated_message_is_a_duplicate_even_after_its_job_is_done(secret: str) -> None:
    signed(secret, POST_7)
    with store.autocommit() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")

    reply = signed(secret, POST_7)

    assert reply.status_code == 202
    assert visitor.body(reply) == {"job": 1, "duplicate": True}
    assert queued() == []


@override_settings(REDIS_URL="redis://127.0.0.1:9/0")
def test_without_redis_a_repeated_message_only_looks_once_more(secret: str) -> None:
    first, second = signed(secret, POST_7), signed(secret, POST_7)

    assert (first.status_code, second.status_code) == (202, 202)
    assert len(queued()) == 1


def test_nothing_is_stored_for_a_stranger(secret: str) -> None:
    reply = Visitor().post("/ingest", POST_7)

    assert told(reply) == (401, "unauthorized")
    assert queued() == []


@pytest.mark.parametrize("scopes", [("search",), ("ask", "search"), ("admin",)], ids="+".join)
def test_a_key_without_the_scope_stores_nothing(site: sites.Site, scopes: tuple[str, ...]) -> None:
    reply = visitor.with_key(*scopes).post("/ingest", POST_7)

    assert told(reply) == (403, "missing_scope")
    assert queued() == []


@pytest.mark.parametrize(
    "instead",
    [
        {"webhook-id": ""},
        {"webhook-id": "msg_2"},
        {"webhook-id": "msg.1"},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "yesterday"},
        {"webhook-timestamp": "-1"},
        {"webhook-timestamp": "9" * 40},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": "v1a,AAAA v2,BBBB"},
        {"webhook-signature": "v1,\xfc"},
        {"webhook-signature": "v1," + "A" * 5000},
    ],
    ids=str,
)
def test_a_wrongly_signed_webhook_is_refused(secret: str, instead: dict[str, str]) -> None:
    reply = signed(secret, POST_7, instead=instead)

    assert told(reply) == (401, "bad_signature")
    assert queued() == []


def test_a_signature_by_another_secret_is_refused_and_no_secret_is_shown(secret: str) -> None:
    reply = signed(signature.new_secret(), POST_7)

    assert told(reply) == (401, "bad_signature")
    assert secret not in reply.content.decode()


def test_a_good_key_does_not_make_up_for_a_bad_signature(site: sites.Site, secret: str) -> None:
    reply = visitor.with_key("ingest").post("/ingest", POST_7, webhook_id="m", webhook_signature="v1,AAAA")

    assert told(reply) == (401, "bad_signature")


def test_a_changed_body_is_refused(secret: str) -> None:
    raw = json.dumps(POST_7).encode()
    good = signature.sign(secret, message_id="msg_1", timestamp=int(time.time()), body=raw)

    assert told(signed(secret, {"post_id": 8}, instead={"webhook-signature": good})) == (401, "bad_signature")


@pytest.mark.parametrize("seconds", [-3600, -310, 310, 3600])
def test_a_clock_that_is_off_is_told_with_both_times(secret: str, seconds: int) -> None:
    at = time.time() + seconds
    reply = signed(secret, POST_7, at=at)

    assert told(reply) == (400, "clock_skew")
    detail = visitor.body(reply)["detail"]
    assert dt.datetime.fromtimestamp(int(at), dt.UTC).isoformat() in detail
    assert dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:") in detail
    assert queued() == []


@pytest.mark.parametrize("seconds", [-290, 290])
def test_five_minutes_are_allowed(secret: str, seconds: int) -> None:
    assert signed(secret, POST_7, at=time.time() + seconds).status_code == 202


def add_site(name: str) -> None:
    with store.autocommit() as cursor:
        cursor.execute(
            "INSERT INTO askpress_site (name, url, api_root, title, language, instance, corpus_version, alarm,"
            " created_at) VALUES (%s, %s, '', '', '', gen_random_uuid(), 0, '', now())",
            (name, f"http://{name}.test"),
        )


def test_a_key_for_several_sites_must_say_which(site: sites.Site) -> None:
    add_site("other")
    asking = visitor.with_key("ingest")

    assert told(asking.post("/ingest", POST_7)) == (400, "invalid_request")
    assert asking.post("/ingest", {**POST_7, "site": "other"}).status_code == 202
    assert queued() == [edits.Edit(2, 7)]


def test_a_secret_speaks_for_its_own_site_only(secret: str) -> None:
    add_site("other")

    assert signed(secret, POST_7).status_code == 202
    assert told(signed(secret, {**POST_7, "site": "other"}, message_id="msg_2")) == (403, "missing_scope")
    assert queued() == [edits.Edit(1, 7)]


def test_before_the_first_sync_a_key_is_told_to_come_back() -> None:
    reply = Visitor(keys.create("test", ("ingest",))).post("/ingest", POST_7)

    assert told(reply) == (503, "no_index")


def test_other_methods_are_refused(secret: str) -> None:
    assert told(Visitor().get("/ingest")) == (405, "method_not_allowed")
