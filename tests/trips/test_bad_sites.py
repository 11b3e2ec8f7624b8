"""A password that the site does not take, and a site slower than its timeout: said, and nothing is removed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import override_settings

from askpress import errors, sites
from askpress.sample import faults
from askpress.sync import site as site_trip
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


ODD = {
    "a date after the last": {"modified_gmt": "9999-12-31T23:59:59-23:00", "date_gmt": "9999-12-31T23:59:59"},
    "a date before the first": {"modified_gmt": "0001-01-01T00:00:00+23:00", "date_gmt": "0001-01-01T00:00:00"},
    "the first of all dates": {"modified_gmt": "0001-01-01T00:00:00", "date_gmt": "0001-01-01T00:00:00"},
    "the last of all dates": {"modified_gmt": "9999-12-31T23:59:59", "date_gmt": "9999-12-31T23:59:59"},
    "a link no index holds": {"link": "https://example.org/" + "".join(str(n * n) for n in range(5000))},
    "a script for a link": {"link": "javascript:alert(1)"},
}


@pytest.mark.parametrize("extra", ODD.values(), ids=ODD)
def test_an_odd_field_stops_neither_other_posts_nor_the_next_look(service: Service, extra: dict[str, str]) -> None:
    service.site.add("Odd", "<p>Pumpernickel is baked for a whole day.</p>", modified=LONG_AGO, extra=extra)
    service.site.add("Bread", BREAD, modified=LONG_AGO)

    first, polled, second = service.sync(), site_trip.poll(), service.sync()

    assert (first.error, polled.error, second.error) == ("", "", "")
    assert service.finds("sourdough rests overnight")
