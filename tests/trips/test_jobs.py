"""Live edits as jobs: one waits and one runs for each post, and neither a failure nor a kill leaves a post locked."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.test import override_settings
from procrastinate import exceptions
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from askpress import edits, tasks
from askpress.sample import faults
from tests.fakes import openai as fake_openai
from tests.trips.conftest import Service
from tests.trips.test_poll import BREAD, LONG_AGO, TEA
from tests.trips.workers import do_what_waits, in_worker

EARLIER = dt.datetime(2026, 5, 1, 12, 0, tzinfo=dt.UTC)
LATER = EARLIER + dt.timedelta(minutes=1)
JOBS = "SELECT id, status::text, args FROM procrastinate_jobs WHERE task_name = 'sync_post' ORDER BY id"


def jobs(service: Service) -> list[tuple[str, dict[str, Any]]]:
    return [(status, json.loads(args)) for _, status, args in service.rows(JOBS)]


def statuses(service: Service) -> list[str]:
    return [status for status, _ in jobs(service)]


def make_due(service: Service) -> None:
    service.rows("UPDATE procrastinate_jobs SET scheduled_at = now() RETURNING 1")


def seconds_left(service: Service) -> float | None:
    seconds = "SELECT extract(epoch FROM scheduled_at - now())::float FROM procrastinate_jobs"
    left: float | None = service.rows(f"{seconds} WHERE task_name = 'sync_post'")[0][0]
    return left


def start_job(service: Service) -> int:
    """Let a worker that does nothing take the next job."""
    (worker_id,) = service.rows("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")[0]
    (job,) = service.rows(f"SELECT id FROM procrastinate_fetch_job_v2(NULL, {worker_id})")[0]
    return int(job)


@pytest.fixture
def synced(service: Service) -> Service:
    """A service that holds one old post."""
    service.site.add("Bread", BREAD, modified=LONG_AGO)
    service.sync()
    return service


def test_two_edits_of_a_post_wait_as_one_job(service: Service) -> None:
    first, second = edits.queue(edits.Edit(1, 7)), edits.queue(edits.Edit(1, 7))

    assert (first.duplicate, second.duplicate) == (False, True)
    assert first.job == second.job
    assert statuses(service) == ["todo"]


def test_edits_of_two_posts_or_two_sites_wait_side_by_side(service: Service) -> None:
    for edit in (edits.Edit(1, 7), edits.Edit(1, 8), edits.Edit(2, 7)):
        assert not edits.queue(edit).duplicate


def test_of_two_edits_the_newer_word_and_the_later_moment_count(service: Service) -> None:
    edits.queue(edits.Edit(1, 7, type="post", modified_at=LATER, deleted=True))
    edits.queue(edits.Edit(1, 7, type="page", modified_at=EARLIER))

    assert [edits.of(args) for _, args in jobs(service)] == [edits.Edit(1, 7, type="page", modified_at=LATER)]


def test_a_retry_gives_way_to_the_newer_edit_that_waits(service: Service) -> None:
    newer = edits.Edit(1, 7, type="page", modified_at=LATER)
    edits.queue(newer)
    edits.queue(edits.Edit(1, 7, type="post", modified_at=EARLIER, deleted=True, tries=3), delay_seconds=900)

    assert [edits.of(args) for _, args in jobs(service)] == [newer]
    assert seconds_left(service) is None


def test_a_new_edit_hurries_the_retry_that_was_put_off(service: Service) -> None:
    edits.queue(edits.Edit(1, 7, tries=5), delay_seconds=900)

    assert edits.queue(edits.Edit(1, 7)).duplicate
    assert seconds_left(service) is None
    assert [args["tries"] for _, args in jobs(service)] == [0]


def test_a_second_edit_waits_until_the_first_has_ended(service: Service) -> None:
    running = edits.queue(edits.Edit(1, 7)).job
    assert start_job(service) == running

    waiting = edits.queue(edits.Edit(1, 7))

    assert (waiting.duplicate, statuses(service)) == (False, ["doing", "todo"])
    assert service.rows("SELECT id FROM procrastinate_fetch_job_v2(NULL, 1)") == [(None,)]


def test_a_retry_of_procrastinates_own_would_leave_the_post_locked(service: Service) -> None:
    """The trap that sync_post goes around; when this fails, procrastinate has learnt it."""
    running = edits.queue(edits.Edit(1, 7)).job
    start_job(service)
    edits.queue(edits.Edit(1, 7))
    job = Job(id=running, queue="live", lock=None, queueing_lock=None, task_name="sync_post")

    with pytest.raises(exceptions.UniqueViolation):
        in_worker(lambda: app.job_manager.retry_job(job))

    assert statuses(service) == ["doing", "todo"]


def test_the_delays_grow_up_to_a_cap() -> None:
    delays = [tasks.delay_seconds(tries) for tries in range(1, 9)]

    assert delays == [5, 15, 45, 135, 405, 900, 900, 900]


def test_an_edit_is_followed_and_its_job_is_gone(synced: Service) -> None:
    synced.site.edit(1, html=TEA)
    edits.queue(edits.Edit(1, 1))

    do_what_waits()

    assert synced.finds("Green tea is brewed")
    assert jobs(synced) == []


def test_a_failure_puts_the_edit_off_for_as_long_as_the_site_asks_and_the_post_is_not_locked(synced: Service) -> None:
    synced.site.edit(1, html=TEA)
    synced.site.faults.add(faults.unavailable("600"))
    edits.queue(edits.Edit(1, 1))

    do_what_waits()
    put_off, left = jobs(synced), seconds_left(synced)
    synced.site.faults.clear()
    make_due(synced)
    do_what_waits()

    assert [(status, args["tries"]) for status, args in put_off] == [("todo", 1)]
    assert left is not None and 500 < left <= 600
    assert synced.finds("Green tea is brewed")
    assert jobs(synced) == []


def test_a_failure_while_a_second_edit_waits_leaves_that_one_as_the_retry(synced: Service) -> None:
    synced.site.edit(1, html=TEA)
    synced.site.faults.add(faults.then(lambda: edits.queue(edits.Edit(1, 1))), path="posts/1", times=1)
    synced.site.faults.add(faults.unavailable(), path="posts/1", times=1)
    edits.queue(edits.Edit(1, 1))

    do_what_waits()
    do_what_waits()

    assert len(synced.site.asked("posts/1?")) == 2
    assert synced.finds("Green tea is brewed")
    assert jobs(synced) == []


def test_a_failure_that_cannot_pass_is_not_tried_again(synced: Service) -> None:
    synced.site.faults.add(faults.not_logged_in)
    edits.queue(edits.Edit(1, 1))

    do_what_waits()

    assert jobs(synced) == []
    assert len(synced.search("sourdough")) == 1


def test_an_edit_is_given_up_after_so_many_tries(synced: Service) -> None:
    synced.site.faults.add(faults.unavailable())
    edits.queue(edits.Edit(1, 1, tries=8))

    do_what_waits()

    assert jobs(synced) == []


def test_a_provider_that_is_down_puts_the_edit_off(synced: Service) -> None:
    synced.site.edit(1, html=TEA)
    synced.openai.fail("/embeddings", fake_openai.SERVER_ERROR, times=100)
    edits.queue(edits.Edit(1, 1))

    with override_settings(PROVIDER_RETRY_SECONDS=0):
        do_what_waits()

    assert [args["tries"] for _, args in jobs(synced)] == [1]
    assert len(synced.search("sourdough")) == 1


def test_a_cached_reply_is_not_believed_until_it_is_as_new_as_the_edit(synced: Service) -> None:
    edited = dt.datetime.now(dt.UTC).replace(microsecond=0)
    edits.queue(edits.Edit(1, 1, modified_at=edited))
    do_what_waits()
    behind = [args["tries"] for _, args in jobs(synced)]

    synced.site.edit(1, html=TEA, modified=edited)
    make_due(synced)
    do_what_waits()

    assert behind == [1]
    assert jobs(synced) == []
    assert synced.finds("Green tea is brewed")


def test_a_cache_that_never_expires_is_believed_in_the_end(synced: Service) -> None:
    synced.site.edit(1, html=TEA, modified=LONG_AGO)
    edits.queue(edits.Edit(1, 1, modified_at=LATER, tries=8))

    do_what_waits()

    assert jobs(synced) == []
    assert synced.finds("Green tea is brewed")


def test_a_post_that_is_shown_though_it_was_deleted_is_asked_for_again(synced: Service) -> None:
    edits.queue(edits.Edit(1, 1, deleted=True))
    do_what_waits()
    shown = [args["tries"] for _, args in jobs(synced)]

    synced.site.delete(1)
    make_due(synced)
    do_what_waits()

    assert shown == [1]
    assert synced.search("sourdough") == []


def test_each_reading_of_a_post_has_an_address_that_no_cache_knows(synced: Service) -> None:
    edits.queue(edits.Edit(1, 1))
    do_what_waits()
    edits.queue(edits.Edit(1, 1))
    do_what_waits()

    addresses = [request.target for request in synced.site.asked("posts/1?")]
    assert len(addresses) == len(set(addresses)) == 2


def test_an_edit_of_a_type_that_is_not_listed_asks_the_site_nothing(synced: Service) -> None:
    synced.site.requests.clear()
    edits.queue(edits.Edit(1, 99, type="product"))

    do_what_waits()

    assert synced.site.asked("/99") == []
    assert jobs(synced) == []


def test_a_page_that_was_a_post_is_found_and_not_taken_out(synced: Service) -> None:
    synced.site.edit(1, type="page")
    edits.queue(edits.Edit(1, 1))

    do_what_waits()

    assert synced.titles("sourdough") == ["Bread"]
    assert synced.rows("SELECT type, gone_at FROM askpress_document") == [("page", None)]


def test_a_poll_that_counts_fewer_posts_queues_a_reconciliation(synced: Service) -> None:
    synced.site.delete(1)
    tasks.poll_site.defer(site_id=1)

    do_what_waits()

    assert synced.rows("SELECT queue_name, status::text FROM procrastinate_jobs WHERE task_name = 'sync_site'") == [
        ("bulk", "todo")
    ]
