"""The client copes with what sites, hosts and firewalls do, and says what it cannot cope with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

import askpress
from askpress import errors
from askpress.sample import faults
from askpress.sample.faults import Fault
from askpress.wordpress.client import WordPress
from askpress.wordpress.transport import ATTEMPTS
from tests.fakes.wordpress import FakeWordPress


@dataclass
class Reading:
    """A client whose naps are written down instead of slept."""

    client: WordPress
    naps: list[float] = field(default_factory=list)


@pytest.fixture
def reading(site: FakeWordPress) -> Iterator[Reading]:
    site.add_many(3)
    naps: list[float] = []
    client = WordPress(
        site.url,
        user="editor",
        password="a b",
        allow_private=True,
        timeout_seconds=5,
        max_bytes=200_000,
        sleep=naps.append,
        rng=lambda: 0.5,
    )
    with client:
        client.types()
        yield Reading(client, naps)


@pytest.mark.parametrize(
    "fault",
    [
        faults.fatal_error,
        faults.status(502),
        faults.status(504),
        faults.unavailable(""),
        faults.too_many(""),
        faults.cut_body,
        faults.dropped,
    ],
    ids=["500", "502", "504", "503", "429", "cut body", "dropped"],
)
def test_passing_troubles_are_retried_with_growing_pauses(site: FakeWordPress, reading: Reading, fault: Fault) -> None:
    site.faults.add(fault, path="/posts", times=3)

    listed = reading.client.listing("post")

    assert len(listed.entries) == 3
    assert reading.naps == [0.5, 1.0, 2.0]


def test_retry_after_is_waited_for(site: FakeWordPress, reading: Reading) -> None:
    site.faults.add(faults.too_many("7"), path="/posts", times=1)

    reading.client.listing("post")

    assert reading.naps == [7.0]


def test_retry_after_may_be_a_date_by_the_sites_own_clock(site: FakeWordPress, reading: Reading) -> None:
    noon = site.clock().replace(hour=12, minute=0, second=0, microsecond=0)
    site.clock = lambda: noon
    site.faults.add(faults.unavailable(f"{noon:%a, %d %b %Y} 12:00:09 GMT"), path="/posts", times=1)

    reading.client.listing("post")

    assert reading.naps == [9.0]


def test_a_long_retry_after_ends_the_request_and_says_when_to_come_back(site: FakeWordPress, reading: Reading) -> None:
    site.faults.add(faults.unavailable("600"), path="/posts")

    with pytest.raises(errors.SiteUnreachable, match=r"maintenance \(503\); it asks to come back in 600 s") as down:
        reading.client.listing("post")

    assert (down.value.retry_after, reading.naps) == (600.0, [])


def test_lasting_trouble_ends_after_a_bounded_number_of_attempts(site: FakeWordPress, reading: Reading) -> None:
    site.faults.add(faults.status(502), path="/posts")

    with pytest.raises(errors.SiteUnreachable, match="502") as down:
        reading.client.listing("post")

    assert (len(site.asked("/wp/v2/posts")), down.value.retryable, down.value.status) == (ATTEMPTS, True, 502)


def test_all_waiting_together_is_bounded(site: FakeWordPress, reading: Reading) -> None:
    site.faults.add(faults.too_many("50"), path="/posts")

    with pytest.raises(errors.SiteUnreachable, match="limits how often"):
        reading.client.listing("post")

    assert reading.naps == [50.0, 50.0]


def test_a_site_slower_than_the_timeout_is_given_up_with_the_settings_name(site: FakeWordPress) -> None:
    site.faults.add(faults.slow(5))

    with (
        WordPress(site.url, allow_private=True, timeout_seconds=0.05, sleep=lambda seconds: None) as client,
        pytest.raises(errors.SiteUnreachable, match=r"within 0\.05 s.*ASKPRESS_WORDPRESS_TIMEOUT_SECONDS"),
    ):
        client.discover()


def test_a_connection_that_always_breaks_off_is_a_bad_reply(site: FakeWordPress, reading: Reading) -> None:
    site.faults.add(faults.cut_body, path="/posts")

    with pytest.raises(errors.BadReply, match="broke off after"):
        reading.client.listing("post")


@pytest.mark.parametrize(
    "fault",
    [faults.huge(1_000_000), faults.endless, faults.gzip_bomb(50_000_000)],
    ids=["huge", "endless", "gzip bomb"],
)
def test_a_body_beyond_the_limit_is_refused_once(site: FakeWordPress, reading: Reading, fault: Fault) -> None:
    site.faults.add(fault, path="/posts")

    with pytest.raises(errors.BadReply, match=r"more than 200,000 bytes.*ASKPRESS_WORDPRESS_MAX_BYTES"):
        reading.client.listing("post")

    assert len(site.asked("/wp/v2/posts")) == 1


def test_a_packed_body_within_the_limit_is_unpacked(site: FakeWordPress, reading: Reading) -> None:
    site.faults.add(faults.gzip_bomb(100_000), path="/categories")

    assert "category" not in {term.taxonomy for term in reading.client.terms()}


def test_a_page_of_html_with_status_200_is_named(site: FakeWordPress, reading: Reading) -> None:
    site.faults.add(faults.html_page, path="/posts")

    with pytest.raises(errors.BadReply, match="sent an HTML page where JSON was expected; a firewall or a login page"):
        reading.client.listing("post")


def test_a_php_notice_before_the_json_is_passed_over(site: FakeWordPress, reading: Reading) -> None:
    site.faults.add(faults.php_notice, path="/posts")

    assert len(reading.client.listing("post").entries) == 3


def test_json_that_ends_in_the_middle_is_broken_not_half_a_list(site: FakeWordPress, reading: Reading) -> None:
    site.faults.add(faults.no_json, path="/posts")

    with pytest.raises(errors.BadReply, match="broken JSON"):
        reading.client.listing("post")


def test_a_firewalls_refusal_is_told_from_wordpresss(site: FakeWordPress, reading: Reading) -> None:
    site.faults.add(faults.forbidden, path="/posts")

    with pytest.raises(errors.SiteRefused, match="a firewall may block us") as refused:
        reading.client.listing("post")

    assert (refused.value.status, refused.value.code) == (403, "")


@pytest.mark.parametrize(
    "target",
    [
        "http://elsewhere.example/{target}",
        "https://127.0.0.1.elsewhere.example/",
        "http://127.0.0.1:1/",
        "//other.example/",
    ],
)
def test_a_redirect_to_another_host_is_refused(site: FakeWordPress, reading: Reading, target: str) -> None:
    site.faults.add(faults.redirect(target), path="/posts")

    with pytest.raises(errors.AddressRefused, match="another host; if the site is there now, give it that address"):
        reading.client.listing("post")


def test_a_redirect_within_the_host_is_followed(site: FakeWordPress, reading: Reading) -> None:
    site.faults.add(faults.redirect("{target}&again=1", 301), path="/posts", times=1)

    assert len(reading.client.listing("post").entries) == 3
    assert site.asked("again=1")


def test_a_redirect_to_the_same_host_with_www_is_followed(site: FakeWordPress) -> None:
    site.add_many(2)
    port = site.url.rpartition(":")[2]
    site.faults.add(faults.redirect(f"http://www.shop.example:{port}{{target}}"), times=1)

    with WordPress(
        f"http://shop.example:{port}", allow_private=True, resolve=lambda host, port: ["127.0.0.1"]
    ) as client:
        assert len(client.listing("post").entries) == 2

    assert site.requests[-1].headers["host"].startswith("www.shop.example:")


def test_redirects_in_a_circle_end(site: FakeWordPress, reading: Reading) -> None:
    site.faults.add(faults.redirect("{target}"), path="/posts")

    with pytest.raises(errors.BadReply, match="redirects more than 5 times"):
        reading.client.listing("post")


def test_requests_say_who_asks_and_keep_no_cookies(site: FakeWordPress, reading: Reading) -> None:
    cookie = ("Set-Cookie", "seen=1; Path=/")
    site.faults.add(lambda request, reply: reply.with_headers(cookie))

    reading.client.listing("post")
    reading.client.listing("post")

    assert site.requests[-1].headers["user-agent"] == f"askpress/{askpress.__version__} (+{site.url})"
    assert "cookie" not in site.requests[-1].headers


def test_the_front_page_and_public_pages_are_read_without_the_password(site: FakeWordPress, reading: Reading) -> None:
    reading.client.public_page(f"{site.url}/post-number-1/")

    by_path = {request.path: "authorization" in request.headers for request in site.requests}
    assert by_path == {"/": False, "/wp-json/": True, "/wp-json/wp/v2/types": True, "/post-number-1/": False}
