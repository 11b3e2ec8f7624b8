"""Quotes, minus signs, identifiers and odd queries: what is found to the letter, and that nothing breaks."""

from __future__ import annotations

import pytest

from askpress import sites
from askpress.retrieval import filters, retriever
from tests import conftest, documents


@pytest.fixture(scope="module")
def index(stores: None) -> None:
    conftest.empty_tables()
    documents.site()
    documents.add(1, "The ghost kitchen opens at noon. Call wp_after_insert_post() when a post is saved.")
    documents.add(2, "A kitchen without a ghost. Insert the post after noon, says wp.")
    documents.add(
        3, "To be or not to be: **Ghost\nkitchen** tours run by electric bikes, model 4711.", title="Kitchens"
    )
    documents.add(4, "Preise der Radvermietung: ein Gutschein kostet 47 Euro.", language="de")
    documents.add(5, "自転車の修理は千円です。", language="ja")
    documents.add(6, "A page about boats.", title="The Ghost Ship of 1911")
    documents.add(7, "ร้านจักรยานเปิดทุกวัน", language="th")
    documents.add(8, "متجر الدراجات مفتوح كل يوم", language="ar")
    documents.add(9, "自行车维修店在老城区。", language="zh")


def found(query: str, *, operators: bool = True) -> list[int]:
    site = sites.first()
    retrieval = retriever.retrieve(query, site_id=site.id, site_language="en", k=8, mode="keyword", operators=operators)
    return [int(passage.url.split("/")[-2]) for passage in retrieval.nearest]


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('"ghost kitchen"', {1, 3}),
        ('"Ghost kitchens"', set()),
        ('"kitchen without a ghost"', {2}),
        ('"to be or not to be"', {3}),
        ('"ghost ship"', {6}),
        ('"wp_after_insert_post"', {1}),
        ("“ghost kitchen” noon", {1, 3}),
        ('"ghost kitchen" "electric bikes"', {3}),
        ('"自転車"', {5}),
        ('"ein Gutschein"', {4}),
        ("kitchen -electric", {1, 2}),
        ("kitchen -bike", {1, 2}),
        ('kitchen -"ghost kitchen"', {2}),
        ('"ghost kitchen" -electric', {1}),
        ("kitchen -the", {1, 2, 3}),
        ("kitchen -nothing-of-the-kind", {1, 2, 3}),
        ("4711", {3}),
        ("1911", {6}),
        ("自転車 修理", {5}),
        ("Gutschein", {4}),
        ("千円", {5}),
        ("ร้านจักรยาน", {7}),
        ("الدراجات", {8}),
        ("维修店", {9}),
    ],
)
def test_what_is_quoted_or_left_out_is_taken_to_the_letter(query: str, expected: set[int]) -> None:
    assert set(found(query)) == expected


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize(("query", "count"), [('"to be or not to be"', 1), ('"of"', 1), ('"ghost of the kitchen"', 0)])
def test_what_holds_a_phrase_to_the_letter_is_evidence(query: str, count: int) -> None:
    found = retriever.retrieve(query, site_id=sites.first().id, site_language="en", k=8)

    assert len(found.passages) == count


@pytest.mark.usefixtures("index")
def test_an_identifier_comes_before_the_words_it_is_made_of() -> None:
    assert found("wp_after_insert_post") == [1, 2]


@pytest.mark.usefixtures("index")
def test_without_operators_quotes_are_punctuation() -> None:
    assert set(found('"kitchen ghost"', operators=False)) == {1, 2, 3, 6}
    assert set(found('"kitchen ghost"')) == set()


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize(
    "query",
    [
        '"', '"ghost', "a", "the of and", "🚲", "& | ! ( ) <-> :*", "ghost & !kitchen | (", "ghost:A kitchen:*",
        "'; DROP TABLE askpress_chunk; --", "<|endoftext|>", "ghost " * 2_000, '"ghost kitchen" ' * 300, "-", "--",
        "-a -b", "\\", "%s %(q)s {version}", '"%_\\"', '"(((("', '"[a-z]+"', "\x01\x02", '"🚲"', "-🚲 ghost",
        '"' + "x" * 199 + '"', '"the"', "\ud800",
        "ร้าน จักรยาน -เปิด", "\u202eمتجر\u202c \u2067الدراجات\u2069", "חנות אופניים", "修", "🚲" * 500, "\u200d\u200b",
    ],
    ids=ascii,
)  # fmt: skip
@pytest.mark.parametrize("mode", ["hybrid", "keyword"])
def test_an_odd_query_is_a_query(query: str, mode: filters.Mode) -> None:
    site = sites.first()
    cleaned = query.encode("utf-8", "replace").decode()

    retrieval = retriever.retrieve(cleaned, site_id=site.id, site_language="en", k=8, mode=mode)

    assert len(retrieval.nearest) <= 8
