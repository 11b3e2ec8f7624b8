"""Workers as processes: killed, stopped, and busy with a long sync while somebody edits a post."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from askpress import edits, tasks
from askpress.sample import faults
from tests.fakes.openai import Fault
from tests.trips.conftest import Service
from tests.trips.test_jobs import LATER, jobs, start_job, statuses
from tests.trips.test_jobs import synced as synced
from tests.trips.test_poll import LONG_AGO, TEA
from tests.trips.workers import do_what_waits, in_worker, wait_until, worker

# The model that runs in the worker itself.
LOCAL = {f"ASKPRESS_EMBEDDING_{name}": "" for name in ("PROVIDER", "MODEL", "DIMENSIONS", "BASE_URL", "API_KEY")}


def take_up_lost_jobs() -> None:
    in_worker(tasks.take_up_lost_jobs)


def forget_heartbeats(service: Service) -> None:
    service.rows("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute' RETURNING 1")


def test_a_lost_workers_edit_is_queued_anew(service: Service) -> None:
    edits.queue(edits.Edit(1, 7, modified_at=LATER))
    start_job(service)
    forget_heartbeats(service)

    take_up_lost_jobs()

    assert [(status, edits.of(args)) for status, args in jobs(service)] == [
        ("todo", edits.Edit(1, 7, modified_at=LATER, tries=1))
    ]


def test_a_lost_workers_edit_with_a_second_one_waiting_frees_the_post(service: Service) -> None:
    edits.queue(edits.Edit(1, 7))
    start_job(service)
    waiting = edits.queue(edits.Edit(1, 7)).job
    forget_heartbeats(service)

    take_up_lost_jobs()

    assert statuses(service) == ["todo"]
    assert start_job(service) == waiting


def test_the_jobs_of_living_workers_are_left_alone(service: Service) -> None:
    edits.queue(edits.Edit(1, 7))
    start_job(service)

    take_up_lost_jobs()

    assert statuses(service) == ["doing"]


@pytest.mark.soak
def test_a_worker_killed_while_a_second_edit_waits_leaves_the_post_to_the_next(synced: Service, tmp_path: Path) -> None:
    synced.site.faults.add(faults.slow(60), path="posts/1", times=1)
    with worker(synced, tmp_path / "log", "--no-sync") as process:
        edits.queue(edits.Edit(1, 1))
        wait_until(lambda: bool(synced.site.asked("posts/1?")))
        edits.queue(edits.Edit(1, 1))
        process.send_signal(signal.SIGKILL)
        process.wait()
    locked = statuses(synced)
    synced.site.edit(1, html=TEA)
    forget_heartbeats(synced)

    take_up_lost_jobs()
    do_what_waits()

    assert locked == ["doing", "todo"]
    assert synced.finds("Green tea is brewed")
    assert jobs(synced) == []


@pytest.mark.soak
def test_a_live_edit_does_not_wait_for_a_long_sync(service: Service, tmp_path: Path) -> None:
    service.site.add_many(30, modified=LONG_AGO)
    service.site.faults.add(faults.slow(60), path="include=")
    with worker(service, tmp_path / "log"):
        wait_until(lambda: bool(service.site.asked("include=")))
        edits.queue(edits.Edit(1, 30))

        wait_until(lambda: service.rows("SELECT count(*) FROM askpress_indexed") == [(1,)])

        assert service.finds("The text of post number 30.")
        assert service.rows("SELECT done, finished_at FROM askpress_syncrun") == [(0, None)]


def test_a_worker_that_is_told_to_stop_ends_well_and_leaves_no_trace(service: Service, tmp_path: Path) -> None:
    with worker(service, tmp_path / "log", "--no-sync") as process:
        process.send_signal(signal.SIGTERM)

        assert process.wait(10) == 0
        assert service.rows("SELECT count(*) FROM procrastinate_workers") == [(0,)]


@pytest.mark.soak
def test_a_worker_that_is_told_to_stop_while_it_embeds_ends_by_itself_and_its_run_says_so(
    service: Service, tmp_path: Path
) -> None:
    service.site.add_many(60, modified=LONG_AGO)
    log = tmp_path / "log"
    with worker(service, log, **LOCAL) as process:
        wait_until(lambda: service.rows("SELECT count(*) > 4 FROM askpress_indexed") == [(True,)])
        process.send_signal(signal.SIGTERM)

        assert process.wait(10) == 0
    assert "worker left work undone" not in log.read_text()
    assert service.rows("SELECT count(*) FROM procrastinate_workers") == [(0,)]
    assert service.rows("SELECT error FROM askpress_syncrun") == [("stopped; the next sync goes on from here.",)]


@pytest.mark.soak
def test_a_worker_whose_provider_says_nothing_leaves_before_it_is_killed(service: Service, tmp_path: Path) -> None:
    service.site.add_many(1)
    service.openai.fail("/embeddings", Fault("stall"), times=9)
    log = tmp_path / "log"
    with worker(service, log) as process:
        wait_until(lambda: service.openai.count("/embeddings") > 0)
        process.send_signal(signal.SIGTERM)

        assert process.wait(4) == 0
    assert "worker left work undone" in log.read_text()
