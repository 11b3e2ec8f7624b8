"""Which models there are, what is known of them, and that a process has one of each."""

from __future__ import annotations

from typing import Any

import pytest

from askpress import providers
from askpress.errors import SettingsError
from tests.fakes import openai as fakes
from tests.fakes.openai import FakeOpenAI


def place(server: FakeOpenAI) -> dict[str, Any]:
    return {"base_url": server.url, "api_key": fakes.KEY, "timeout_seconds": 5}


def test_the_processs_language_model_gets_over_a_hiccup(openai_server: FakeOpenAI) -> None:
    openai_server.fail("/responses", fakes.too_many())

    model = providers.language_model("gpt-5.4-mini", max_output_tokens=300, **place(openai_server))

    schema = {"type": "object", "properties": {}}
    completion = model.generate(instructions="", prompt="Why?", schema=schema, user="")

    assert completion.outcome == "complete"
    assert openai_server.count("/responses") == 2
    assert model is providers.language_model("gpt-5.4-mini", max_output_tokens=300, **place(openai_server))


def test_the_processs_embedding_model_is_one(openai_server: FakeOpenAI) -> None:
    traits = providers.embedding_traits("openai", "text-embedding-3-small")

    model = providers.embedding_model(traits, **place(openai_server))

    assert model is providers.embedding_model(traits, **place(openai_server))
    assert providers.embed_query(model, "why").shape == (1536,)


def test_an_unknown_models_dimensions_are_asked_for_once(openai_server: FakeOpenAI) -> None:
    openai_server.dimensions = 24

    traits = [providers.configured_traits("openai", "nomic-embed-text", 0, **place(openai_server)) for _ in range(2)]

    assert [trait.dimensions for trait in traits] == [24, 24]
    assert openai_server.count("/embeddings") == 1


@pytest.mark.parametrize(
    ("provider", "model", "dimensions", "words"),
    [
        ("openai", "text-embedding-3-large", 3073, "gives at most 3072"),
        ("openai", "text-embedding-ada-002", 512, "gives 1536"),
        ("openai", "nomic-embed-text", 0, "set ASKPRESS_EMBEDDING_DIMENSIONS"),
        ("local", "all-MiniLM-L6-v2-int8", 512, "gives 384"),
        ("local", "text-embedding-3-large", 0, "the only local model is"),
    ],
)
def test_a_model_that_cannot_be_is_a_wrong_setting(provider: str, model: str, dimensions: int, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        providers.embedding_traits(provider, model, dimensions)


@pytest.mark.parametrize(
    ("provider", "model", "chunk", "dimensions", "price"),
    [
        ("openai", "text-embedding-3-large", 800, 3072, 0.13),
        ("openai", "text-embedding-3-small", 800, 1536, 0.02),
        ("local", "all-MiniLM-L6-v2-int8", 200, 384, 0),
    ],
)
def test_the_known_models_recommend_their_own_chunks(
    provider: str, model: str, chunk: int, dimensions: int, price: float
) -> None:
    traits = providers.embedding_traits(provider, model)

    assert (traits.chunk_tokens, traits.dimensions, traits.price_per_million) == (chunk, dimensions, price)
