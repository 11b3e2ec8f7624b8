"""Filters: each leaves exactly the documents it names, whatever is nearest."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from askpress import sites
from askpress.retrieval import retriever
from askpress.retrieval.filters import Filters
from tests import conftest, documents

MAY = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def index(stores: None) -> None:
    """Five documents with the same words."""
    conftest.empty_tables()
    documents.site()
    said = "A puncture repair costs 12 pounds."
    documents.add(1, said, categories=(3, 5), author=7, url="http://site.test/blog/one/", published_at=MAY)
    documents.add(2, said, categories=(5,), tags=(9,), published_at=MAY - dt.timedelta(days=1))
    documents.add(3, said, type="page", tags=(9, 10), language="de", url="http://www.site.test/blog/caf%c3%a9/")
    documents.add(4, said, type="product", author=8, published_at=None)
    documents.add(5, said, said, url="https://site.test/100%/", published_at=MAY + dt.timedelta(days=1))
    documents.add_term("category", 3, name="News & More", slug="news-more")
    documents.add_term("category", 5, name="Велосипеды", slug="%d0%b2%d0%b5%d0%bb")
    documents.add_term("tag", 9, name="2024", slug="year-2024")
    documents.add_term("tag", 3, name="Other", slug="other")
    documents.add_term("author", 7, name="Ana Lopes", slug="ana")


def found(filters: Filters, *, mode: Any = "hybrid") -> set[int]:
    site = sites.first()
    retrieval = retriever.retrieve(
        "puncture repair", site_id=site.id, site_language="en", k=8, narrowed=filters, mode=mode
    )
    assert retrieval.passages == retrieval.nearest
    return {int(passage.title.removeprefix("Post ")) for passage in retrieval.passages}


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize("mode", ["hybrid", "semantic", "keyword"])
def test_without_filters_all_are_found(mode: str) -> None:
    assert found(Filters(), mode=mode) == {1, 2, 3, 4, 5}


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"type": ("page",)}, {3}),
        ({"type": ("page", "product")}, {3, 4}),
        ({"type": ("attachment",)}, set()),
        ({"category": ("3",)}, {1}),
        ({"category": ("5",)}, {1, 2}),
        ({"category": ("news-more",)}, {1}),
        ({"category": ("NEWS & more",)}, {1}),
        ({"category": ("велосипеды",)}, {1, 2}),
        ({"category": ("вел",)}, {1, 2}),
        ({"category": ("other",)}, set()),
        ({"category": ("nothing of the kind", "3")}, {1}),
        ({"category": ("9" * 30,)}, set()),
        ({"tag": ("2024",)}, {2, 3}),
        ({"tag": ("10",)}, {3}),
        ({"author": ("8",)}, {4}),
        ({"author": ("Ana Lopes",)}, {1}),
        ({"language": ("de",)}, {3}),
        ({"language": ("de-AT",)}, {3}),
        ({"language": ("xx",)}, set()),
        ({"after": MAY}, {1, 3, 5}),
        ({"before": MAY}, {2}),
        ({"after": MAY - dt.timedelta(days=2), "before": MAY}, {2}),
        ({"url": "/blog/"}, {1, 3}),
        ({"url": "http://site.test/blog/"}, {1}),
        ({"url": "/blog/Café"}, {3}),
        ({"url": "/blog/caf%C3%A9"}, {3}),
        ({"url": "/BLOG/CAFÉ"}, {3}),
        ({"url": "/blog/CAF%C3%89"}, {3}),
        ({"url": "/blog/cafe\u0301"}, {3}),
        ({"url": "HTTP://SITE.test/blog/"}, {1}),
        ({"url": "/100%"}, {5}),
        ({"url": "/bl_g/"}, set()),
        ({"url": "/%"}, set()),
        ({"category": ("5",), "tag": ("9",)}, {2}),
        ({"type": ("page",), "category": ("5",)}, set()),
    ],
    ids=str,
)
@pytest.mark.parametrize("mode", ["hybrid", "keyword"])
def test_a_filter_leaves_exactly_what_it_names(given: dict[str, Any], expected: set[int], mode: str) -> None:
    assert found(Filters(**given), mode=mode) == expected


def test_dates_that_leave_nothing_between_them_are_a_contradiction() -> None:
    assert Filters(after=MAY, before=MAY).contradiction
    assert not Filters(after=MAY, before=MAY + dt.timedelta(seconds=1)).contradiction


def test_the_same_filters_in_another_order_have_the_same_name() -> None:
    assert Filters(type=("page", "post")).texts == Filters(type=("post", "page")).texts
    assert Filters(type=("page",)).texts != Filters(tag=("page",)).texts
