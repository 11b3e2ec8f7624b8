"""Everything a post is made of is kept for filters and display: terms, author, language, translations, image."""

from __future__ import annotations

from typing import Any

import pytest

from askpress import sites
from askpress.sample import faults
from askpress.sync import site as site_trip
from tests.trips.conftest import Service
from tests.trips.test_poll import BREAD, TEA

TERMS = "SELECT taxonomy, term_id::int, name, slug FROM askpress_term ORDER BY 1, 2"


def stored(service: Service, columns: str, post_id: int = 1) -> tuple[Any, ...]:
    return service.rows(f"SELECT {columns} FROM askpress_document WHERE post_id = {post_id}")[0]


def test_renamed_terms_and_authors_arrive_without_a_date_and_without_reading_a_post(service: Service) -> None:
    service.site.add_category("News", id=5)
    service.site.add_tag("Drinks", id=6)
    service.site.add("Tea", TEA, categories=[5], tags=[6], modified="2020-01-01")
    service.sync()
    before = service.rows(TERMS)

    service.site.add_category("Novelties", id=5)
    service.site.add_user("Editor in chief", id=1)
    run = service.sync()

    assert ("category", 5, "News", "news") in before and ("tag", 6, "Drinks", "drinks") in before
    assert ("category", 5, "Novelties", "novelties") in service.rows(TERMS)
    assert ("author", 1, "Editor in chief", "editor-in-chief") in service.rows(TERMS)
    assert (run.unchanged, run.changed) == (1, 0)


def test_a_poll_learns_the_name_of_a_new_category_and_asks_for_no_other(service: Service) -> None:
    for number in (5, 6):
        service.site.add_category(f"Old {number}", id=number)
    service.site.add("Bread", BREAD, categories=[5], modified="2020-01-01")
    service.sync()
    service.site.add_category("News", id=7)
    service.site.add("Tea", TEA, categories=[5, 7])
    asked = len(service.site.asked("/categories"))

    site_trip.poll()

    assert ("category", 7, "News", "news") in service.rows(TERMS)
    assert [request.query["include"] for request in service.site.asked("/categories")[asked:]] == ["7"]


def test_an_edit_that_was_told_of_brings_the_names_that_its_post_has_now(service: Service) -> None:
    service.site.add_category("News", id=5)
    service.site.add_tag("Drinks", id=6)
    service.site.add("Tea", TEA, categories=[5], tags=[6], modified="2020-01-01")
    service.sync()
    service.site.add_category("Novelties", id=5)
    service.site.add_user("Editor in chief", id=1)

    (outcome,) = site_trip.sync_posts([1])

    assert outcome.kind == "unchanged"
    assert {("category", 5, "Novelties", "novelties"), ("author", 1, "Editor in chief", "editor-in-chief")} < set(
        service.rows(TERMS)
    )


def test_a_site_that_tells_no_terms_is_followed_all_the_same(service: Service) -> None:
    service.site.add("Tea", TEA, categories=[1], modified="2020-01-01")
    service.sync()
    service.site.faults.add(faults.unavailable(), path="/categories")
    service.site.edit(1, html=BREAD)

    (outcome,) = site_trip.sync_posts([1])

    assert outcome.kind == "changed"
    assert service.finds("Our sourdough rests overnight")


def test_a_term_that_is_taken_away_arrives_though_no_date_changed(service: Service) -> None:
    service.site.add("Tea", TEA, categories=[1, 5], tags=[6], modified="2020-01-01")
    service.sync()
    paid = service.embeddings

    service.site.edit(1, categories=[1], tags=[], modified="2020-01-01")
    run = service.sync()

    assert stored(service, "categories, tags") == ([1], [])
    assert (run.changed, service.embeddings) == (1, paid)


def test_a_post_that_became_a_page_arrives_though_no_date_changed(service: Service) -> None:
    service.site.add("Tea", TEA, modified="2020-01-01")
    service.sync()
    paid = service.embeddings

    service.site.edit(1, type="page", modified="2020-01-01")
    run = service.sync()

    assert stored(service, "type") == ("page",)
    assert (run.changed, service.embeddings, service.sync().unchanged) == (1, paid, 1)


def test_another_permalink_structure_arrives_though_no_date_changed(service: Service) -> None:
    service.site.add("Tea", TEA, modified="2020-01-01")
    service.sync()

    service.site.edit(1, path="/2020/01/tea/", modified="2020-01-01")
    service.sync()

    assert stored(service, "url") == (f"{service.site.url}/2020/01/tea/",)


def test_featured_images_are_read_together_and_only_for_posts_that_are_read(service: Service) -> None:
    picture = {"source_url": "https://pictures.test/tea.jpg", "alt_text": "A cup of tea"}
    service.site.add("Cup", type="attachment", id=90, extra=picture)
    for title in ("Tea", "Oolong"):
        service.site.add(title, TEA, extra={"featured_media": 90}, modified="2020-01-01")
    service.site.add("Bread", BREAD, modified="2020-01-01")
    service.sync()
    service.sync()

    assert stored(service, "image::int, image_url, image_alt", 91) == (90, *picture.values())
    assert stored(service, "image::int, image_url, image_alt", 93) == (0, "", "")
    assert len(service.site.asked("/media?")) == 1


def test_a_post_whose_image_cannot_be_read_is_ingested_all_the_same(service: Service) -> None:
    service.site.add("Tea", TEA, extra={"featured_media": 404})

    run = service.sync()

    assert (run.added, stored(service, "image::int, image_url")) == (1, (404, ""))


def test_translations_share_a_group_and_say_their_language(service: Service) -> None:
    group = {"en": 1, "de": 2}
    service.site.add("Tea", TEA, extra={"askpress": {"noindex": None, "lang": "en", "translations": group}})
    service.site.add("Tee", TEA, extra={"lang": "de_DE", "translations": group})
    service.site.add("Bread", BREAD)
    service.sync()

    columns = "language, language_source, translation_group::int"
    assert stored(service, columns, 1) == ("en", "askpress", 1)
    assert stored(service, columns, 2) == ("de", "polylang", 1)
    assert stored(service, columns, 3) == ("en", "detected", 0)
    assert sites.first().language_source == "askpress, polylang"


@pytest.mark.parametrize(("text", "said"), [(BREAD, ("en", "detected")), ("<p>7</p>", ("fr", "yoast"))])
def test_a_sites_locale_counts_only_where_a_text_does_not_tell(
    service: Service, text: str, said: tuple[str, str]
) -> None:
    service.site.add("", text, extra={"yoast_head_json": {"og_locale": "fr_FR", "robots": {"index": "index"}}})
    service.sync()

    assert stored(service, "language, language_source") == said
    assert sites.first().noindex_source == "yoast"
