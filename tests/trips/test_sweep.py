"""The slow sweep: what changes no date is found in a set number of days, a few posts at a time."""

from __future__ import annotations

import pytest
from django.test import override_settings

from askpress.sync import site as site_trip
from tests.trips.conftest import Service
from tests.trips.test_poll import BREAD, LONG_AGO, TEA


@pytest.fixture
def synced(service: Service) -> Service:
    """A service that holds one old post."""
    service.site.add("Bread", BREAD, modified=LONG_AGO)
    service.sync()
    return service


def age(service: Service, days: float, *post_ids: int) -> None:
    ids = ", ".join(map(str, post_ids)) or "post_id"
    service.rows(f"UPDATE askpress_document SET read_at = read_at - interval '{days} days' WHERE post_id IN ({ids})"
                 " RETURNING 1")  # fmt: skip


def test_a_sweep_finds_a_text_that_changed_without_its_date(synced: Service) -> None:
    synced.site.edit(1, html=TEA, modified=LONG_AGO)
    assert synced.sync().unchanged == 1

    assert site_trip.sweep() == 1
    assert synced.finds("Green tea is brewed")


def test_a_sweep_reads_its_share_and_those_read_longest_ago(synced: Service) -> None:
    synced.site.add_many(99, modified=LONG_AGO)
    synced.sync()
    age(synced, 3, 40, 70)

    with override_settings(SWEEP_DAYS=10, RECONCILE_INTERVAL_SECONDS=17_280):  # a fiftieth of ten days
        assert site_trip.sweep() == 2

    assert synced.site.asked("include")[-1].text("include") == "40,70"


def test_the_sweeps_of_as_many_days_as_promised_read_every_post(synced: Service) -> None:
    synced.site.add_many(22, modified=LONG_AGO)
    synced.sync()
    (begun,) = synced.rows("SELECT now()")[0]

    with override_settings(SWEEP_DAYS=1, RECONCILE_INTERVAL_SECONDS=17_280):  # five a day
        read = [site_trip.sweep() for _ in range(5)]

    assert read == [5] * 5
    assert synced.rows(f"SELECT count(*) FROM askpress_document WHERE read_at < '{begun}'") == [(0,)]


def test_after_a_pause_a_sweep_reads_all_that_is_overdue(synced: Service) -> None:
    synced.site.add_many(9, modified=LONG_AGO)
    synced.sync()
    age(synced, 8)

    assert site_trip.sweep() == 10
    assert site_trip.sweep() == 1


def test_a_sweep_pays_for_nothing_that_is_unchanged(synced: Service) -> None:
    paid = synced.embeddings

    site_trip.sweep()

    assert synced.embeddings == paid
    assert synced.rows("SELECT unchanged, changed FROM askpress_syncrun WHERE kind = 'sweep'") == [(1, 0)]
