"""A site mostly in English, with documents that show no language and single ones in others."""

from __future__ import annotations

import pytest

from askpress import sites
from askpress.retrieval import retriever
from tests import conftest, documents

ENGLISH = 110


@pytest.fixture(scope="module")
def index(stores: None) -> None:
    conftest.empty_tables()
    documents.site()
    documents.add(1, "We repair every e-bike and its batteries.")
    documents.add(2, "E-BIKE batteries: 36V, 48V", language="")
    documents.add(3, "FTP, SSH, SQL batteries", language="")
    documents.add(4, "SKU 4711, SKU 4712", language="")
    documents.add(5, "Am Samstag liegen Ersatzschläuche bereit, und der E-Bike-Verleih auch.", language="de")
    documents.add(6, "Noleggio di una e-bike con batterie nuove, sabato.", language="it")
    documents.add(7, "The ebike van of the man from Ghent leaves on Saturday.")
    documents.add(8, "De van de man is een bestelwagen.", language="nl")
    for number in range(9, 9 + ENGLISH):
        documents.add(number, "The shop opens at nine.")


def found(query: str) -> list[int]:
    site = sites.first()
    retrieval = retriever.retrieve(query, site_id=site.id, site_language="en", k=8, mode="keyword")
    return [int(passage.url.split("/")[-2]) for passage in retrieval.nearest]


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        # Shows no language, as some documents do: read in theirs and in English.
        ("batteries", {1, 2, 3}),
        # English beyond doubt: documents without a language hold its words too.
        ("Which of these batteries do we repair?", {1, 2, 3}),
    ],
)
def test_words_are_found_in_documents_with_and_without_a_language(query: str, expected: set[int]) -> None:
    assert set(found(query)) == expected


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        # "e" is a stop word in Italian, of which there is one document; in German it stands within a longer word.
        ('"e-bike"', {1, 2, 5, 6}),
        ('"liegen Ersatzschläuche bereit"', {5}),
        ('"Ersatzschläuche"', {5}),
        ('"con batterie nuove"', {6}),
        ('"van"', {7, 8}),
        ('"man is een"', {8}),
    ],
)
def test_a_phrase_is_found_in_any_language_of_the_site(query: str, expected: set[int]) -> None:
    assert set(found(query)) == expected


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Samstag -Ersatzschläuche", set()),
        ("Samstag -bestelwagen", {5}),
        ("batteries -e-bike", {3}),
        ("batteries -ebike", {3}),
        ("Saturday -e-bike.", set()),
        ("Saturday, -van, really", set()),
        ("batteries -shop", {1, 2, 3}),
    ],
)
def test_what_is_left_out_is_left_out_in_any_language_of_the_site(query: str, expected: set[int]) -> None:
    assert set(found(query)) == expected
