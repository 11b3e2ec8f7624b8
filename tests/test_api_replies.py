"""What search and ask give back over HTTP, and that the OpenAPI document says the same."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from django.test import override_settings

from askpress import keys
from tests import visitor
from tests.visitor import Visitor

PROBLEM = "ProblemBody"


@pytest.fixture
def asking(db: None) -> Visitor:
    visitor.index_a_price()
    return visitor.with_key()


def openapi() -> dict[str, Any]:
    return visitor.body(Visitor().get("/v1/openapi.json"))


def conforms(body: dict[str, Any], name: str) -> bool:
    """True when the body is what the document says, and the document knows each of its members."""
    document = openapi()
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    jsonschema.Draft202012Validator(schema).validate(body)
    return set(body) <= set(document["components"]["schemas"][name]["properties"])


def test_search_gives_the_articles_four_fields_first(asking: Visitor) -> None:
    found = visitor.body(asking.post("/search", {"q": "puncture repair"}))["results"]

    assert list(found[0])[:4] == ["content", "title", "url", "score"]
    assert (found[0]["content"], found[0]["title"]) == (visitor.PRICES, "Prices")
    assert 0 < found[0]["score"] <= 1
    assert {name: found[0][name] for name in ("chunk_id", "heading", "anchor", "type", "language", "updated_at")} == {
        "chunk_id": "price-1",
        "heading": "Prices > Repairs",
        "anchor": "repairs",
        "type": "page",
        "language": "en",
        "updated_at": "2026-05-01T00:00:00+00:00",
    }


def test_a_result_shows_why_it_was_found_and_where_it_stands(asking: Visitor) -> None:
    found = visitor.body(asking.post("/search", {"q": "puncture repairs"}))["results"][0]

    assert found["snippet"] == "A <mark>puncture</mark> <mark>repair</mark> costs 12 pounds and takes an hour."
    assert (found["url"], found["link"]) == ("http://site.test/prices", "http://site.test/prices#repairs")


def test_nothing_relevant_is_an_empty_list(asking: Visitor) -> None:
    reply = asking.post("/search", {"q": "zygomorphic quokkas"})

    assert (reply.status_code, visitor.body(reply)["results"]) == (200, [])


@pytest.mark.parametrize("path", ["/search", "/search/", "/v1/search", "/v1/search/"])
def test_get_and_post_find_the_same(asking: Visitor, path: str) -> None:
    by_post = visitor.body(asking.post(path, {"q": "puncture repair", "k": 1}))
    by_get = visitor.body(asking.get(f"{path}?q=puncture%20repair&k=1"))

    assert by_post == by_get
    assert len(by_get["results"]) == 1


def test_ask_answers_with_the_articles_three_fields_first(asking: Visitor) -> None:
    told = visitor.body(asking.post("/ask", {"q": "What does a puncture repair cost?"}))

    assert list(told)[:3] == ["answer", "cached", "sources"]
    assert "12 pounds" in told["answer"]
    assert told["sources"][0]["url"] == "http://site.test/prices"


def test_the_second_time_the_answer_comes_from_the_cache(asking: Visitor) -> None:
    answers = [visitor.body(asking.post("/v1/ask", {"q": "What does a puncture repair cost?"})) for _ in range(2)]

    assert [answer["cached"] for answer in answers] == [False, True]
    assert answers[0]["answer"] == answers[1]["answer"]


def test_an_unanswerable_question_is_refused_with_status_200(asking: Visitor) -> None:
    reply = asking.post("/ask", {"q": "Who discovered zygomorphic quokkas?"})

    assert reply.status_code == 200
    assert visitor.body(reply)["refused"] is True


@override_settings(REDIS_URL="")
@pytest.mark.parametrize("path", ["/search", "/ask"])
def test_without_redis_both_go_on(asking: Visitor, path: str) -> None:
    reply = asking.post(path, {"q": "puncture repair"})

    assert reply.status_code == 200
    assert reply["RateLimit"]


@pytest.mark.parametrize("path", ["/search", "/ask"])
def test_before_the_first_sync_the_client_is_told_to_come_again(db: None, path: str) -> None:
    reply = visitor.with_key().post(path, {"q": "puncture repair"})

    assert (reply.status_code, visitor.body(reply)["code"]) == (503, "no_index")
    assert reply["Retry-After"] == "5"


def test_the_openapi_document_is_3_1_and_has_every_address() -> None:
    document = openapi()

    assert document["openapi"].startswith("3.1")
    assert {path: sorted(document["paths"][path]) for path in document["paths"]} == {
        "/v1/search": ["get", "post"],
        "/v1/ask": ["post"],
        "/v1/audit": ["get"],
        "/v1/ingest": ["post"],
        "/healthz": ["get"],
        "/readyz": ["get"],
    }


def test_the_openapi_document_names_both_ways_to_send_a_key() -> None:
    document = openapi()

    assert document["components"]["securitySchemes"].keys() == {"key", "bearer"}
    assert document["paths"]["/v1/ask"]["post"]["security"] == [{"key": []}, {"bearer": []}]


@pytest.mark.parametrize(
    ("path", "question", "name"),
    [
        ("/v1/search", "puncture repair", "SearchReply"),
        ("/v1/ask", "What does a puncture repair cost?", "AskReply"),
        ("/v1/ask", "zygomorphic quokkas", "AskReply"),
        ("/v1/search", "", PROBLEM),
    ],
)
def test_a_reply_is_what_the_openapi_document_says(asking: Visitor, path: str, question: str, name: str) -> None:
    assert conforms(visitor.body(asking.post(path, {"q": question})), name)


def test_a_refusal_by_key_is_what_the_openapi_document_says(db: None) -> None:
    assert conforms(visitor.body(Visitor(keys.create("test", ["ask"])).post("/search", {"q": "a"})), PROBLEM)
