"""Pages, groups, joined neighbours, details and explanations of search, over HTTP."""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test import override_settings

from askpress import providers, sites
from askpress.retrieval import index, kept, keywords, lately, rows, versions
from askpress.text import terms
from tests import documents, visitor
from tests.fakes.reranker import FakeReranker
from tests.fakes.reranker import rerank_server as rerank_server
from tests.test_api_replies import conforms
from tests.visitor import Visitor

SENTENCE = "A puncture repair in workshop {0} costs {0} pounds. "
PAGES = 7


@pytest.fixture
def asking(db: None) -> Visitor:
    """A site of seven documents, each of two chunks that overlap."""
    site = sites.ensure("http://site.test")
    version = versions.live_or_new(
        versions.recipe_of(providers.embedding_traits("local", "all-MiniLM-L6-v2-int8", 384))
    )
    keywords.forget()
    versions.freeze_mean_lexemes(version, [8])
    for number in range(1, PAGES + 1):
        index.replace(versions.live(), document(site.id, number, version))
    sites.reconciled(site.id, at=visitor.NOW)
    lately.forget()
    return visitor.with_key("search")


def document(site_id: int, number: int, version: versions.IndexVersion) -> index.Content:
    text = SENTENCE.format(number) * 2
    middle = len(text) // 2
    chunks = [
        chunk(number, place, text, span, version) for place, span in enumerate([(0, middle + 10), (middle, len(text))])
    ]
    return index.Content(
        site_id=site_id, post_id=number, type="post", url=f"http://site.test/{number}", slug=str(number),
        title=f"Workshop {number}", language="en", author=1, categories=(4,), tags=(), published_at=visitor.NOW,
        modified_at=visitor.NOW, source=b"{}", source_checksum="s", text=text, note="", checksum="c",
        read_at=visitor.NOW, chunks=tuple(chunks),
    )  # fmt: skip


def chunk(number: int, place: int, text: str, span: tuple[int, int], version: versions.IndexVersion) -> rows.NewChunk:
    part = text[slice(*span)]
    key = kept.key(version.recipe.space, f"{number} {place}")
    kept.keep({key: np.full(384, 0.05, dtype=np.float32)})
    return rows.NewChunk(
        public_id=f"{number}-{place}", text=part, headings=(), anchor="", start=span[0], end=span[1], fresh=span[0],
        token_count=12, lexemes=tuple(terms.lexemes(part, language="en")), key=key,
    )  # fmt: skip


def found(asking: Visitor, **wanted: Any) -> dict[str, Any]:
    reply = visitor.body(asking.post("/search", {"q": "puncture repair", **wanted}))
    assert conforms(reply, "SearchReply")
    return reply


def pages(asking: Visitor, **wanted: Any) -> list[list[str]]:
    """Return the chunks of each page until there is none."""
    page = found(asking, **wanted)
    listed = [[result["chunk_id"] for result in page["results"]]]
    while page["cursor"]:
        page = found(asking, cursor=page["cursor"], **wanted)
        listed.append([result["chunk_id"] for result in page["results"]])
    return listed


def test_pages_hold_everything_once_in_the_order_of_one_page(asking: Visitor) -> None:
    whole = found(asking, k=50)["results"]

    listed = pages(asking, k=4)

    assert [len(page) for page in listed] == [4, 4, 4, 2]
    assert sorted(chain(*listed)) == sorted(result["chunk_id"] for result in whole)
    assert list(chain(*listed)) == [result["chunk_id"] for result in whole]


@pytest.mark.usefixtures("db")
def test_what_a_document_has_too_much_of_stands_on_no_page_twice() -> None:
    documents.site()
    documents.add(1, *["A puncture repair."] * 4)
    for number in (2, 3, 4, 5):
        documents.add(number, "A puncture repair.")

    listed = pages(visitor.with_key("search"), k=7)

    assert listed == [["c1-0", "c1-1", "c1-2", "c2-0", "c3-0", "c4-0", "c5-0"], ["c1-3"]]


@pytest.mark.usefixtures("db")
def test_pages_of_a_reranker_hold_everything_once(rerank_server: FakeReranker) -> None:
    documents.site()
    for number in (1, 2, 3, 4):
        documents.add(number, *[f"A puncture repair.{' quokka' * number}"] * 4)

    with override_settings(RERANK_PROVIDER="http", RERANK_BASE_URL=rerank_server.url, RERANK_PASSAGES=6,
                           RERANK_TIMEOUT_MS=10_000):  # fmt: skip
        listed = list(chain(*pages(visitor.with_key("search"), k=5)))
    providers.close()

    assert listed[:6] == ["c2-0", "c2-1", "c1-0", "c1-1", "c1-2", "c1-3"]
    assert sorted(listed) == [f"c{number}-{place}" for number in (1, 2, 3, 4) for place in range(4)]


def test_ties_stand_in_the_order_of_documents_and_of_reading(asking: Visitor) -> None:
    order = [result["chunk_id"] for result in found(asking, k=50, mode="semantic")["results"]]

    assert order == [f"{number}-{place}" for number in range(1, PAGES + 1) for place in (0, 1)]


def test_a_cursor_of_another_search_or_none_is_refused(asking: Visitor) -> None:
    cursor = found(asking, k=4)["cursor"]
    wrong = [{"k": 5, "cursor": cursor}, {"k": 4, "type": "post", "cursor": cursor}, {"cursor": "abc"}]

    replies = [visitor.body(asking.post("/search", {"q": "puncture repair", **given})) for given in wrong]

    assert [(reply["status"], reply["code"]) for reply in replies] == [(400, "invalid_cursor")] * 3
    assert asking.post("/search", {"q": "puncture", "cursor": "'; --"}).status_code == 400


