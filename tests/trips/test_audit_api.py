"""The last audit over HTTP: stored, for admins, and never made while somebody waits."""

from __future__ import annotations

import jsonschema
import pytest
from django.test import override_settings

from askpress import commands, keys, tasks
from askpress.sync import repair
from tests import visitor
from tests.trips.conftest import Service
from tests.visitor import Visitor

BREAD = "<p>Our sourdough rests overnight and is baked at six in the morning.</p>"
ADDRESSES = ["/audit", "/audit/", "/v1/audit", "/v1/audit/"]


@pytest.fixture
def post(service: Service) -> int:
    made = service.site.add("Bread", BREAD, modified="2026-01-01T00:00:00Z")
    service.sync()
    return made


@pytest.fixture
def owner(post: int) -> Visitor:
    return visitor.with_key("admin")


def waiting(service: Service) -> int:
    return int(service.rows("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'audit_site'")[0][0])


@pytest.mark.parametrize("address", ADDRESSES)
def test_before_the_first_audit_there_is_none(owner: Visitor, address: str) -> None:
    reply = owner.get(address)

    assert (reply.status_code, visitor.body(reply)) == (200, {"site": "127-0-0-1", "audit": None, "queued": False})


def test_the_last_audit_is_told_whole(service: Service, owner: Visitor, post: int) -> None:
    service.site.delete(post)
    found = repair.audit(deep=True)

    told = visitor.body(owner.get("/v1/audit"))

    assert told["audit"] == found.body()
    assert (told["audit"]["verdict"], told["audit"]["proof"]) == ("differs", "deep")
    assert [one["id"] for one in told["audit"]["orphaned"]] == [post]


def test_a_wish_for_an_audit_is_queued_once_and_reads_nothing_from_the_site(service: Service, owner: Visitor) -> None:
    requests = len(service.site.requests)

    replies = [owner.get("/v1/audit?run=1") for _ in range(3)]

    assert [reply.status_code for reply in replies] == [202, 202, 202]
    assert all(visitor.body(reply)["queued"] for reply in replies)
    assert (waiting(service), len(service.site.requests)) == (1, requests)


def test_the_worker_makes_the_audit_that_was_wished_for(service: Service, owner: Visitor, post: int) -> None:
    owner.get("/v1/audit?run=1")
    service.site.delete(post)

    tasks.audit_site(site_id=1)
    told = visitor.body(owner.get("/v1/audit"))["audit"]

    assert (told["verdict"], [one["id"] for one in told["orphaned"]]) == ("differs", [post])


def test_an_audit_of_a_job_survives_a_service_without_a_site(db: None) -> None:
    with override_settings(WP_URL=""):
        tasks.audit_site(site_id=1)


def test_head_queues_nothing(service: Service, owner: Visitor) -> None:
    reply = owner.send("HEAD", "/v1/audit?run=1")

    assert (reply.status_code, waiting(service)) == (200, 0)


@pytest.mark.parametrize("scope", [scope for scope in keys.SCOPES if scope != "admin"])
def test_other_keys_are_refused(service: Service, post: int, scope: str) -> None:
    reply = visitor.with_key(scope).get("/v1/audit?run=1")

    assert (reply.status_code, visitor.body(reply)["code"], waiting(service)) == (403, "missing_scope", 0)


def test_strangers_are_refused(service: Service, post: int) -> None:
    assert Visitor().get("/v1/audit").status_code == 401


@pytest.mark.parametrize("query", ["run=perhaps", "run=", "deep=1", "repair=1"])
def test_what_is_misspelt_queues_nothing(service: Service, owner: Visitor, query: str) -> None:
    reply = owner.get(f"/v1/audit?{query}")

    assert (reply.status_code, visitor.body(reply)["code"], waiting(service)) == (400, "invalid_request", 0)


def test_without_any_site_there_is_no_index_to_prove(db: None) -> None:
    reply = visitor.with_key("admin").get("/v1/audit")

    assert (reply.status_code, visitor.body(reply)["code"]) == (503, "no_index")


@pytest.mark.parametrize("query", ["", "?run=1"])
def test_the_reply_is_what_the_openapi_document_says(owner: Visitor, query: str) -> None:
    commands.main(["audit"])
    document = visitor.body(Visitor().get("/v1/openapi.json"))
    schema = {"$ref": "#/components/schemas/AuditReply", "components": document["components"]}

    jsonschema.Draft202012Validator(schema).validate(visitor.body(owner.get(f"/v1/audit{query}")))


@pytest.mark.parametrize("run", ["yes", "2", "", "1&run=1"])
def test_a_wish_that_is_no_yes_and_no_no_is_refused(service: Service, owner: Visitor, run: str) -> None:
    reply = owner.get(f"/v1/audit?run={run}")

    assert (reply.status_code, visitor.body(reply)["errors"][0]["pointer"], waiting(service)) == (400, "#/run", 0)
