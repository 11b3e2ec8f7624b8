"""One post in whatever state, credentials, types, names and public pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from askpress import errors
from askpress.sample import faults
from askpress.sample.exchange import error_reply
from askpress.sample.faults import Fault
from askpress.wordpress.client import Gone, Term, WordPress
from askpress.wordpress.post import Post
from tests.fakes.wordpress import FakeWordPress


def client_of(site: FakeWordPress, *, user: str = "", password: str = "") -> WordPress:
    return WordPress(
        site.url, user=user, password=password, allow_private=True, timeout_seconds=5, sleep=lambda seconds: None
    )


@pytest.fixture
def client(site: FakeWordPress) -> Iterator[WordPress]:
    with client_of(site) as client:
        yield client


def refused(status: int, code: str) -> Fault:
    return lambda request, reply: error_reply(status, code, "No.")


def test_a_public_post_is_read_whole(site: FakeWordPress, client: WordPress) -> None:
    site.add("Hello", "<p>World</p>")

    found = client.post("post", 1)

    assert isinstance(found, Post)
    assert (found.title, found.html, found.protected) == ("Hello", "<p>World</p>", False)


def test_a_deleted_post_is_gone_with_the_evidence(client: WordPress) -> None:
    assert client.post("post", 5) == Gone("404 rest_post_invalid_id")


@pytest.mark.parametrize("status", ["draft", "private", "future", "trash"])
def test_a_hidden_post_is_gone_when_the_list_was_public(site: FakeWordPress, client: WordPress, status: str) -> None:
    site.add("Hidden", status=status)

    assert client.post("post", 1, listing_was_public=True) == Gone("401 rest_forbidden")


def test_a_refusal_proves_nothing_when_the_list_was_not_read_in_public(site: FakeWordPress, client: WordPress) -> None:
    site.add("Hidden", status="draft")

    with pytest.raises(errors.SiteRefused, match="401 rest_forbidden"):
        client.post("post", 1)


def test_a_protected_post_is_a_post_that_is_not_visible(site: FakeWordPress, client: WordPress) -> None:
    site.add("Locked", "<p>secret</p>", password="key")

    found = client.post("post", 1)

    assert isinstance(found, Post)
    assert (found.protected, found.html) == (True, "")


def test_the_owner_sees_a_draft_as_a_post_that_is_not_visible(site: FakeWordPress) -> None:
    site.add_user("Owner", application_password="right")
    site.add("Hidden", status="draft")

    with client_of(site, user="owner", password="right") as client:
        client.prove_credentials()
        found = client.post("post", 1)

    assert isinstance(found, Post)
    assert found.status == "draft"


@pytest.mark.parametrize(
    ("fault", "evidence"),
    [(refused(403, "rest_forbidden"), "403 rest_forbidden"), (refused(410, "rest_gone"), "410 rest_gone")],
)
def test_other_proofs_that_a_post_is_gone(site: FakeWordPress, client: WordPress, fault: Fault, evidence: str) -> None:
    site.add("There")
    site.faults.add(fault, path="/posts/1")

    assert client.post("post", 1, listing_was_public=True) == Gone(evidence)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.not_logged_in, errors.SiteRefused),
        (refused(403, "rest_not_logged_in"), errors.SiteRefused),
        (refused(401, "rest_login_required"), errors.SiteRefused),
        (faults.forbidden, errors.SiteRefused),
        (faults.no_route, errors.NotWordPress),
        (faults.status(404), errors.NotWordPress),
        (faults.status(410), errors.BadReply),
        (faults.html_page, errors.BadReply),
        (faults.no_json, errors.BadReply),
        (faults.fatal_error, errors.SiteUnreachable),
        (faults.unavailable(), errors.SiteUnreachable),
        (faults.dropped, errors.SiteUnreachable),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_never_proves_that_a_post_is_gone(
    site: FakeWordPress, client: WordPress, fault: Fault, error: type[Exception]
) -> None:
    site.add("There")
    site.faults.add(fault, path="/posts/1")

    with pytest.raises(error):
        client.post("post", 1, listing_was_public=True)


def test_another_post_than_the_one_asked_for_is_a_bad_reply(site: FakeWordPress, client: WordPress) -> None:
    site.add_many(2)
    site.faults.add(faults.redirect("/wp-json/wp/v2/posts/2"), path="/posts/1")

    with pytest.raises(errors.BadReply, match="sent post 2 instead of 1"):
        client.post("post", 1)


def test_a_wrong_password_is_found_out_before_anything_looks_deleted(site: FakeWordPress) -> None:
    site.add_user("Owner", application_password="right")

    with (
        client_of(site, user="owner", password="wrong") as client,
        pytest.raises(errors.SiteRefused, match=r"'owner' \(401 rest_not_logged_in\): make one under Users") as error,
    ):
        client.prove_credentials()

    assert "wrong" not in str(error.value)


def test_a_right_password_is_proven_once_and_opens_a_closed_site(site: FakeWordPress) -> None:
    site.add_user("Owner", application_password="right one")
    site.add("Members only")
    site.faults.add(faults.not_logged_in, path="/wp-json/")

    with client_of(site, user="owner", password="right one") as client:
        client.prove_credentials()
        client.prove_credentials()
        assert len(client.listing("post").entries) == 1

    assert len(site.asked("/users/me")) == 1


def test_without_credentials_there_is_nothing_to_prove(site: FakeWordPress, client: WordPress) -> None:
    client.prove_credentials()

    assert site.requests == []


def test_types_are_named_with_the_address_of_their_lists(site: FakeWordPress, client: WordPress) -> None:
    site.add_type("kb", "kb-articles", namespace="docs/v1")
    site.server.home = "https://only-others-know.example"

    kinds = client.types()

    assert (kinds["post"], kinds["kb"]) == (
        f"{site.url}/wp-json/wp/v2/posts",
        f"{site.url}/wp-json/docs/v1/kb-articles",
    )


def test_a_custom_type_is_listed_and_read_like_posts(site: FakeWordPress, client: WordPress) -> None:
    site.add_type("kb", "kb-articles")
    site.add("An answer", type="kb")

    (entry,) = client.listing("kb").entries
    (found,) = client.posts("kb", [entry.id])

    assert isinstance(found, Post)
    assert (found.type, found.title) == ("kb", "An answer")


def test_posts_and_pages_are_read_though_the_list_of_types_is_hidden(site: FakeWordPress, client: WordPress) -> None:
    site.faults.add(refused(403, "rest_cannot_access"), path="/types")

    assert sorted(client.types()) == ["page", "post"]
    assert client.listing("page").entries == ()


def test_a_type_the_site_does_not_show_is_named_with_those_it_does(client: WordPress) -> None:
    with pytest.raises(errors.NotWordPress, match=r"no type 'product', but post, page.*ASKPRESS_POST_TYPES"):
        client.listing("product")


def test_names_of_terms_are_plain_text_and_all_pages_are_read(site: FakeWordPress, client: WordPress) -> None:
    site.add_category("Tips & Tricks", id=2)
    site.add_tag("Räder", id=3)
    added = [site.add_category(f"Category {number}") for number in range(120)]

    terms = client.terms()

    assert Term("category", 2, "Tips & Tricks", "tips-tricks") in terms
    assert [term.name for term in terms if term.taxonomy == "tag"] == ["Räder"]
    assert set(added) < {term.id for term in terms if term.taxonomy == "category"}


def test_authors_are_named_and_their_absence_is_no_error(site: FakeWordPress, client: WordPress) -> None:
    site.add("A post")

    named = client.terms()
    site.faults.add(refused(401, "rest_user_cannot_view"), path="/users")

    assert Term("author", 1, "Editor", "editor") in named
    assert "author" not in {term.taxonomy for term in client.terms()}


def test_terms_that_a_site_keeps_to_itself_are_no_error(site: FakeWordPress, client: WordPress) -> None:
    site.faults.add(faults.no_route, path="/wp/v2/")

    assert client.terms() == []


def test_a_public_page_is_read_as_html(site: FakeWordPress, client: WordPress) -> None:
    site.add("Grüße", "<p>Schöne Grüße</p>", slug="gruesse")

    assert "<p>Schöne Grüße</p>" in client.public_page(f"{site.url}/gruesse/")


@pytest.mark.parametrize(
    ("link", "error"),
    [
        ("http://elsewhere.example/page/", errors.AddressRefused),
        ("file:///etc/passwd", errors.AddressRefused),
        ("http://[", errors.AddressRefused),
        ("http://host:port/", errors.AddressRefused),
        ("{url}/missing/", errors.BadReply),
        ("{url}/wp-json/", errors.BadReply),
    ],
)
def test_what_is_no_public_page_of_the_site_is_refused(
    site: FakeWordPress, client: WordPress, link: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        client.public_page(link.format(url=site.url))
