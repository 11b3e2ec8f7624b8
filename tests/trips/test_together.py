"""A live edit in the middle of a whole sync: both bring the same post, and the later reading stays."""

from __future__ import annotations

from collections.abc import Callable

from askpress.sample import faults
from askpress.sync import site as site_trip
from tests.trips.conftest import Service
from tests.trips.test_poll import BREAD, LONG_AGO, TEA


def while_it_is_read(service: Service, act: Callable[[], object]) -> None:
    """Let a sync read post 1, and something happen to it, and be followed up, before the sync writes what it read."""

    def acted() -> None:
        act()
        site_trip.sync_posts([1])

    service.site.faults.add(faults.then(acted), path="include=1", times=1)
    service.sync()


def test_an_edit_during_a_sync_is_not_overwritten_by_what_the_sync_read_before(service: Service) -> None:
    service.site.add("Bread", BREAD, modified=LONG_AGO)

    while_it_is_read(service, lambda: service.site.edit(1, html=TEA))

    assert service.finds("Green tea is brewed")
    assert service.sync().changed == 0


def test_a_post_deleted_during_its_first_sync_does_not_come_back_with_it(service: Service) -> None:
    service.site.add("Bread", BREAD, modified=LONG_AGO)

    while_it_is_read(service, lambda: service.site.delete(1))

    assert service.search("sourdough") == []
    assert service.rows("SELECT count(*) FROM askpress_document WHERE gone_at IS NULL") == [(0,)]


def test_a_known_post_deleted_during_a_sync_does_not_come_back_with_it(service: Service) -> None:
    service.site.add("Bread", BREAD, modified=LONG_AGO)
    service.sync()
    service.site.edit(1, html=TEA)

    while_it_is_read(service, lambda: service.site.delete(1))

    assert service.search("green tea") == []


def test_a_post_that_is_published_during_a_sync_stays(service: Service) -> None:
    service.site.add("Bread", BREAD, modified=LONG_AGO, status="draft")
    service.site.add("Tea", TEA, modified=LONG_AGO)
    site_trip.sync_posts([1])

    def published() -> None:
        service.site.set_status(1, "publish")
        site_trip.sync_posts([1])

    service.site.faults.add(faults.then(published), path="include=2", times=1)
    service.sync()

    assert service.finds("Our sourdough")
