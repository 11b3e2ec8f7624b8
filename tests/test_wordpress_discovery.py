"""A pasted address leads to the REST API, or to a sentence that helps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from askpress import errors
from askpress.sample import faults
from askpress.sample.exchange import Reply, Request
from askpress.wordpress import discovery
from askpress.wordpress.client import SiteRoot, WordPress
from tests.fakes.wordpress import FakeWordPress


def root_of(address: str) -> SiteRoot:
    with WordPress(address, allow_private=True, sleep=lambda seconds: None) as client:
        return client.discover()


@pytest.fixture
def plain_site() -> Iterator[FakeWordPress]:
    fake = FakeWordPress.served(permalinks="plain")
    yield fake
    fake.server.close()


@pytest.fixture
def blog() -> Iterator[FakeWordPress]:
    fake = FakeWordPress.served(folder="/blog")
    yield fake
    fake.server.close()


def test_the_root_is_found_by_its_header_and_says_who_the_site_is(site: FakeWordPress) -> None:
    site.name = "Smith & Sons"

    root = root_of(site.url + "/")

    assert root == SiteRoot(
        api_root=f"{site.url}/wp-json/",
        url=site.url,
        home=site.url,
        name="Smith & Sons",
        language="en",
    )
    assert len(site.requests) == 2


def test_a_moved_rest_prefix_is_found_by_the_header(site: FakeWordPress) -> None:
    site.server.rest_prefix = "api"

    assert root_of(site.url).api_root == f"{site.url}/api/"


def test_plain_permalinks_are_found_and_used(plain_site: FakeWordPress) -> None:
    plain_site.add_many(120)

    with WordPress(plain_site.url, allow_private=True) as client:
        listed = client.listing("post")
        read = list(client.posts("post", [1, 120]))

    assert client.discover().api_root == f"{plain_site.url}/index.php?rest_route=/"
    assert (len(listed.entries), len(read)) == (120, 2)


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "/",
        "/wp-admin/edit.php?post_type=page",
        "/wp-login.php",
        "/wp-json/wp/v2/posts",
        "/index.php",
        "/#top",
        "/?p=1",
    ],
)
def test_addresses_inside_the_site_lead_to_it(blog: FakeWordPress, pasted: str) -> None:
    assert root_of(blog.url + pasted).api_root == f"{blog.url}/wp-json/"


def test_the_address_of_a_post_leads_to_its_site(blog: FakeWordPress) -> None:
    blog.add("Hello there")

    assert root_of(f"{blog.url}/hello-there/").api_root == f"{blog.url}/wp-json/"


def test_the_address_of_a_post_leads_to_its_site_even_without_a_header(blog: FakeWordPress) -> None:
    blog.add("Hello there")
    blog.faults.add(faults.status(200), path="/hello-there/")

    assert root_of(f"{blog.url}/hello-there/").api_root == f"{blog.url}/wp-json/"


def test_a_site_in_a_usual_folder_is_found_from_the_front_page_of_its_host(blog: FakeWordPress) -> None:
    assert root_of(blog.server.origin).api_root == f"{blog.url}/wp-json/"


def test_plain_permalinks_without_a_header_are_found_by_trying(plain_site: FakeWordPress) -> None:
    plain_site.faults.add(faults.status(200), times=1)

    assert root_of(plain_site.url).api_root == f"{plain_site.url}/?rest_route=/"


def test_a_site_that_names_a_host_only_others_can_use_is_read_by_ours(site: FakeWordPress) -> None:
    site.server.home = "https://www.example.org"

    root = root_of(site.url)

    assert (root.api_root, root.home) == (f"{site.url}/wp-json/", "https://www.example.org")


def test_a_firewalls_page_before_the_front_page_does_not_hide_the_rest_api(site: FakeWordPress) -> None:
    site.faults.add(faults.forbidden, times=1)

    assert root_of(site.url).api_root == f"{site.url}/wp-json/"


def test_a_theme_that_dies_does_not_hide_the_rest_api(site: FakeWordPress) -> None:
    site.faults.add(faults.fatal_error, times=2)

    assert root_of(site.url).api_root == f"{site.url}/wp-json/"


def test_a_firewall_before_the_pretty_address_only_is_passed_by(site: FakeWordPress) -> None:
    site.faults.add(faults.forbidden, path="/wp-json/")

    assert root_of(site.url).api_root == f"{site.url}/?rest_route=/"


def test_a_closed_site_is_not_mistaken_for_another_one_in_a_usual_folder(site: FakeWordPress) -> None:
    site.faults.add(faults.on_rest(faults.not_logged_in))

    with pytest.raises(errors.SiteRefused):
        root_of(site.url)

    assert site.asked("/blog/") == []


def test_a_front_page_that_moved_to_another_host_names_the_address_to_use(site: FakeWordPress) -> None:
    site.faults.add(faults.redirect("https://new.example/"))

    with pytest.raises(errors.AddressRefused, match=r"redirects to https://new\.example/, another host"):
        root_of(site.url)


def test_an_address_without_wordpress_is_told_what_was_tried(site: FakeWordPress) -> None:
    site.faults.add(faults.status(404))

    with pytest.raises(errors.NotWordPress, match=r"neither a Link header, /wp-json/ nor \?rest_route=/"):
        root_of(site.url)


def test_a_firewall_that_answers_with_pages_is_named(site: FakeWordPress) -> None:
    site.faults.add(faults.on_rest(faults.html_page))

    with pytest.raises(errors.BadReply, match=r"HTML page where JSON was expected; a firewall or a login page"):
        root_of(site.url)


@pytest.mark.parametrize(
    ("facts", "error"),
    [
        ({"namespaces": 5}, errors.NotWordPress),
        ({"namespaces": None}, errors.NotWordPress),
        ({"home": "http://a\x01b/"}, errors.BadReply),
    ],
)
def test_a_root_that_says_what_cannot_be_is_refused(
    site: FakeWordPress, facts: dict[str, object], error: type[errors.AskpressError]
) -> None:
    site.faults.add(saying(facts))

    with pytest.raises(error):
        root_of(site.url)


@pytest.mark.parametrize("facts", [{"home": 7, "url": "javascript:alert(1)"}, {"home": None, "name": "a\0\ud800"}])
def test_a_root_that_says_little_is_enough(site: FakeWordPress, facts: dict[str, object]) -> None:
    site.faults.add(saying(facts))

    assert root_of(site.url).home == site.url


def saying(facts: dict[str, object]) -> faults.Fault:
    def said(request: Request, reply: Reply) -> Reply:
        is_root = b'"namespaces"' in reply.body
        return replace(reply, body=json.dumps(json.loads(reply.body) | facts).encode()) if is_root else reply

    return said


def test_a_rest_api_for_members_only_is_named(site: FakeWordPress) -> None:
    site.faults.add(faults.on_rest(faults.not_logged_in))

    with pytest.raises(errors.SiteRefused, match="ASKPRESS_WORDPRESS_USER") as refused:
        root_of(site.url)

    assert (refused.value.status, refused.value.code) == (401, "rest_not_logged_in")


def test_a_site_that_is_down_is_said_to_be_down(site: FakeWordPress) -> None:
    site.server.close()

    with pytest.raises(errors.SiteUnreachable, match="check the address and that the site is up"):
        root_of(site.url)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("example.org", "https://example.org"),
        (" https://Example.org/ ", "https://example.org"),
        ("http://example.org/blog/", "http://example.org/blog"),
        ("example.org/blog/wp-admin/index.php", "https://example.org/blog"),
        ("https://example.org/wp-json/wp/v2/posts?page=2", "https://example.org"),
        ("localhost:8080", "http://localhost:8080"),
        ("127.0.0.1:8080/blog", "http://127.0.0.1:8080/blog"),
        ("shop.local", "http://shop.local"),
    ],
)
def test_what_people_type_becomes_an_address(typed: str, meant: str) -> None:
    assert discovery.normalised(typed) == meant


@pytest.mark.parametrize("typed", ["", "ftp://example.org", "https://", "http://[", "https://me:secret@example.org"])
def test_what_is_no_address_is_refused_without_showing_a_password(typed: str) -> None:
    with pytest.raises(errors.UsageError) as refused:
        discovery.normalised(typed)

    assert "secret" not in str(refused.value)
