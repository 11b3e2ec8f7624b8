"""What the schedule makes a worker do: nothing that was done since it fell due."""

from __future__ import annotations

import time

from procrastinate.contrib.django import app

from askpress import tasks
from askpress.sample import faults
from askpress.sync import site as site_trip
from tests.trips.conftest import Service
from tests.trips.test_poll import BREAD
from tests.trips.workers import in_worker

RUNS = "SELECT error = '' FROM askpress_syncrun WHERE kind = 'reconcile' ORDER BY id"


def do_bulk_jobs() -> None:
    in_worker(lambda: app.run_worker_async(queues=["bulk"], concurrency=1, wait=False, delete_jobs="always"))


def test_a_sync_that_was_due_before_the_last_one_began_is_not_done_again(service: Service) -> None:
    service.site.add("Bread", BREAD)
    tasks.defer_sync(site_trip.default().id)
    do_bulk_jobs()

    tasks.sync_site.configure().defer(site_id=1, due_at=int(time.time()) - 60)
    do_bulk_jobs()
    skipped = service.rows(RUNS)
    tasks.sync_site.configure().defer(site_id=1, due_at=int(time.time()) + 60)
    do_bulk_jobs()

    assert skipped == [(True,)]
    assert service.rows(RUNS) == [(True,), (True,)]


def test_a_sync_that_stopped_early_does_not_stand_for_the_one_that_is_due(service: Service) -> None:
    service.site.add("Bread", BREAD)
    service.site.faults.add(faults.not_logged_in)
    service.sync()
    service.site.faults.clear()

    tasks.sync_site.configure().defer(site_id=1, due_at=int(time.time()) - 60)
    do_bulk_jobs()

    assert service.rows(RUNS) == [(False,), (True,)]
