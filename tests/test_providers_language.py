"""The language model against a server on loopback: both APIs, every outcome, and what is billed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from askpress.errors import ProviderRefused, ProviderUnavailable
from askpress.providers import dialects, prices
from askpress.providers.contract import Completion, Usage
from askpress.providers.language import OpenAILanguage
from tests.fakes import openai as fakes
from tests.fakes.openai import FakeOpenAI, Fault

SCHEMA = {
    "type": "object",
    "properties": {"text": {"type": "string"}},
    "required": ["text"],
    "additionalProperties": False,
}


@contextlib.contextmanager
def language(
    server: FakeOpenAI, model: str = "gpt-5.4-mini", *, timeout_seconds: float = 5
) -> Iterator[OpenAILanguage]:
    made = OpenAILanguage(
        model, base_url=server.url, api_key=fakes.KEY, timeout_seconds=timeout_seconds, max_output_tokens=300
    )
    with contextlib.closing(made):
        yield made


def ask(model: Any, user: str = "hash-of-a-user") -> Completion:
    completion: Completion = model.generate(instructions="Be brief.", prompt="Why?", schema=SCHEMA, user=user)
    return completion


def test_an_answer_comes_back_as_the_object_with_its_cost(openai_server: FakeOpenAI) -> None:
    openai_server.scripted.append({"text": "Because."})

    with language(openai_server) as model:
        completion = ask(model)

    assert (completion.data, completion.outcome) == ({"text": "Because."}, "complete")
    assert completion.usage.input_tokens > 0
    assert completion.usage.cost == pytest.approx(
        (completion.usage.input_tokens * 0.75 + completion.usage.output_tokens * 4.5) / 1e6
    )


def test_the_request_keeps_nothing_at_the_provider_and_hides_the_user(openai_server: FakeOpenAI) -> None:
    with language(openai_server) as model:
        ask(model)

    body = openai_server.requests[0].body
    assert openai_server.requests[0].path == "/responses"
    assert (body["store"], body["safety_identifier"]) == (False, "hash-of-a-user")
    assert (body["instructions"], body["input"], body["max_output_tokens"]) == ("Be brief.", "Why?", 300)
    assert body["text"]["format"]["strict"] is True
    assert body["text"]["format"]["schema"] == SCHEMA


@pytest.mark.parametrize(
    ("model", "takes"),
    [
        ("gpt-4o-mini", True),
        ("gpt-4.1", True),
        ("llama3.2", True),
        ("openai/gpt-oss-20b", True),
        ("gpt-5.4-mini", False),
        ("gpt-6-luna", False),
        ("o4-mini", False),
        ("openai/o3", False),
    ],
)
def test_only_models_that_take_a_temperature_get_one(model: str, takes: bool) -> None:
    assert dialects.takes_temperature(model) is takes


def test_a_model_that_turns_out_to_take_no_temperature_gets_none_from_then_on(openai_server: FakeOpenAI) -> None:
    openai_server.unknown.add("temperature")

    with language(openai_server, "our-deployment") as model:
        answers = [ask(model).outcome, ask(model).outcome]

    assert answers == ["complete", "complete"]
    assert ["temperature" in request.body for request in openai_server.requests] == [True, False, False]


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("incomplete", "incomplete"),
        ("filtered", "refused"),
        ("refusal", "refused"),
        ("empty", "empty"),
        ("invalid_object", "empty"),
    ],
)
@pytest.mark.parametrize("unknown", ["nothing", "/responses"])
def test_every_other_end_of_an_answer_is_told_apart(
    openai_server: FakeOpenAI, unknown: str, fault: str, outcome: str
) -> None:
    openai_server.unknown.add(unknown)
    openai_server.fail("/responses", Fault(fault))
    openai_server.fail("/chat/completions", Fault(fault), times=2)

    with language(openai_server) as model:
        completion = ask(model)

    assert (completion.data, completion.outcome) == (None, outcome)
    assert completion.usage.input_tokens > 0


# Servers that know less -------------------------------------------------------------------------
def paths(server: FakeOpenAI) -> list[str]:
    return [request.path for request in server.requests]


def test_a_server_without_the_responses_api_is_asked_by_chat_from_then_on(openai_server: FakeOpenAI) -> None:
    openai_server.unknown.add("/responses")

    with language(openai_server, "llama3.2") as model:
        answers = [ask(model).outcome, ask(model).outcome]

    assert answers == ["complete", "complete"]
    assert paths(openai_server) == ["/responses", "/chat/completions", "/chat/completions"]
    body = openai_server.requests[1].body
    assert body["response_format"]["json_schema"]["schema"] == SCHEMA
    assert not {"store", "user", "safety_identifier"} & body.keys()


def test_another_server_at_the_same_address_is_asked_in_its_own_way(openai_server: FakeOpenAI) -> None:
    with language(openai_server, "llama3.2") as model:
        before = ask(model)
        openai_server.unknown.add("/responses")
        after = [ask(model).outcome, ask(model).outcome]

    assert [before.outcome, *after] == ["complete"] * 3
    # Once as before, once in each way that it may know.
    assert paths(openai_server) == ["/responses"] * 3 + ["/chat/completions"] * 2


def test_a_server_that_takes_schemas_no_more_is_asked_for_json(openai_server: FakeOpenAI) -> None:
    with language(openai_server, "llama3.2") as model:
        ask(model)
        openai_server.unknown.add("json_schema")
        after = [ask(model).outcome, ask(model).outcome]
        openai_server.unknown.add("json_object")
        with pytest.raises(ProviderRefused):
            ask(model)

    assert after == ["complete"] * 2


def test_a_server_without_schemas_is_asked_for_json_and_told_the_schema(openai_server: FakeOpenAI) -> None:
    openai_server.unknown.update({"/responses", "json_schema"})
    openai_server.scripted.extend(['```json\n{"text": "fenced"}\n```', {"text": "bare"}])

    with language(openai_server, "llama3.2") as model:
        answers = [ask(model).data, ask(model).data]

    assert answers == [{"text": "fenced"}, {"text": "bare"}]
    assert paths(openai_server) == ["/responses"] + ["/chat/completions"] * 3
    assert '"additionalProperties": false' in openai_server.requests[-1].body["messages"][0]["content"]


@pytest.mark.parametrize("thought", ["<think>{}</think>", "<think></think>"])
def test_a_model_that_thinks_for_ever_is_read_in_one_go(thought: str) -> None:
    thoughts = thought * 100_000

    assert dialects.json_object(thoughts + '{"found": true}') == {"found": True}
    assert dialects.json_object(thoughts + "<think>" * 100_000 + '{"found": true}') is None
    assert len(dialects.after_thoughts(thoughts)) < 10


@pytest.mark.parametrize("piece_chars", [1, 7, 1_000])
@pytest.mark.parametrize("thought", ['I take {"text": "this"}.', "", "No braces, but much to say. " * 9])
def test_what_a_model_thinks_before_its_object_is_no_part_of_it(
    openai_server: FakeOpenAI, thought: str, piece_chars: int
) -> None:
    openai_server.piece_chars = piece_chars
    openai_server.scripted.append(f'\n<think>{thought}\n</think>\n```json\n{{"text": "two\nlines"}}\n```')

    with language(openai_server) as model:
        *pieces, end = model.stream(instructions="Be brief.", prompt="Why?", schema=SCHEMA, user="")

    assert "".join(map(str, pieces)) == '{"text": "two\nlines"}\n```'
    assert isinstance(end, Completion) and end.data == {"text": "two\nlines"}


def test_a_server_that_ignores_the_schema_is_asked_in_another_way(openai_server: FakeOpenAI) -> None:
    openai_server.scripted.extend(["I'd rather chat.", {"text": "an object"}])

    with language(openai_server, "llama3.2") as model:
        completion = ask(model)

    assert completion.data == {"text": "an object"}
    assert [request.path for request in openai_server.requests] == ["/responses"] * 2
    assert completion.usage.input_tokens > 2 * 10


def test_a_model_of_the_responses_api_without_schemas_is_asked_for_json(openai_server: FakeOpenAI) -> None:
    openai_server.unknown.update({"/chat/completions", "json_schema"})
    openai_server.scripted.extend([{"text": "bare"}] * 2)

    with language(openai_server, "gpt-4-turbo") as model:
        answers = [ask(model).data, ask(model).data]

    assert answers == [{"text": "bare"}] * 2
    assert [request.body["text"]["format"]["type"] for request in openai_server.requests] == [
        "json_schema", "json_object", "json_object",
    ]  # fmt: skip
    assert '"additionalProperties": false' in openai_server.requests[-1].body["instructions"]


def test_a_server_that_only_talks_is_asked_in_every_way_once_and_in_one_from_then_on(openai_server: FakeOpenAI) -> None:
    openai_server.scripted.extend(["I'd rather chat."] * 9)

    with language(openai_server, "llama3.2") as model:
        first, second = ask(model), ask(model)

    assert (first.outcome, second.outcome) == ("empty", "empty")
    assert first.usage.output_tokens == 4 * second.usage.output_tokens
    assert len(openai_server.requests) == 5


def test_a_model_behind_chat_that_wants_the_newer_word_for_the_limit_gets_it(openai_server: FakeOpenAI) -> None:
    openai_server.unknown.update({"/responses", "max_tokens"})

    with language(openai_server, "our-deployment") as model:
        answers = [ask(model).outcome, ask(model).outcome]

    assert answers == ["complete", "complete"]
    assert [request.body.get("max_completion_tokens") for request in openai_server.requests[1:]] == [None, 300, 300]


def test_an_unknown_model_is_refused_in_the_servers_words(openai_server: FakeOpenAI) -> None:
    openai_server.fail("/responses", fakes.NO_MODEL)

    with language(openai_server, "nope") as model, pytest.raises(ProviderRefused, match="`nope` does not exist"):
        ask(model)

    assert paths(openai_server) == ["/responses"]


@pytest.mark.parametrize("kind", ["html", "invalid_json", "cut", "failed"])
def test_a_broken_reply_can_be_tried_again(openai_server: FakeOpenAI, kind: str) -> None:
    openai_server.fail("/responses", Fault(kind))

    with language(openai_server) as model, pytest.raises(ProviderUnavailable):
        ask(model)


def test_a_prompt_that_every_dialect_rejects_is_a_refusal(openai_server: FakeOpenAI) -> None:
    openai_server.unknown.update({"json_schema", "json_object"})

    with language(openai_server) as model, pytest.raises(ProviderRefused, match="is not supported"):
        ask(model)


# Prices -----------------------------------------------------------------------------------------
def test_cached_tokens_cost_their_own_price() -> None:
    usage = Usage(input_tokens=3_000_000, cached_tokens=1_000_000, output_tokens=1_000_000)

    assert prices.completion_cost("gpt-5.4-mini", usage) == pytest.approx(2 * 0.75 + 0.075 + 4.5)
    assert prices.completion_cost("gpt-5.4-mini-2026-03-17", usage) == prices.completion_cost("gpt-5.4-mini", usage)


def test_an_unknown_models_cost_is_unknown() -> None:
    assert prices.completion_cost("llama3.2", Usage(10, 0, 10)) is None
    assert prices.embedding_price("nomic-embed-text") is None
