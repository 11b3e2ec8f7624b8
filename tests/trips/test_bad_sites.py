"""A password that the site does not take, and a site slower than its timeout: said, and nothing is removed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import override_settings

from askpress import errors, sites
from askpress.sample import faults
from askpress.sample.exchange import error_reply
from askpress.sync import site as site_trip
from tests.fakes import openai as fake_openai
from tests.trips.conftest import Service
from tests.trips.test_poll import BREAD, LONG_AGO


@pytest.fixture
def held(service: Service) -> Service:
    """A service that holds a post which the site keeps to itself since."""
    service.site.add("Bread", BREAD, modified=LONG_AGO)
    service.sync()
    service.site.set_status(1, "private")
    return service


def test_a_sync_with_a_wrong_application_password_removes_nothing_and_says_so(held: Service) -> None:
    with override_settings(WORDPRESS_USER="editor", WORDPRESS_PASSWORD="wrong"):
        run = held.sync()

    assert "application password of 'editor'" in run.error
    assert sites.first().alarm == run.error
    assert (run.removed, held.finds("sourdough rests overnight")) == (0, True)


ROUNDS: dict[str, Callable[[], object]] = {
    "poll": site_trip.poll,
    "sweep": site_trip.sweep,
    "webhook": lambda: site_trip.sync_posts([1]),
}


@pytest.mark.parametrize("look", ROUNDS.values(), ids=ROUNDS)
def test_no_other_look_believes_what_a_wrong_password_is_shown(held: Service, look: Callable[[], object]) -> None:
    with (
        override_settings(WORDPRESS_USER="editor", WORDPRESS_PASSWORD="wrong"),
        pytest.raises(errors.SiteRefused, match="application password of 'editor'"),
    ):
        look()

    assert held.finds("sourdough rests overnight")


def test_a_site_slower_than_its_timeout_loses_nothing(held: Service) -> None:
    held.site.faults.add(faults.slow(5), path="orderby=id")
    with override_settings(WORDPRESS_TIMEOUT_SECONDS=0.1):
        run = held.sync()

    assert "ASKPRESS_WORDPRESS_TIMEOUT_SECONDS" in run.error
    assert (run.removed, held.finds("sourdough rests overnight")) == (0, True)


UNSTORABLE = "a\0b\ud800c"
ODD = {
    "a date after the last": {"modified_gmt": "9999-12-31T23:59:59-23:00", "date_gmt": "9999-12-31T23:59:59"},
    "a date before the first": {"modified_gmt": "0001-01-01T00:00:00+23:00", "date_gmt": "0001-01-01T00:00:00"},
    "the first of all dates": {"modified_gmt": "0001-01-01T00:00:00", "date_gmt": "0001-01-01T00:00:00"},
    "the last of all dates": {"modified_gmt": "9999-12-31T23:59:59", "date_gmt": "9999-12-31T23:59:59"},
    "a link no index holds": {"link": "https://example.org/" + "".join(str(n * n) for n in range(5000))},
    "a script for a link": {"link": "javascript:alert(1)"},
    "a type that cannot be stored": {"type": UNSTORABLE},
    "a status that cannot be stored": {"status": UNSTORABLE},
}


@pytest.mark.parametrize("extra", ODD.values(), ids=ODD)
def test_an_odd_field_stops_neither_other_posts_nor_the_next_look(service: Service, extra: dict[str, str]) -> None:
    service.site.add("Odd", "<p>Pumpernickel is baked for a whole day.</p>", modified=LONG_AGO, extra=extra)
    service.site.add("Bread", BREAD, modified=LONG_AGO)

    first, polled, second = service.sync(), site_trip.poll(), service.sync()

    assert (first.error, polled.error, second.error) == ("", "", "")
    assert service.finds("sourdough rests overnight")


@pytest.mark.parametrize("status", [400, 401, 404, 410])
@pytest.mark.parametrize("path", ["orderby=id", "include=", "/wp/v2/users", "/wp/v2/types"])
def test_what_a_site_says_of_an_error_is_stored_whatever_it_says(service: Service, path: str, status: int) -> None:
    service.site.add("Bread", BREAD, modified=LONG_AGO)
    service.site.faults.add(lambda request, reply: error_reply(status, UNSTORABLE, UNSTORABLE), path=path)

    run = service.sync()

    assert run.error or run.added + run.failed == 1
    assert run.error.isprintable()


def test_what_a_provider_says_of_an_error_is_stored_whatever_it_says(service: Service) -> None:
    service.site.add("Bread", BREAD, modified=LONG_AGO)
    service.openai.fail("/embeddings", fake_openai.Fault("status", 400, "bad", UNSTORABLE), times=100)

    run = service.sync()

    assert (run.failed, "rejected the input (400): a b c" in str(run.details)) == (1, True)
