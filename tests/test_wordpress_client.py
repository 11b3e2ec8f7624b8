"""Listings, posts and names as the trips need them: complete or an error, never half."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from askpress import errors
from askpress.sample import faults
from askpress.sample.exchange import Reply, Request
from askpress.sample.faults import Fault
from askpress.wordpress.client import Entry, Rejected, WordPress
from askpress.wordpress.post import Post
from tests.fakes.wordpress import FakeWordPress

MOMENT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def client(site: FakeWordPress) -> Iterator[WordPress]:
    with WordPress(site.url, allow_private=True, timeout_seconds=5, sleep=lambda seconds: None) as client:
        yield client


def listed_ids(client: WordPress) -> list[int]:
    return [entry.id for entry in client.listing("post").entries]


def read_ids(client: WordPress, ids: list[int]) -> list[int]:
    return [found.id for found in client.posts("post", ids) if isinstance(found, Post)]


def test_a_listing_holds_every_post_once_with_what_the_plan_needs(site: FakeWordPress, client: WordPress) -> None:
    site.clock = lambda: MOMENT
    site.add_many(249)
    site.add("Last", modified=MOMENT, author=1, categories=[1], tags=[7])
    site.add("A page", type="page")
    site.add("Not public", status="draft")

    listed = client.listing("post")

    assert [entry.id for entry in listed.entries] == list(range(1, 251))
    assert listed.entries[-1] == Entry(250, MOMENT, f"{site.url}/last/", 1, (1,), (7,))
    assert (listed.type, listed.site_time) == ("post", MOMENT)
    assert len(site.asked("/wp/v2/posts?")) == 3


def test_a_listing_asks_for_little_and_in_a_stable_order(site: FakeWordPress, client: WordPress) -> None:
    site.add_many(2)

    client.listing("post")

    query = site.requests[-1].query
    assert (query["orderby"], query["order"], query["per_page"], query["status"]) == ("id", "asc", "100", "publish")
    assert "content" not in query["_fields"]


def test_an_empty_site_has_an_empty_complete_listing(client: WordPress) -> None:
    assert client.listing("post").entries == ()


def test_a_list_that_shrinks_while_it_is_walked_is_walked_again(site: FakeWordPress, client: WordPress) -> None:
    site.add_many(250)
    site.faults.add(faults.then(lambda: site.delete(1)), path="/posts", times=1)

    assert listed_ids(client) == list(range(2, 251))
    assert len(site.asked("/wp/v2/posts?")) == 6


def test_a_list_whose_last_page_vanishes_is_walked_again(site: FakeWordPress, client: WordPress) -> None:
    site.add_many(101)
    site.faults.add(faults.then(lambda: site.delete(1)), path="/posts", times=1)

    assert listed_ids(client) == list(range(2, 102))


def test_a_list_that_grows_while_it_is_walked_is_walked_again(site: FakeWordPress, client: WordPress) -> None:
    site.add_many(150)
    site.faults.add(faults.then(lambda: site.add("New")), path="/posts", times=1)

    assert listed_ids(client) == list(range(1, 152))


def test_a_list_that_never_holds_still_is_no_listing(site: FakeWordPress, client: WordPress) -> None:
    site.add_many(150)
    site.faults.add(faults.then(lambda: site.add("New")), path="/posts")

    with pytest.raises(errors.ListingIncomplete, match=r"there were .* on the first page and .* on the last") as error:
        client.listing("post")

    assert error.value.retryable


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (faults.total(9), "it says 9 and holds 3"),
        (faults.total(None), "does not say how many"),
    ],
)
def test_a_list_that_contradicts_its_total_is_no_listing(
    site: FakeWordPress, client: WordPress, fault: Fault, reason: str
) -> None:
    site.add_many(3)
    site.faults.add(fault, path="/posts")

    with pytest.raises(errors.ListingIncomplete, match=reason):
        client.listing("post")


def test_an_empty_list_in_the_middle_of_the_walk_is_not_believed(site: FakeWordPress, client: WordPress) -> None:
    site.add_many(250)
    site.faults.add(faults.empty_list, path="/posts", times=1, skip=1)

    assert len(listed_ids(client)) == 250


def test_removed_endpoints_are_not_an_empty_list(site: FakeWordPress, client: WordPress) -> None:
    site.faults.add(faults.no_route, path="/posts")

    with pytest.raises(errors.NotWordPress, match="rest_no_route"):
        client.listing("post")


def test_posts_come_in_the_order_asked_for_and_only_those_that_are_public(
    site: FakeWordPress, client: WordPress
) -> None:
    site.add_many(250)
    site.set_status(7, "private")

    assert read_ids(client, [250, 7, 3, 9999, 1]) == [250, 3, 1]


def test_posts_are_read_by_the_hundred(site: FakeWordPress, client: WordPress) -> None:
    site.add_many(250)

    assert read_ids(client, list(range(250, 0, -1))) == list(range(250, 0, -1))
    assert len(site.asked("include=")) == 3


def test_a_post_carries_content_names_and_what_plugins_say(site: FakeWordPress, client: WordPress) -> None:
    robots = {"yoast_head_json": {"robots": {"index": "noindex"}, "title": "long"}}
    site.add("Tom &amp; Jerry", "<p>Hi</p>", lang="de", tags=[4], modified=MOMENT, extra=robots)

    (post,) = client.posts("post", [1])

    assert isinstance(post, Post)
    assert (post.title, post.html, post.language, post.noindex) == ("Tom & Jerry", "<p>Hi</p>", "de", True)
    assert (post.tags, post.modified_at, post.status) == ((4,), MOMENT, "publish")


@pytest.mark.parametrize(
    "fault",
    [faults.fatal_error, faults.no_json, faults.html_page, faults.cut_body, faults.forbidden, faults.status(503)],
    ids=["500", "broken JSON", "HTML", "cut", "403", "503"],
)
def test_a_post_that_breaks_every_reply_does_not_stop_the_others(
    site: FakeWordPress, client: WordPress, fault: Fault
) -> None:
    site.add_many(120)
    site.faults.add(faults.poisoned(17, fault=fault))

    found = list(client.posts("post", list(range(1, 121))))

    assert [each.id for each in found] == list(range(1, 121))
    assert [each.id for each in found if isinstance(each, Rejected)] == [17]


def test_a_rejected_post_comes_with_the_reason(site: FakeWordPress, client: WordPress) -> None:
    site.add_many(2)
    site.faults.add(faults.poisoned(2))

    _, rejected = client.posts("post", [1, 2])

    assert isinstance(rejected, Rejected)
    assert "fails with an error of its own (500)" in rejected.error


def test_a_site_that_goes_down_while_posts_are_read_is_an_error_not_a_hundred_bad_posts(
    site: FakeWordPress, client: WordPress
) -> None:
    site.add_many(100)
    site.faults.add(faults.fatal_error, path="/posts")

    with pytest.raises(errors.SiteUnreachable):
        list(client.posts("post", list(range(1, 101))))

    assert len(site.asked("/wp/v2/posts")) < 10


@pytest.mark.parametrize("content", ["text", ["list"], None, 5], ids=str)
def test_content_of_an_unknown_shape_is_no_text_and_no_crash(
    site: FakeWordPress, client: WordPress, content: object
) -> None:
    site.add("Odd", "<p>Text</p>", extra={"content": content})

    (found,) = client.posts("post", [1])

    assert isinstance(found, Post)
    assert found.html == (content if isinstance(content, str) else "")


@pytest.mark.parametrize("number", [-1, 2**63, "7", None], ids=str)
def test_a_listing_with_an_impossible_id_is_a_bad_reply(site: FakeWordPress, client: WordPress, number: object) -> None:
    site.add("Odd", extra={"id": number})

    with pytest.raises(errors.BadReply, match="numeric id"):
        client.listing("post")


def test_posts_that_were_not_asked_for_are_not_taken(site: FakeWordPress, client: WordPress) -> None:
    site.add_many(3)
    everything: list[Reply] = []

    def kept(request: Request, reply: Reply) -> Reply:
        everything.append(reply)
        return everything[0]

    site.faults.add(kept, path="include=")
    read_ids(client, [1, 2, 3])

    assert read_ids(client, [2]) == [2]
