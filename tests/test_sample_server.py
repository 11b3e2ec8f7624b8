"""The sample site answers as WordPress does, and badly on demand."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from askpress.sample import SampleSite, faults, serve
from tests.fakes.wordpress import FakeWordPress

Ask = Callable[..., httpx2.Response]
MOMENT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def new_browser() -> httpx2.Client:
    # Certificates take longer to load than a test needs.
    return httpx2.Client(verify=False, timeout=5)


@pytest.fixture
def ask(site: FakeWordPress) -> Iterator[Ask]:
    with new_browser() as browser:
        yield lambda path, **options: browser.request(
            options.pop("method", "GET"), site.url + path, follow_redirects=False, **options
        )


def ids(reply: httpx2.Response) -> list[int]:
    return [row["id"] for row in reply.json()]


def code(reply: httpx2.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["code"]


def login(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def test_a_list_counts_its_rows_and_links_the_next_page(site: FakeWordPress, ask: Ask) -> None:
    site.add_many(5)

    reply = ask("/wp-json/wp/v2/posts?per_page=2&orderby=id&order=asc&_fields=id")

    assert reply.json() == [{"id": 1}, {"id": 2}]
    assert (reply.headers["X-WP-Total"], reply.headers["X-WP-TotalPages"]) == ("5", "3")
    assert reply.links["next"]["url"] == (
        f"{site.url}/wp-json/wp/v2/posts?per_page=2&orderby=id&order=asc&_fields=id&page=2"
    )


def test_head_has_the_counts_and_no_body(site: FakeWordPress, ask: Ask) -> None:
    site.add_many(3)

    reply = ask("/wp-json/wp/v2/posts", method="HEAD")

    assert (reply.headers["X-WP-Total"], reply.content) == ("3", b"")


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("posts?page=9999", (400, "rest_post_invalid_page_number")),
        ("posts?page=0", (400, "rest_invalid_param")),
        ("posts?per_page=0", (400, "rest_invalid_param")),
        ("posts?per_page=-1", (400, "rest_invalid_param")),
        ("posts?per_page=101", (400, "rest_invalid_param")),
        ("posts?per_page=ten", (400, "rest_invalid_param")),
        ("posts?orderby=bogus", (400, "rest_invalid_param")),
        ("posts?status=draft", (400, "rest_invalid_param")),
        ("posts?status=publish,private", (400, "rest_invalid_param")),
        ("posts?context=edit", (401, "rest_forbidden_context")),
        ("posts?modified_after=2026-01-01T00:00:00+00:00", (400, "rest_invalid_param")),
        ("posts?modified_after=2026-01-01", (400, "rest_invalid_param")),
        ("posts?modified_after=1767225600", (400, "rest_invalid_param")),
        ("posts/999", (404, "rest_post_invalid_id")),
        ("pages/1", (404, "rest_post_invalid_id")),
        ("products", (404, "rest_no_route")),
        ("users/me", (401, "rest_not_logged_in")),
        ("users/99", (404, "rest_user_invalid_id")),
        ("categories/99", (404, "rest_term_invalid")),
    ],
)
def test_bad_requests_are_refused_with_wordpresss_own_codes(
    site: FakeWordPress, ask: Ask, path: str, answer: tuple[int, str]
) -> None:
    site.add("The only post")

    reply = ask(f"/wp-json/wp/v2/{path}")

    assert code(reply) == answer
    assert reply.json()["data"]["status"] == answer[0]


def test_a_bad_parameter_is_named_with_its_reason(ask: Ask) -> None:
    reply = ask("/wp-json/wp/v2/posts?per_page=101")

    assert reply.json()["data"]["params"] == {"per_page": "per_page must be between 1 (inclusive) and 100 (inclusive)"}


def test_an_offset_beyond_the_end_is_an_empty_list_with_total_zero(site: FakeWordPress, ask: Ask) -> None:
    site.add_many(3)

    reply = ask("/wp-json/wp/v2/posts?offset=10")

    assert (reply.status_code, reply.json(), reply.headers["X-WP-Total"]) == (200, [], "0")


@pytest.mark.parametrize("form", ["include=3,1,99", "include[]=3&include[]=1", "include[0]=3&include[1]=1"])
def test_include_takes_both_forms_and_keeps_its_order_when_asked(site: FakeWordPress, ask: Ask, form: str) -> None:
    site.add_many(4)

    assert ids(ask(f"/wp-json/wp/v2/posts?{form}&orderby=include&order=asc")) == [3, 1]


def test_fields_reach_inside_and_leave_links_out(site: FakeWordPress, ask: Ask) -> None:
    site.add("Title", "<p>Body</p>", extra={"yoast_head_json": {"title": "x", "robots": {"index": "noindex"}}})

    reply = ask("/wp-json/wp/v2/posts?_fields=id,title.rendered,content.protected,yoast_head_json.robots,nothing")

    assert reply.json() == [
        {
            "id": 1,
            "title": {"rendered": "Title"},
            "content": {"protected": False},
            "yoast_head_json": {"robots": {"index": "noindex"}},
        }
    ]


def test_modified_after_is_strict_and_bare_values_are_the_sites_local_time(site: FakeWordPress, ask: Ask) -> None:
    site.timezone_string = "Europe/Berlin"
    site.add("Old", modified=MOMENT)

    assert ids(ask("/wp-json/wp/v2/posts?modified_after=2026-03-01T12:00:00Z")) == []
    assert ids(ask("/wp-json/wp/v2/posts?modified_after=2026-03-01T11:59:59Z")) == [1]
    assert ids(ask("/wp-json/wp/v2/posts?modified_after=2026-03-01T11:59:59%2B00:00")) == [1]
    assert ids(ask("/wp-json/wp/v2/posts?modified_after=2026-03-01T12:59:59")) == [1]
    assert ids(ask("/wp-json/wp/v2/posts?modified_after=2026-03-01T13:00:00.000")) == []


def test_dates_come_in_local_time_and_in_gmt_both_without_a_zone(site: FakeWordPress, ask: Ask) -> None:
    site.timezone_string = "Europe/Berlin"
    site.add("Old", modified=MOMENT)

    shown = ask("/wp-json/wp/v2/posts/1").json()

    assert (shown["modified"], shown["modified_gmt"]) == ("2026-03-01T13:00:00", "2026-03-01T12:00:00")


def test_titles_are_html_with_entities_and_curled_quotes(site: FakeWordPress, ask: Ask) -> None:
    site.add('It\'s "AT&T" -- <b>bold</b> &amp; more')

    title = ask("/wp-json/wp/v2/posts/1").json()["title"]["rendered"]

    assert title == "It&#8217;s &#8220;AT&#038;T&#8221; &#8212; <b>bold</b> &amp; more"


@pytest.mark.parametrize("status", ["draft", "pending", "private", "future", "trash"])
def test_what_is_not_published_is_forbidden_to_strangers_and_shown_to_the_owner(
    site: FakeWordPress, ask: Ask, status: str
) -> None:
    site.add_user("Owner", application_password="abcd efgh")
    site.add("Hidden", status=status)

    assert ids(ask("/wp-json/wp/v2/posts")) == []
    assert code(ask("/wp-json/wp/v2/posts/1")) == (401, "rest_forbidden")
    assert ask("/wp-json/wp/v2/posts/1", headers=login("owner", "abcdefgh")).json()["status"] == status


def test_a_password_hides_content_and_excerpt_unless_it_is_given(site: FakeWordPress, ask: Ask) -> None:
    site.add("Locked", "<p>secret</p>", password="key", excerpt="secret")

    assert ask("/wp-json/wp/v2/posts/1?_fields=content,excerpt").json() == {
        "content": {"rendered": "", "protected": True},
        "excerpt": {"rendered": "", "protected": True},
    }
    assert "secret" in ask("/wp-json/wp/v2/posts/1?password=key").text
    assert code(ask("/wp-json/wp/v2/posts/1?password=no")) == (403, "rest_post_incorrect_password")
    assert "secret" not in ask("/locked/").text


def test_a_wrong_application_password_is_silently_a_stranger_on_lists(site: FakeWordPress, ask: Ask) -> None:
    site.add_user("Owner", application_password="right")
    site.add("Public")

    reply = ask("/wp-json/wp/v2/posts", headers=login("owner", "wrong"))

    assert ids(reply) == [1]
    assert code(ask("/wp-json/wp/v2/users/me", headers=login("owner", "wrong"))) == (401, "rest_not_logged_in")
    assert ask("/wp-json/wp/v2/users/me", headers=login("owner", "right")).json()["slug"] == "owner"


def test_the_owner_sees_raw_content_and_the_password_only_in_edit_context(site: FakeWordPress, ask: Ask) -> None:
    site.add_user("Owner", application_password="right")
    site.add("Locked", "<p>secret</p>", password="key")

    plain = ask("/wp-json/wp/v2/posts/1", headers=login("owner", "right")).json()
    edit = ask("/wp-json/wp/v2/posts/1?context=edit", headers=login("owner", "right")).json()

    assert plain["content"] == {"rendered": "", "protected": True}
    assert (edit["password"], "secret" in edit["content"]["raw"]) == ("key", True)


def test_trash_renames_the_slug_and_coming_back_restores_it(site: FakeWordPress) -> None:
    site.add("My post")

    site.set_status(1, "trash")
    trashed = site.item(1)
    site.set_status(1, "draft")
    restored = site.item(1)

    assert trashed and restored
    assert (trashed.slug, restored.slug) == ("my-post__trashed", "my-post")


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
