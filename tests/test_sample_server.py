"""The sample site beside its posts: types, names, public pages, other installations, faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from askpress.sample import SampleSite, faults, serve
from tests.fakes.wordpress import FakeWordPress, new_browser

Ask = Callable[..., httpx2.Response]
MOMENT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def ask(site: FakeWordPress) -> Iterator[Ask]:
    with new_browser() as browser:
        yield lambda path, **options: browser.request(
            options.pop("method", "GET"), site.url + path, follow_redirects=False, **options
        )


def ids(reply: httpx2.Response) -> list[int]:
    return [row["id"] for row in reply.json()]


def test_types_name_the_address_of_their_lists(site: FakeWordPress, ask: Ask) -> None:
    site.add_type("kb", "kb-articles")
    site.add("An answer", type="kb")

    kinds = ask("/wp-json/wp/v2/types").json()

    assert kinds["kb"]["_links"]["wp:items"][0]["href"] == f"{site.url}/wp-json/wp/v2/kb-articles"
    assert {"post", "page", "attachment", "wp_block", "nav_menu_item"} <= set(kinds)
    assert ids(ask("/wp-json/wp/v2/kb-articles")) == [1]


def test_terms_are_escaped_and_counted(site: FakeWordPress, ask: Ask) -> None:
    tips = site.add_category("Tips & Tricks")
    site.add("A post", categories=[tips])

    (row,) = ask(f"/wp-json/wp/v2/categories?include={tips}&_fields=id,name,slug,count").json()

    assert row == {"id": tips, "name": "Tips &amp; Tricks", "slug": "tips-tricks", "count": 1}


def test_only_authors_with_published_posts_are_listed(site: FakeWordPress, ask: Ask) -> None:
    site.add_user("Idle")
    site.add("A post", author=1)

    assert [row["name"] for row in ask("/wp-json/wp/v2/users").json()] == ["Editor"]


def test_every_page_names_the_rest_api_in_a_header_even_a_missing_one(site: FakeWordPress, ask: Ask) -> None:
    found, missing = ask("/"), ask("/no/such/page/")

    root = f'<{site.url}/wp-json/>; rel="https://api.w.org/"'
    assert (found.status_code, found.headers["Link"]) == (200, root)
    assert (missing.status_code, missing.headers["Link"]) == (404, root)


def test_a_link_opens_a_page_with_the_content(site: FakeWordPress, ask: Ask) -> None:
    site.add("Straße & Café", "<p>Grüße</p>", slug="straße")

    link = ask("/wp-json/wp/v2/posts/1").json()["link"]
    page = ask(link.removeprefix(site.url))

    assert (page.status_code, "<p>Grüße</p>" in page.text, "<h1>Straße &#038; Café</h1>" in page.text) == (
        200,
        True,
        True,
    )


def test_plain_permalinks_answer_by_rest_route_only() -> None:
    fake = FakeWordPress.served(permalinks="plain")
    fake.add_many(2)

    with fake.server, new_browser() as browser:
        root = browser.get(fake.url).links["https://api.w.org/"]["url"]
        first = browser.get(fake.url + "/?rest_route=/wp/v2/posts&per_page=1")
        second = browser.get(first.links["next"]["url"])
        pretty = browser.get(fake.url + "/wp-json/")

    assert root == f"{fake.url}/index.php?rest_route=/"
    assert first.links["next"]["url"] == f"{fake.url}/index.php?rest_route=%2Fwp%2Fv2%2Fposts&per_page=1&page=2"
    assert ids(first) + ids(second) == [2, 1]
    assert (pretty.status_code, "Link" in pretty.headers) == (404, False)


def test_a_site_in_a_folder_knows_nothing_of_what_lies_outside() -> None:
    fake = FakeWordPress.served(folder="/blog")

    with fake.server, new_browser() as browser:
        inside = browser.get(fake.url + "/wp-json/").json()
        outside = browser.get(fake.server.origin + "/wp-json/")
        front = browser.get(fake.server.origin + "/")

    assert inside["home"] == fake.url
    assert (outside.status_code, front.status_code, "Link" in front.headers) == (404, 200, False)


def test_a_fault_meets_as_many_matching_requests_as_it_should(site: FakeWordPress, ask: Ask) -> None:
    site.faults.add(faults.fatal_error, path="/posts", times=2, skip=1)

    statuses = [ask("/wp-json/wp/v2/posts").status_code for _ in range(4)]

    assert statuses == [200, 500, 500, 200]
    assert ask("/wp-json/wp/v2/pages").status_code == 200
    assert len(site.asked("/wp/v2/posts")) == 4


def test_a_list_by_modified_is_unstable_when_that_is_switched_on(site: FakeWordPress, ask: Ask) -> None:
    site.add_many(50, modified=MOMENT)
    site.faults.add(faults.shuffled(seed=1))

    by_id = ids(ask("/wp-json/wp/v2/posts?per_page=50&orderby=id"))
    by_modified = ids(ask("/wp-json/wp/v2/posts?per_page=50&orderby=modified"))

    assert len(set(by_id)) == 50
    assert len(set(by_modified)) < 50


def test_null_characters_and_lone_surrogates_come_through(site: FakeWordPress, ask: Ask) -> None:
    site.add("Odd", "a\0b\ud800c")

    assert ask("/wp-json/wp/v2/posts/1").json()["content"]["rendered"] == "a\0b\ud800c"


def test_a_closed_server_answers_nobody_not_even_over_an_open_connection(site: FakeWordPress, ask: Ask) -> None:
    ask("/")

    site.server.close()

    with pytest.raises(httpx2.TransportError):
        ask("/")


def test_the_built_in_site_has_the_states_a_client_must_tell_apart() -> None:
    built_in = SampleSite.load()

    items = built_in.items()

    assert {"post", "page"} <= {item.type for item in items}
    assert {"publish", "draft"} <= {item.status for item in items}
    assert any(item.password for item in items)


def test_every_link_of_the_built_in_site_opens() -> None:
    with serve(SampleSite.load(), poll_seconds=0.01) as server, new_browser() as browser:
        rows = [
            row
            for kind in ("posts", "pages")
            for row in browser.get(f"{server.url}/wp-json/wp/v2/{kind}?per_page=100&_fields=link").json()
        ]
        statuses = {browser.get(row["link"]).status_code for row in rows}

    assert statuses == {200}


def test_a_content_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "items").mkdir()
    (tmp_path / "site.json").write_text('{"name": "Shop"}')
    (tmp_path / "items" / "1-bad.html").write_text("no colon here\n\n<p></p>")

    with pytest.raises(ValueError, match=r"1-bad\.html"):
        SampleSite.load(tmp_path)
