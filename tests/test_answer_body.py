"""What a refusal offers in place of an answer."""

from __future__ import annotations

import pytest

from askpress import providers
from askpress.answer import body
from askpress.answer.body import Draft, Said
from askpress.providers.contract import EmbeddingTraits
from askpress.retrieval.retriever import Retrieval
from tests.passages import passage

ENGLISH = providers.embedding_traits("local", "all-MiniLM-L6-v2-int8", 384)
ANY = providers.embedding_traits("openai", "text-embedding-3-small", 1536)


@pytest.mark.parametrize(
    ("traits", "asked_in", "titles"),
    [
        (ENGLISH, "en", ["Title 2", "Title 4", "Title 1"]),
        (ENGLISH, "de", ["Title 1", "Title 2", "Title 3"]),
        (ANY, "en", ["Title 1", "Title 2", "Title 3"]),
    ],
)
def test_what_the_embedding_model_cannot_read_is_suggested_last(
    traits: EmbeddingTraits, asked_in: str, titles: list[str]
) -> None:
    nearest = tuple(
        passage("It is so.", document=number, language=language)
        for number, language in enumerate(("de", "en", "de", "en"), start=1)
    )
    model = providers.embedding_model(traits, base_url="http://one.test/v1", api_key="k", timeout_seconds=1)
    found = Retrieval((), nearest, asked_in, "", 1, model)

    written = body.write(Draft(code="not_found"), Said("No.", [], []), found, id="a", as_of=None)

    assert [suggested["title"] for suggested in written["suggestions"]] == titles
