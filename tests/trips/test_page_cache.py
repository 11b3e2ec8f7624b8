"""A cache in front of the site that forgets nothing: what it says is neither evidence nor news."""

from __future__ import annotations

import pytest

from askpress.sample import faults
from askpress.sync import repair
from askpress.sync import site as site_trip
from tests.trips.conftest import Service
from tests.trips.test_poll import BREAD, LONG_AGO, TEA


@pytest.fixture
def held(service: Service) -> Service:
    """A service that holds bread and tea, and has asked for everything once."""
    service.site.faults.add(faults.page_cache(), path="/wp/v2/")
    service.site.add("Bread", BREAD, modified=LONG_AGO)
    service.site.add("Tea", TEA, modified=LONG_AGO)
    service.sync()
    site_trip.poll()
    site_trip.sync_posts([1, 2])
    return service


def test_a_deletion_is_noticed_by_poll_and_reconciliation(held: Service) -> None:
    held.site.delete(2)

    found = site_trip.poll()
    run = held.sync()

    assert (found.recounted, run.removed) == (True, 1)
    assert held.titles("green tea") == ["Bread"]


def test_what_a_webhook_took_out_is_not_brought_back(held: Service) -> None:
    held.site.set_status(2, "private")
    site_trip.sync_posts([2])

    run = held.sync(force=True)

    assert (run.changed, held.titles("green tea")) == (0, ["Bread"])
    assert repair.audit(deep=True).verdict == "equal"


def test_an_edit_is_read_as_it_is(held: Service) -> None:
    held.site.edit(2, html=TEA.replace("Green", "White"), modified=LONG_AGO)

    held.sync(force=True)

    assert held.finds("White tea is brewed")
