"""Only public addresses are connected to, exactly those that were checked, and what counts as one site."""

from __future__ import annotations

import httpx2
import pytest

from askpress import errors
from askpress.wordpress import guard
from askpress.wordpress.client import WordPress
from askpress.wordpress.transport import Limits, Transport, same_site
from tests.fakes.wordpress import FakeWordPress


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1%eth0", "fd00:ec2::254", "fec0::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    ],
)  # fmt: skip
def test_addresses_that_are_not_of_the_public_internet(address: str) -> None:
    assert not guard.is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "1.1.1.1", "2606:4700::1111", "64:ff9b::101:101"])
def test_addresses_of_the_public_internet(address: str) -> None:
    assert guard.is_public(address)


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}", "http://localhost:{port}", "http://2130706433:{port}"])
def test_a_private_address_is_refused_in_whatever_form_and_never_reached(site: FakeWordPress, url: str) -> None:
    port = site.url.rpartition(":")[2]

    with WordPress(url.format(port=port)) as client, pytest.raises(errors.AddressRefused, match="private address"):
        client.discover()

    assert site.requests == []


def test_a_name_that_resolves_to_a_private_address_is_refused(site: FakeWordPress) -> None:
    url = site.url.replace("127.0.0.1", "innocent.example")

    with (
        WordPress(url, resolve=lambda host, port: ["127.0.0.1"]) as client,
        pytest.raises(errors.AddressRefused, match="ASKPRESS_ALLOW_PRIVATE_ADDRESSES=1"),
    ):
        client.discover()

    assert site.requests == []


def test_the_connection_goes_to_the_address_that_was_checked(site: FakeWordPress) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with WordPress(site.url.replace("127.0.0.1", "site.example"), allow_private=True, resolve=resolve) as client:
        client.discover()

    # One look-up for one connection: there is no second one that could answer differently.
    assert asked == ["site.example"]
    assert site.requests[0].headers["host"].startswith("site.example:")


def test_private_addresses_among_public_ones_are_passed_over() -> None:
    backend = guard.GuardedBackend(allow_private=False, resolve=lambda host, port: ["10.0.0.1", "93.184.215.14"])

    assert backend._allowed("mixed.example", 80) == ["93.184.215.14"]


def test_a_name_that_does_not_exist_is_said_so() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise OSError("Name or service not known")

    with (
        WordPress("https://nowhere.example", resolve=unknown, sleep=lambda seconds: None) as client,
        pytest.raises(errors.SiteUnreachable, match=r"nowhere\.example could not be resolved"),
    ):
        client.discover()


def test_the_password_does_not_travel_over_plain_http_in_public() -> None:
    limits = Limits(timeout_seconds=5, max_bytes=1000, allow_private=False)
    transport = Transport("http://a.example", limits, auth=("me", "secret"), sleep=lambda _: None, rng=lambda: 0.5)

    assert not transport._may_authenticate(httpx2.URL("http://a.example"))
    assert transport._may_authenticate(httpx2.URL("https://a.example"))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://a.example", "https://a.example/x", True),
        ("http://a.example", "https://www.a.example", True),
        ("https://www.a.example", "https://a.example:443", True),
        ("https://a.example", "https://b.a.example", False),
        ("https://a.example", "https://a.example:8443", False),
        ("http://a.example:8080", "https://a.example", False),
    ],
)
def test_which_addresses_are_one_site(one: str, other: str, same: bool) -> None:
    assert same_site(httpx2.URL(one), httpx2.URL(other)) is same
