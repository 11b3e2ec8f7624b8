"""The OpenAI client against a server on loopback: what it sends, what it makes of replies and of errors."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import openai
import pytest

from askpress.errors import BadEmbedding, InputRejected, ProviderRefused, ProviderUnavailable
from askpress.providers.contract import EmbeddingTraits
from askpress.providers.openai import OpenAIEmbedding
from tests.fakes import openai as fakes
from tests.fakes.openai import FakeOpenAI, Fault


def traits(model: str = "text-embedding-3-large", dimensions: int = 3072) -> EmbeddingTraits:
    return EmbeddingTraits(
        provider="openai",
        model=model,
        dimensions=dimensions,
        chunk_tokens=800,
        overlap_tokens=100,
        max_tokens=8192,
        batch_inputs=2048,
        batch_tokens=300_000,
        concurrency=4,
        evidence_floor=0.3,
        languages=frozenset(),
        price_per_million=0.13,
    )


@contextlib.contextmanager
def embedding(server: FakeOpenAI, *args: Any, key: str = fakes.KEY, timeout: float = 5) -> Iterator[OpenAIEmbedding]:
    model = OpenAIEmbedding(traits(*args), base_url=server.url, api_key=key, timeout_seconds=timeout)
    with contextlib.closing(model):
        yield model


def test_vectors_come_back_in_the_order_of_the_texts(openai_server: FakeOpenAI) -> None:
    openai_server.fail("/embeddings", Fault("shuffled"))

    with embedding(openai_server) as model:
        shuffled = model.embed(["red bricks", "blue glass"])
        plain = model.embed(["red bricks", "blue glass"])

    assert shuffled.shape == (2, 3072)
    assert shuffled.dtype == np.float32
    np.testing.assert_array_equal(shuffled, plain)


def test_a_later_request_differs_from_the_first_only_in_its_texts(openai_server: FakeOpenAI) -> None:
    with embedding(openai_server) as model:
        package = openai.OpenAI(base_url=openai_server.url, api_key=fakes.KEY, max_retries=0, timeout=5)
        body = {"model": "text-embedding-3-large", "input": ["größer"], "encoding_format": "base64"}
        with package:
            package.post("/embeddings", body=body, cast_to=object)
        model.embed(["a first text"])
        model.embed(["größer"])

    expected, first, later = openai_server.requests
    assert later.body == expected.body == {**first.body, "input": ["größer"]}
    assert later.headers == expected.headers
    assert {**first.headers, "Content-Length": ""} == {**later.headers, "Content-Length": ""}


def test_dimensions_are_sent_only_when_they_differ_from_the_models_own(openai_server: FakeOpenAI) -> None:
    with embedding(openai_server) as native, embedding(openai_server, "text-embedding-3-small", 256) as cut:
        native.embed(["a"])
        shape = cut.embed(["a"]).shape

    assert shape == (1, 256)
    assert [request.body.get("dimensions") for request in openai_server.requests] == [None, 256]


def test_an_unknown_model_is_asked_for_other_dimensions_when_its_own_differ(
    openai_server: FakeOpenAI,
) -> None:
    openai_server.dimensions = 12

    with embedding(openai_server, "qwen3-embedding", 6) as model:
        shapes = [model.embed(["a"]).shape, model.embed(["b"]).shape]

    assert shapes == [(1, 6), (1, 6)]
    assert [request.body.get("dimensions") for request in openai_server.requests] == [None, 6, 6]


def test_a_server_without_base64_is_asked_for_plain_numbers(openai_server: FakeOpenAI) -> None:
    openai_server.unknown.add("base64")

    with embedding(openai_server) as model:
        first = model.embed(["a"])
        model.embed(["a"])

    assert first.shape == (1, 3072)
    assert [request.body["encoding_format"] for request in openai_server.requests] == [
        "base64",
        "float",
        "float",
    ]


@pytest.mark.parametrize("kind", ["few", "cut", "html", "invalid_json"])
def test_a_spoiled_reply_can_be_tried_again(openai_server: FakeOpenAI, kind: str) -> None:
    openai_server.fail("/embeddings", Fault(kind))

    with embedding(openai_server) as model, pytest.raises((BadEmbedding, ProviderUnavailable)) as caught:
        model.embed(["a", "b"])

    assert caught.value.retryable


@pytest.mark.parametrize("kind", ["stall", "drip"])
def test_a_server_that_does_not_finish_ends_at_the_timeout(openai_server: FakeOpenAI, kind: str) -> None:
    openai_server.fail("/embeddings", Fault(kind))

    with embedding(openai_server, timeout=0.2) as model, pytest.raises(ProviderUnavailable) as caught:
        model.embed(["a"])

    assert "0.2 seconds" in str(caught.value)


def test_too_many_requests_tell_how_long_to_wait(openai_server: FakeOpenAI) -> None:
    openai_server.fail("/embeddings", fakes.too_many("7"))

    with embedding(openai_server) as model, pytest.raises(ProviderUnavailable) as caught:
        model.embed(["a"])

    assert caught.value.retry_after == 7


def test_nothing_listening_is_unavailable_and_names_the_host() -> None:
    model = OpenAIEmbedding(traits(), base_url="http://127.0.0.1:9/v1", api_key="", timeout_seconds=2)

    with (
        contextlib.closing(model),
        pytest.raises(ProviderUnavailable, match=r"127\.0\.0\.1:9 cannot be reached"),
    ):
        model.embed(["a"])


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (fakes.NO_QUOTA, "add credit"),
        (fakes.NO_MODEL, "does not take this model"),
        (Fault("status", 403), "forbids"),
    ],
)
def test_a_refusal_says_what_to_do(openai_server: FakeOpenAI, fault: Fault, words: str) -> None:
    openai_server.fail("/embeddings", fault)

    with embedding(openai_server) as model, pytest.raises(ProviderRefused, match=words):
        model.embed(["a"])


def test_no_secret_is_in_a_message_or_its_causes(openai_server: FakeOpenAI) -> None:
    with (
        embedding(openai_server, key="hush-hush-4711") as model,
        pytest.raises(ProviderRefused, match="check OPENAI_API_KEY") as caught,
    ):
        model.embed(["a"])

    assert "hush-hush" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_an_input_the_server_dislikes_is_rejected(openai_server: FakeOpenAI) -> None:
    with embedding(openai_server) as model, pytest.raises(InputRejected, match=r"rejected the input \(400\)"):
        model.embed(["good", openai_server.poison])


@pytest.mark.parametrize("texts", [["a"] * 2049, ["word " * 8_200], ["word " * 8_000] * 38])
def test_the_fake_keeps_openais_limits(openai_server: FakeOpenAI, texts: list[str]) -> None:
    with embedding(openai_server) as model, pytest.raises(InputRejected):
        model.embed(texts)