def test_no_cursor_is_the_first_page(asking: Visitor) -> None:
    assert found(asking, k=3, cursor=None) == found(asking, k=3)


def test_a_cursor_ends_with_a_change_of_the_site(asking: Visitor) -> None:
    cursor = found(asking, k=4)["cursor"]
    with connection.cursor() as changing:
        changing.execute("UPDATE askpress_site SET corpus_version = corpus_version + 1")
    lately.forget()

    reply = visitor.body(asking.post("/search", {"q": "puncture repair", "k": 4, "cursor": cursor}))

    assert (reply["status"], reply["code"]) == (400, "stale_cursor")


def test_a_cursor_ends_when_the_reranker_goes_away_and_the_reply_says_that(
    asking: Visitor, rerank_server: FakeReranker
) -> None:
    with override_settings(RERANK_PROVIDER="http", RERANK_BASE_URL=rerank_server.url, RERANK_TIMEOUT_MS=10_000):
        cursor = found(asking, k=4)["cursor"]
        rerank_server.status = 503
        reply = visitor.body(asking.post("/search", {"q": "puncture repair", "k": 4, "cursor": cursor}))
    providers.close()

    assert (reply["status"], reply["code"]) == (400, "stale_cursor")
    assert "reranker that is away now" in reply["detail"]


def test_grouped_each_document_stands_once_with_its_passages(asking: Visitor) -> None:
    first = found(asking, k=4, group="document")
    second = found(asking, k=4, group="document", cursor=first["cursor"])

    urls = [result["url"] for page in (first, second) for result in page["results"]]
    assert len(urls) == len(set(urls)) == PAGES
    assert second["cursor"] is None
    assert {len(result["passages"]) for result in first["results"]} == {2}
    assert first["results"][0]["passages"][0]["chunk_id"] == first["results"][0]["chunk_id"]


def test_neighbours_are_told_once(asking: Visitor) -> None:
    result = found(asking, k=50, neighbours=True)["results"][0]

    number = result["url"][-1]
    assert result["content"] == SENTENCE.format(number) * 2
    assert result["chunk_ids"] == [f"{number}-0", f"{number}-1"]


def test_explained_a_result_says_how_it_was_found(asking: Visitor) -> None:
    reply = found(asking, k=3, explain=True)

    how = [result["explain"] for result in reply["results"]]
    assert how[0]["legs"] == ["semantic", "keyword"]
    assert how[0]["bm25_rank"] == 1
    assert all(1 <= one["cosine_rank"] <= 2 * PAGES for one in how)
    assert reply["explain"]["evidence"]["enough"] is True
    assert reply["explain"]["weights"]["semantic"] > 0


@pytest.mark.parametrize("mode", ["hybrid", "semantic", "keyword"])
def test_explained_scores_add_up_in_every_mode(asking: Visitor, mode: str) -> None:
    reply = found(asking, k=3, explain=True, mode=mode)

    weights = reply["explain"]["weights"]
    how = [result["explain"] for result in reply["results"]]
    sums = [weights["semantic"] * one["cosine"] + weights["keyword"] * one["bm25"] / (one["bm25"] + 40) for one in how]
    expected = pytest.approx([both / sum(weights.values()) for both in sums], abs=2e-4)
    assert [result["score"] for result in reply["results"]] == expected


def test_explained_nothing_says_what_came_nearest(asking: Visitor) -> None:
    reply = visitor.body(asking.post("/search", {"q": "zygomorphic quokkas", "explain": True}))

    assert reply["results"] == []
    assert reply["explain"]["evidence"]["enough"] is False
    assert 1 <= len(reply["explain"]["evidence"]["nearest"]) <= 3


def test_details_name_categories_and_image(asking: Visitor) -> None:
    with connection.cursor() as writing:
        writing.execute("UPDATE askpress_document SET image_url = 'http://site.test/a.jpg', image_alt = 'A wheel'")
        writing.execute(
            "INSERT INTO askpress_term (site_id, taxonomy, term_id, name, slug)"
            " SELECT id, 'category', 4, 'Repairs', 'repairs' FROM askpress_site"
        )

    result = found(asking, k=1, details=True)["results"][0]

    assert result["image"] == {"url": "http://site.test/a.jpg", "alt": "A wheel"}
    assert (result["categories"], result["tags"]) == (["Repairs"], [])


def test_what_is_not_asked_for_is_not_told(asking: Visitor) -> None:
    reply = found(asking)

    assert "explain" not in reply
    assert not {"passages", "chunk_ids", "explain", "image"} & set(reply["results"][0])


@pytest.mark.parametrize("given", ["neighbours=yes", "explain=2", "group=site", "cursor="])
def test_what_is_meant_otherwise_is_refused_in_an_address(asking: Visitor, given: str) -> None:
    assert asking.get(f"/search?q=puncture&{given}").status_code == 400


def test_an_address_says_1_for_true(asking: Visitor) -> None:
    reply = asking.get("/search?q=puncture+repair&neighbours=1&explain=true&details=0&group=document")

    assert "chunk_ids" in visitor.body(reply)["results"][0]


def test_a_reranker_orders_pages_too(asking: Visitor) -> None:
    with override_settings(RERANK_PROVIDER="http", RERANK_BASE_URL="http://127.0.0.1:9", RERANK_TIMEOUT_MS=5_000):
        listed = pages(asking, k=4)
    providers.close()

    assert len(set(chain(*listed))) == 2 * PAGES
