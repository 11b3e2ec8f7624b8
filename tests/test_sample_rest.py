"""The sample site lists and shows posts as WordPress does."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpx2
import pytest

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
