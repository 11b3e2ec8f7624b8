"""askpress.wordpress.client against a real WordPress: what the fake site claims, WordPress itself must show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from askpress import errors
from askpress.wordpress import client
from askpress.wordpress.post import Post
from tests.wordpress.site import PLAIN, WordPress

pytestmark = pytest.mark.wordpress


def reader(url: str, **options: Any) -> client.WordPress:
    return client.WordPress(url, allow_private=True, sleep=lambda seconds: None, **options)


@pytest.fixture
def site(wordpress: WordPress) -> Iterator[client.WordPress]:
    with reader(wordpress.url) as found:
        yield found


def test_the_api_is_found_from_the_front_page(site: client.WordPress, wordpress: WordPress) -> None:
    root = site.discover()

    assert root.api_root == f"{wordpress.url}/wp-json/"
    assert (root.home, root.name) == (wordpress.url, "Test site")


def test_plain_permalinks_on_a_server_without_rewriting_are_read(wordpress: WordPress) -> None:
    post_id = wordpress.insert("Opening hours", "<p>We open at nine.</p>")
    wordpress.act(("permalinks", PLAIN))

    with wordpress.served(rewrites=False) as url, reader(url) as site:
        root = site.discover()
        entries = site.listing("post").entries
        posts = list(site.posts("post", [post_id]))

    assert root.api_root == f"{url}/index.php?rest_route=/"
    assert [entry.id for entry in entries] == [post_id]
    assert [(post.title, post.link) for post in posts if isinstance(post, Post)] == [
        ("Opening hours", f"{url}/?p={post_id}")
    ]


@pytest.mark.parametrize("pasted", ["/blog", "/blog/", "/blog/wp-admin/", "/blog/wp-json/wp/v2/posts"])
def test_a_wordpress_in_a_folder_is_found(wordpress: WordPress, pasted: str) -> None:
    post_id = wordpress.insert("Prices", "<p>Twelve euros.</p>")

    with wordpress.served(folder="/blog") as url, reader(url.removesuffix("/blog") + pasted) as site:
        root = site.discover()
        entries = site.listing("post").entries

    assert root.api_root == f"{url}/wp-json/"
    assert [entry.id for entry in entries] == [post_id]


def test_the_listing_of_several_pages_is_complete(site: client.WordPress, wordpress: WordPress) -> None:
    """All at one moment, as after an import: WordPress breaks no ties between equal dates."""
    ids = wordpress.insert_many([{"post_title": f"Post {n}", "post_date": "2026-01-02 03:04:05"} for n in range(230)])

    listing = site.listing("post")

    assert [entry.id for entry in listing.entries] == ids
    assert listing.site_time is not None


def test_posts_come_in_the_order_asked_for_and_strangers_are_left_out(
    site: client.WordPress, wordpress: WordPress
) -> None:
    ids = wordpress.insert_many([{"post_title": f"Post {n}", "post_content": f"<p>Text {n}</p>"} for n in range(120)])
    draft = wordpress.insert("Draft", "<p>secret</p>", post_status="draft")

    found = list(site.posts("post", [*reversed(ids), draft, 999_999]))

    assert [post.id for post in found] == ids[::-1]


def test_what_wordpress_renders_reaches_the_post(site: client.WordPress, wordpress: WordPress) -> None:
    [category, tag] = wordpress.act(("term", "category", "Tips & Tricks"), ("term", "post_tag", "Clay"))
    post_id = wordpress.insert(
        'It\'s "AT&T" <b>bold</b> 5 < 6',
        "<!-- wp:paragraph --><p>A <a href='/x'>link</a>.</p><!-- /wp:paragraph -->"
        '[gallery][unknown id="3"]inside[/unknown]',
        post_category=[category],
    )
    wordpress.act(("set_terms", post_id, "post_tag", [tag]))

    [post] = site.posts("post", [post_id])

    assert isinstance(post, Post)
    assert post.title == "It’s “AT&T” bold 5 < 6"
    # Since WordPress 7 a paragraph has a class.
    assert re.search(r"<p[^>]*>A <a href='/x'>link</a>\.</p>", post.html)
    assert "inside" in post.html
    assert (post.categories, post.tags) == ((category,), (tag,))
    named = {(term.taxonomy, term.id): term.name for term in site.terms()}
    assert named[("category", category)] == "Tips & Tricks"
    assert named[("author", 1)] == "admin"


def test_a_page_is_read_under_its_own_type(site: client.WordPress, wordpress: WordPress) -> None:
    page = wordpress.insert("About us", "<p>Since 1987.</p>", post_type="page")

    assert {"post", "page"} <= site.types().keys()
    assert [entry.id for entry in site.listing("page").entries] == [page]
    assert site.listing("post").entries == ()


@pytest.mark.parametrize("status", ["draft", "pending", "private", "future"])
def test_what_a_stranger_may_not_read_is_not_listed_and_counts_as_gone(
    site: client.WordPress, wordpress: WordPress, status: str
) -> None:
    hidden = wordpress.insert("Canary", "<p>canary</p>", post_status=status, post_date="2099-01-01 00:00:00")

    assert site.listing("post").entries == ()
    assert list(site.posts("post", [hidden])) == []
    assert site.post("post", hidden, listing_was_public=True) == client.Gone("401 rest_forbidden")


def test_a_trashed_and_a_deleted_post_are_gone(site: client.WordPress, wordpress: WordPress) -> None:
    trashed, deleted = wordpress.insert_many([{"post_title": "A"}, {"post_title": "B"}])
    wordpress.trash(trashed)
    wordpress.delete(deleted)

    assert site.listing("post").entries == ()
    assert site.post("post", trashed, listing_was_public=True) == client.Gone("401 rest_forbidden")
    assert site.post("post", deleted) == client.Gone("404 rest_post_invalid_id")


def test_a_refusal_proves_nothing_while_the_listing_was_not_read(site: client.WordPress, wordpress: WordPress) -> None:
    hidden = wordpress.insert("Canary", "<p>canary</p>", post_status="private")

    with pytest.raises(errors.SiteRefused):
        site.post("post", hidden)


def test_a_post_with_a_password_is_protected_and_shows_nothing(site: client.WordPress, wordpress: WordPress) -> None:
    post_id = wordpress.insert("Members", "<p>canary</p>", post_password="sesame")

    [post] = site.posts("post", [post_id])

    assert isinstance(post, Post)
    assert (post.protected, post.html) == (True, "")


def test_a_right_application_password_is_accepted_and_shows_nothing_more(wordpress: WordPress) -> None:
    wordpress.insert("Canary", "<p>canary</p>", post_status="private")

    with reader(wordpress.url, user="admin", password=wordpress.password) as site:
        site.prove_credentials()
        entries = site.listing("post").entries

    assert entries == ()


def test_a_wrong_application_password_is_noticed(wordpress: WordPress) -> None:
    with (
        reader(wordpress.url, user="admin", password="no such password") as site,
        pytest.raises(errors.SiteRefused, match="does not accept the application password"),
    ):
        site.prove_credentials()


def test_maintenance_is_a_site_that_cannot_be_reached(site: client.WordPress, wordpress: WordPress) -> None:
    site.discover()
    notice = wordpress.folder / "site" / ".maintenance"
    notice.write_text("<?php $upgrading = time();")

    try:
        with pytest.raises(errors.SiteUnreachable):
            site.listing("post")
    finally:
        notice.unlink()
