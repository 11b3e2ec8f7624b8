"""How the two legs are joined, and that a question about one document gets that document."""

from __future__ import annotations

import numpy as np
import pytest
from django.test import override_settings

from askpress import providers, report, sites
from askpress.commands import status
from askpress.providers import local
from askpress.retrieval import fusion, keywords, languages, lengths, retriever, search, store, versions
from askpress.retrieval.passage import Passage
from askpress.text import terms
from tests import documents, plain_terms

LOCAL = providers.embedding_traits("local", "all-MiniLM-L6-v2-int8", 384)
LARGE = providers.embedding_traits("openai", "text-embedding-3-large", 3072)


def unit(*at: float) -> np.ndarray:
    vector = np.full(384, 1e-4, dtype=np.float32)
    vector[: len(at)] = at
    return vector


def find(words: str, vector: np.ndarray, *, formula: str = fusion.WEIGHTED, k: int = 8) -> list[Passage]:
    version, site_id = versions.live(), sites.first().id
    asked = keywords.analyse(words, languages=["en"], version=version.id, site_id=site_id)
    return search.hybrid(
        version, site_id=site_id, embedding=vector, keywords=asked, weights=fusion.Weights(1.0, 1.0), k=k,
        formula=formula,
    )  # fmt: skip


def test_an_english_model_leans_on_keywords_in_other_languages() -> None:
    assert (
        fusion.leaning(LOCAL, ["en", "de", ""])
        == "all-MiniLM-L6-v2-int8 understands en: questions in de lean on keywords"
    )
    assert fusion.leaning(LOCAL, ["en"]) == ""
    assert fusion.leaning(LARGE, ["en", "de", "ja"]) == ""
    assert fusion.weights(LARGE, "de", "Was?") == fusion.weights(LOCAL, "en", "What?")


@pytest.mark.parametrize(
    ("question", "leads"),
    [
        ("wp_after_insert_post", True), ("wp-config.php", True), ("/wp-json/", True), ("192.168.0.1", True),
        ("4711", True), ("--max-cost", True), ("4711 4712", True), ("php 8.3", False), ("What is 4711?", False),
        ("e-bike", False), ("C++", False), ("okapi.", False), ("tea/coffee prices", False),
    ],
)  # fmt: skip
def test_words_lead_where_nothing_but_identifiers_is_asked_for(question: str, leads: bool) -> None:
    weights = fusion.weights(LARGE, "en", question)

    assert (weights.keyword > weights.dense) is leads


def around(axis: np.ndarray, cosine: float, seed: int) -> np.ndarray:
    """Return a unit vector with that cosine to `axis`."""
    random = np.random.default_rng(seed).normal(size=axis.size)
    beside = random - axis * (random @ axis)
    vector: np.ndarray = (cosine * axis + (1 - cosine**2) ** 0.5 * beside / np.linalg.norm(beside)).astype(np.float32)
    return vector


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("what does wc_get_order return for an unknown id", True),
        ("is wp-config.php read first", True),
        ("what happens when getElementById finds nothing", True),
        ("where is /wp-json/ switched off", True),
        ("what does --max-cost count", True),
        ("how do I move from WordPress to WooCommerce", False),
        ("does the iPhone app work, e.g. in the U.S. and/or at 10:30", False),
        ("what changed in 2024", False),
    ],
)
def test_words_count_for_more_where_a_question_names_an_identifier(question: str, names: bool) -> None:
    weights = fusion.weights(LOCAL, "en", question)

    assert (weights.keyword > fusion.weights(LOCAL, "en", "What?").keyword) == names
    assert fusion.weights(LOCAL, "de", question) == fusion.weights(LOCAL, "de", "Was?")


def test_an_identifier_comes_before_what_is_about_such_things(db: None) -> None:
    documents.site()
    (axis,) = local.MiniLM().embed(["192.168.0.1"])
    for number in range(100):
        documents.add(number, "Hosts have names and addresses.", vectors=[around(axis, 0.33, number)])
    documents.add(100, "The printer is at 192.168.0.1 and out of paper.", vectors=[around(axis, 0.1, 100)])
    keywords.forget()

    found = retriever.retrieve("192.168.0.1", site_id=sites.first().id, site_language="en", k=8)

    assert found.passages[0].title == "Post 100"


@pytest.mark.parametrize("k", [1, 8])
def test_what_is_evidence_does_not_hang_on_how_much_is_wanted(db: None, k: int) -> None:
    documents.site()
    (axis,) = local.MiniLM().embed(["okapi"])
    documents.add(1, "Hosts have names and addresses.", vectors=[around(axis, 0.35, 1)])
    documents.add(2, "The okapi lives in the Congo.", vectors=[around(axis, 0.0, 2)])

    found = retriever.retrieve("okapi", site_id=sites.first().id, site_language="en", k=k)

    assert [passage.url[-2] for passage in found.passages] == ["1", "2"][:k]


