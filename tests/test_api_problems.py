"""Every error leaves as a problem with a documented code, an id that the log knows, and nothing from inside."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path

from askpress.api import problems, views
from tests import visitor
from tests.visitor import Visitor

SECRET = "the-password-in-the-message"
ERRORS = [
    (404, "not_found", "GET", "/nowhere", {}),
    (404, "not_found", "POST", "/v2/ask", {}),
    (404, "not_found", "GET", "/", {"Accept": "text/html"}),
    (404, "not_found", "GET", "/search/more", {}),
    (405, "method_not_allowed", "GET", "/ask", {"Accept": "text/html"}),
    (405, "method_not_allowed", "POST", "/healthz", {}),
    (405, "method_not_allowed", "DELETE", "/v1/openapi.json", {}),
    (401, "unauthorized", "POST", "/ask", {"Accept": "text/html"}),
    (401, "unauthorized", "GET", "/search?q=a&format=xml", {}),
    (400, "invalid_host", "GET", "/v1/openapi.json", {"Host": "evil.example"}),
    (400, "invalid_host", "POST", "/ask", {"Host": "a b"}),
    (400, "invalid_host", "GET", "/nowhere", {"Host": "localhost:port"}),
]


def fails_in_a_plain_view(request: HttpRequest) -> HttpResponse:
    raise RuntimeError(SECRET)


class FailsInAKeyedView(views.KeyedView):
    scope = "search"

    def get(self, request: Any) -> HttpResponse:
        raise RuntimeError(SECRET)


urlpatterns = [path("plain", fails_in_a_plain_view), path("keyed", FailsInAKeyedView.as_view())]


def documented_headings() -> set[str]:
    text = (settings.BASE_DIR / "docs" / "api.md").read_text()
    return set(re.findall(r"^#+ `?([^`\n]+?)`?$", text, flags=re.MULTILINE))


@pytest.mark.parametrize(("status", "code", "method", "address", "headers"), ERRORS, ids=lambda part: str(part)[:30])
@pytest.mark.parametrize("debug", [False, True], ids=["", "debug"])
def test_an_error_is_a_problem_and_never_html(
    debug: bool, status: int, code: str, method: str, address: str, headers: dict[str, str]
) -> None:
    with override_settings(DEBUG=debug):
        reply = Visitor().send(method, address, b"", headers)

    told = visitor.body(reply)
    assert (reply.status_code, reply["Content-Type"]) == (status, "application/problem+json")
    assert (told["status"], told["code"], told["error"]) == (status, code, code)
    assert told["type"] == f"/docs/api#{code}"
    assert told["request_id"] == reply["X-Request-Id"]
    assert told["instance"] == address.partition("?")[0]
    assert told["title"] and told["detail"]


@pytest.mark.parametrize("debug", [False, True], ids=["", "debug"])
@pytest.mark.parametrize("address", ["/plain", "/keyed"])
def test_a_fault_of_ours_is_logged_and_says_nothing_from_inside(
    db: None, address: str, debug: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with override_settings(ROOT_URLCONF="tests.test_api_problems", DEBUG=debug):
        reply = visitor.with_key().get(address)

    assert (reply.status_code, visitor.body(reply)["code"]) == (500, "internal_error")
    assert SECRET not in reply.content.decode()
    assert "Traceback" not in reply.content.decode()
    assert [SECRET in (record.exc_text or str(record.exc_info)) for record in errors_in(caplog)] == [True]


def errors_in(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("kind", problems.KINDS, ids=lambda kind: kind.code)
def test_every_code_has_its_heading_in_the_documentation(kind: problems.Kind) -> None:
    assert kind.code in documented_headings()


def test_the_address_in_a_problem_leads_to_the_documentation() -> None:
    told = visitor.body(Visitor().get("/nowhere"))
    reply = Visitor().get(told["type"])

    assert reply.status_code == 200
    assert reply["Content-Type"] == "text/markdown; charset=utf-8"
    assert "`not_found`" in reply.content.decode()


@pytest.mark.parametrize("given", ["a", "Req-7f3a", "0" * 64])
def test_a_fitting_request_id_is_kept(given: str) -> None:
    assert Visitor().get("/healthz", X_Request_Id=given)["X-Request-Id"] == given


@pytest.mark.parametrize("given", ["", "0" * 65, "a b", "a\u00fc", "<script>", 'a"'])
def test_an_unfitting_request_id_is_replaced(given: str) -> None:
    made = Visitor().get("/healthz", X_Request_Id=given)["X-Request-Id"]

    assert re.fullmatch("[0-9a-f]{32}", made)


def test_two_requests_have_two_ids() -> None:
    assert Visitor().get("/healthz")["X-Request-Id"] != Visitor().get("/healthz")["X-Request-Id"]


@pytest.mark.parametrize("address", ["/healthz", "/search", "/nowhere", "/v1/openapi.json"])
def test_every_reply_carries_the_shared_headers(address: str) -> None:
    reply = Visitor().get(address)

    assert reply["Cache-Control"] == "no-store"
    assert reply["X-Content-Type-Options"] == "nosniff"
    assert 'rel="service-desc"' in reply["Link"]
    assert int(reply["Content-Length"]) == len(reply.content)


def test_replies_to_a_key_vary_by_it() -> None:
    assert Visitor().post("/search")["Vary"] == "Authorization, X-API-Key"


def test_a_request_leaves_one_line_without_question_key_or_address(db: None, caplog: pytest.LogCaptureFixture) -> None:
    asking = visitor.with_key()
    caplog.set_level(logging.INFO, logger="askpress")

    reply = asking.post("/v1/ask?q=secretquestion", {"q": "secretquestion", "x": 1}, X_Request_Id="trace-1")

    lines = [record.__dict__["fields"] for record in caplog.records if record.getMessage() == "request answered"]
    assert [{**line, "ms": 0} for line in lines] == [
        {"method": "POST", "path": "/v1/ask", "status": reply.status_code, "ms": 0, "key": 1}
    ]
    assert asking.address not in json.dumps(lines)


def test_an_address_we_do_not_have_stays_out_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="askpress")
    Visitor().get("/my-secret-question")

    assert [record.getMessage() for record in caplog.records] == ["request answered"]
    assert "my-secret-question" not in str(caplog.records[0].__dict__)


def test_head_is_get_without_a_body() -> None:
    head, whole = Visitor().send("HEAD", "/healthz"), Visitor().get("/healthz")

    assert (head.status_code, head.content) == (200, b"")
    assert head["Content-Length"] == whole["Content-Length"]
