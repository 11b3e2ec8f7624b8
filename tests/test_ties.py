"""Passages of one text: which of them are found does not hang on where Postgres keeps them."""

from __future__ import annotations

import pytest

from askpress import sites
from askpress.retrieval import filters, keywords, retriever, search
from askpress.retrieval.filters import Filters
from tests import documents

COPIES = search.CANDIDATES + 20
TEXT = "The zebrafinch nests in the gutter."


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("narrowed", [filters.ANY, Filters(type=("post",))], ids=["all", "of a type"])
@pytest.mark.parametrize("query", ["zebrafinch", '"zebrafinch nests"', "zebrafinch -hawk"])
def test_of_equals_the_first_documents_are_found(query: str, narrowed: Filters) -> None:
    documents.site()
    for number in range(COPIES):
        documents.add(number, TEXT)
    for number in range(30):
        documents.add(number, "Something else.")
        documents.add(number, TEXT)
    keywords.forget()

    found = retriever.retrieve(
        query, site_id=sites.first().id, site_language="en", k=50, narrowed=narrowed, mode="keyword"
    )

    assert [int(passage.url.split("/")[-2]) for passage in found.nearest] == list(range(50))