def test_status_says_where_words_lead(db: None) -> None:
    documents.site()
    documents.add(1, "Die Preise der Fahrräder.", language="de")

    found = status.gather(sites.first())["fusion"]

    assert found["formula"] == "weighted"
    assert "questions in de lean on keywords" in found["leaning"]


def test_ranks_alone_decide_with_rrf(db: None) -> None:
    documents.site()
    documents.add(1, "bike shed", vectors=[unit(1.0, 0.0)])
    documents.add(2, "boat shed", vectors=[unit(0.99, 0.1)])
    documents.add(3, "bike bike boat", vectors=[unit(0.0, 1.0)])

    found = find("boat", unit(1.0), formula=fusion.RRF)

    # Document 2 is the second of both legs or better, 1 the first of one and the last of the other.
    assert found[0].title == "Post 2"
    expected = 61 * (1 / 62 + 1 / 61) / 2
    assert found[0].score == pytest.approx(expected, abs=1e-3)
    assert all(0 <= passage.score <= 1 for passage in found)


@pytest.mark.parametrize(
    ("written", "question", "language"),
    [
        ("de", "Fussbremsen", "de"), ("de", "12,50", "de"), ("en", "Tim", "en"), ("", "Tim", "en"),
        ("ja", "営業", "ja"), ("ja", "定休日", "ja"), ("zh", "定休日", "zh"), ("zh", "レンタル料金", "ja"),
        ("de", "定休日", "zh"),
    ],
)  # fmt: skip
def test_a_question_whose_language_does_not_show_is_of_the_documents_language(
    db: None, written: str, question: str, language: str
) -> None:
    documents.site()
    languages.forget()
    documents.add(1, "12,50", language=written)

    found = retriever.retrieve(question, site_id=sites.first().id, site_language="en-GB", k=8)

    assert found.language == language
    assert found.explained and (found.explained.weights.dense < 1) is (language != "en")


@override_settings(FUSION="rrf")
def test_the_setting_chooses_the_formula(db: None) -> None:
    documents.site()
    documents.add(1, "A puncture repair costs 12 pounds.")

    (passage,) = retriever.retrieve(
        "puncture repair", site_id=sites.first().id, site_language="en", k=8
    ).nearest  # fmt: skip

    assert passage.score == pytest.approx(1.0)


def test_a_document_that_dominates_gives_its_sections_whole(db: None) -> None:
    documents.site()
    parts = [f"Pricing part {n}" for n in range(6)]
    documents.add(1, *parts, vectors=[unit(1.0, 0.01 * n) for n in range(6)])
    for number in range(2, 8):
        documents.add(number, "Something else", vectors=[unit(0.3, 1.0)])

    assert [passage.title for passage in find("pricing", unit(1.0), k=8)].count("Post 1") == 6


def test_otherwise_no_document_gives_more_than_three(db: None) -> None:
    documents.site()
    for number in range(1, 5):
        documents.add(number, *["Pricing"] * 4, vectors=[unit(1.0, 0.1 * number + 0.01 * n) for n in range(4)])

    titles = [passage.title for passage in find("pricing", unit(1.0), k=8)]

    assert len(titles) == 8
    assert max(map(titles.count, titles)) == 3


def test_where_too_few_documents_fit_they_give_more_until_there_are_k(db: None) -> None:
    documents.site()
    for number in (1, 2):
        documents.add(number, *["Pricing"] * 6, vectors=[unit(1.0, 0.1 * n + 0.01 * number) for n in range(6)])

    found = find("pricing", unit(1.0), k=9)

    assert len(found) == 9
    assert [passage.score for passage in found] == sorted((passage.score for passage in found), reverse=True)


def test_a_mean_length_that_has_drifted_is_told(db: None) -> None:
    documents.site()
    documents.add(1, "five words are in here")
    version = versions.live()
    assert report.drift_warning(version) == ""

    with store.autocommit() as cursor:
        cursor.execute(
            f"UPDATE term_{version.id} SET lexemes = %s::tsvector".encode(), (plain_terms.tsvector(["a"] * 40),)
        )

    assert "40 lexemes" in report.drift_warning(version)


def test_a_first_load_is_weighed_by_the_mean_length_of_all(db: None) -> None:
    documents.site()
    texts = ["tyre tyre pump", "one tyre among many other words, which make the second text longer than the first"]
    for number, text in enumerate(texts):
        documents.add(number + 1, text, title="")
    words = [terms.lexemes(text, language="en") for text in texts]
    mean = sum(map(len, words)) / len(words)

    lengths.settle(versions.live().id)

    version = versions.live()
    assert (version.mean_lexemes, report.drift_warning(version)) == (mean, "")
    with store.autocommit() as cursor:
        rows = cursor.execute(f"SELECT weights FROM term_{version.id} ORDER BY chunk_id".encode()).fetchall()
    plain = [plain_terms.chunk_weights(chunk, mean_lexemes=mean) for chunk in words]
    assert [row[0].to_binary() for row in rows] == [weights.to_binary() for weights in plain]
