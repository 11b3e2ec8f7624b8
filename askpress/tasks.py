"""One thin task for each job, and the schedule."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from procrastinate import JobContext, exceptions, jobs
from procrastinate.contrib.django import app
from procrastinate.tasks import Task

from askpress import edits, errors, logs, sites
from askpress import upkeep as upkeep
from askpress.sync import freshness, repair, runs, single
from askpress.sync import site as site_trip

# A worker writes a heartbeat every 10 s; one that missed three is dead.
_LOST_SECONDS = 30
# 5 s, 15 s, 45 s, ... of waiting, an hour in all; by then a reconciliation has found the edit too.
_MOST_TRIES = 8
_FIRST_DELAY_SECONDS, _LONGEST_DELAY_SECONDS = 5, 900
# A site that wants more peace than this is asked again all the same: a reconciliation would ask it too.
_LONGEST_WAIT_SECONDS = 3600
# How finely a site's own freshness is kept.
_TICK_SECONDS = min(60, settings.SYNC_INTERVAL_SECONDS)

# Postgres that was restarted is back within seconds; what takes longer is the schedule's business.
_STORE_PAUSES_SECONDS = (3, 10, 30)

Ran = TypeVar("Ran")


def cron(seconds: int) -> str:
    """Return a cron expression that runs every `seconds` or oftener, and once a day at least."""
    if seconds < 60:
        return f"* * * * * */{seconds}"
    if seconds < 3600:
        return f"*/{seconds // 60} * * * *"
    return f"0 */{min(23, seconds // 3600)} * * *" if seconds < 86_400 else "0 3 * * *"


@app.periodic(cron=cron(settings.RECONCILE_INTERVAL_SECONDS))
@app.task(name="sync_sites", queue=edits.QUEUE, queueing_lock="sync_sites")
def sync_sites(timestamp: int = 0) -> None:
    """Queue a reconciliation of every site."""
    _for_each_site("sync", lambda site_id: _defer(sync_site, site_id, due_at=timestamp))


@app.periodic(cron=cron(settings.RECONCILE_INTERVAL_SECONDS))
@app.task(name="sweep_sites", queue=edits.QUEUE, queueing_lock="sweep_sites")
def sweep_sites(timestamp: int = 0) -> None:
    """Queue a sweep of every site."""
    _for_each_site("sweep", lambda site_id: _defer(sweep_site, site_id))


@app.periodic(cron=cron(_TICK_SECONDS))
@app.task(name="poll_sites", queue=edits.QUEUE, queueing_lock="poll_sites")
def poll_sites(timestamp: int = 0) -> None:
    """Queue a poll of every site whose turn it is: each has its own freshness.

    Polls begin where a reconciliation ended: a site whose first one failed gets another try in place of a poll.
    """

    def defer_due(site_id: int) -> None:
        site = sites.by_id(site_id)
        if not site or not is_due(timestamp, every_seconds=freshness.poll_seconds(site), tick_seconds=_TICK_SECONDS):
            return
        if site.reconciled_at is not None:
            _defer(poll_site, site_id)
        elif not runs.running(site_id):
            _defer(sync_site, site_id, due_at=timestamp)

    _for_each_site("poll", defer_due)


@app.periodic(cron="30 * * * *")
@app.task(name="audit_sites", queue=edits.QUEUE, queueing_lock="audit_sites")
def audit_sites(timestamp: int = 0) -> None:
    """Queue an audit of every site, every ASKPRESS_AUDIT_INTERVAL_HOURS; never with 0."""
    hours = settings.AUDIT_INTERVAL_HOURS
    if hours and is_due(timestamp, every_seconds=hours * 3600, tick_seconds=3600):
        _for_each_site("audit", defer_audit)


@app.task(name="sync_site", queue="bulk", pass_context=True)
def sync_site(context: JobContext, site_id: int, due_at: int = 0) -> None:
    """Reconcile a site. What holds two runs apart is a lock in Postgres, not the queue."""
    _scheduled("sync", site_id, lambda site: _sync_due(site, due_at, context.should_abort))


@app.task(name="sweep_site", queue="bulk", pass_context=True)
def sweep_site(context: JobContext, site_id: int) -> None:
    """Read again the posts that were read longest ago."""
    _scheduled("sweep", site_id, lambda site: site_trip.sweep(site, should_stop=context.should_abort))


@app.task(name="poll_site", queue=edits.QUEUE, pass_context=True)
def poll_site(context: JobContext, site_id: int) -> None:
    """Look for what was modified lately; reconcile when the number of posts shows that something came or went."""
    found = _scheduled("poll", site_id, lambda site: site_trip.poll(site, should_stop=context.should_abort))
    if found and found.recounted:
        defer_sync(site_id)


@app.task(name="audit_site", queue="bulk")
def audit_site(site_id: int) -> None:
    """Compare the index with a site; what came out is stored."""
    _scheduled("audit", site_id, lambda site: repair.audit(site))


@app.task(name=edits.TASK, queue=edits.QUEUE, pass_context=True)
def sync_post(context: JobContext, /, **arguments: Any) -> None:
    """Follow one edit up. A failure that may pass ends the job and queues a later one: if a newer word of the same
    post waits by then, that is the next try, where procrastinate's own retry would fail and leave the post locked.
    """
    logs.trace.set(f"job-{context.job.id}")
    edit = edits.of(arguments)
    # The last try takes what the site shows, however old the cache it comes from.
    patient = edit.tries < _MOST_TRIES
    moment = edit.modified_at if patient else None
    notice = single.Notice(edit.post_id, edit.type, modified_at=moment, deleted=edit.deleted and patient)
    try:
        site = sites.by_id(edit.site_id)
        if site is None:
            logs.info("edit dropped", post=edit.post_id, reason="its site was removed")
            return
        (outcome,) = site_trip.follow([notice], site, should_stop=context.should_abort)
    except errors.AskpressError as error:
        _failed(edit, str(error), retryable=error.retryable, wait_seconds=single.wait_seconds(error))
        return
    if outcome.kind == "failed":
        _failed(edit, outcome.reason, retryable=outcome.retryable, wait_seconds=outcome.wait_seconds)
        if outcome.site_away:
            # Each of its other edits may take minutes to find out the same: those of other sites go first. No longer,
            # because it may be this one post that the site cannot show.
            edits.put_off_others(edit, delay_seconds=_FIRST_DELAY_SECONDS)
    else:
        logs.info("edit followed", post=edit.post_id, outcome=outcome.kind)


@app.periodic(cron="* * * * *")
@app.task(name="take_up_lost_jobs", queue=edits.QUEUE, queueing_lock="take_up_lost_jobs")
async def take_up_lost_jobs(timestamp: int = 0) -> None:
    """End the jobs of workers that died: edits are queued anew, the rest is done again by its next scheduled run."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=_LOST_SECONDS):
        logs.warning("job of a lost worker ended", task=job.task_name, job=job.id)
        if job.task_name == edits.TASK:
            # First the new one: dying in between leaves two words of one edit, not none. A post that kills its
            # worker has so many tries as any other.
            await asyncio.to_thread(_failed, edits.of(job.task_kwargs), "its worker was lost", retryable=True)
        try:
            await app.job_manager.finish_job(job, status=jobs.Status.FAILED, delete_job=True)
        except exceptions.ConnectorException as error:
            logs.warning("job of a lost worker was gone", job=job.id, reason=str(error))


def defer_audit(site_id: int) -> bool:
    """Queue an audit of the site; False when one waits already."""
    return _defer(audit_site, site_id)


def defer_sync(site_id: int) -> bool:
    """Queue a reconciliation of the site; False when one waits already."""
    return _defer(sync_site, site_id)


def defer_syncs() -> None:
    """Queue what queues a reconciliation of every site."""
    with contextlib.suppress(exceptions.AlreadyEnqueued):
        sync_sites.defer()


def _defer(task: Task[..., Any, ...], site_id: int, **arguments: int) -> bool:
    try:
        task.configure(queueing_lock=f"{task.name} {site_id}").defer(site_id=site_id, **arguments)
    except exceptions.AlreadyEnqueued:
        return False
    return True


def is_due(timestamp: int, *, every_seconds: int, tick_seconds: int) -> bool:
    """True for the first tick in each stretch of `every_seconds`: needs no memory, whoever asks."""
    return timestamp % every_seconds < tick_seconds


def delay_seconds(tries: int) -> int:
    """Return how long to wait after so many failed tries."""
    return int(min(_LONGEST_DELAY_SECONDS, _FIRST_DELAY_SECONDS * 3 ** (tries - 1)))


def _for_each_site(name: str, defer: Callable[[int], object]) -> None:
    def run() -> None:
        for site_id in site_trip.numbers():
            defer(site_id)

    _patiently(name, run)


def _scheduled(name: str, site_id: int, run: Callable[[sites.Site], Ran]) -> Ran | None:
    def of_site() -> Ran | None:
        site = sites.by_id(site_id)
        return run(site) if site else None

    return _patiently(name, of_site)


def _patiently(name: str, run: Callable[[], Ran]) -> Ran | None:
    """Do what the schedule asks for: it is its own retry, and an exception would only leave a failed job behind."""
    for pause in (*_STORE_PAUSES_SECONDS, 0):
        try:
            return run()
        except errors.StoreUnavailable as error:
            logs.warning(f"{name} broken off", reason=str(error))
            time.sleep(pause)
        except errors.AskpressError as error:
            logs.warning(f"{name} failed", reason=str(error))
            return None
    return None


def _sync_due(site: sites.Site, due_at: int, should_stop: Callable[[], bool]) -> None:
    """Sync, unless that was done since: a worker makes up for a time it missed, right after the sync of its start."""
    if due_at and runs.done_since(site.id, due_at):
        logs.info("sync skipped", site=site.name, reason="one was done since this was due")
        return
    site_trip.sync(site, should_stop=should_stop)


def _failed(edit: edits.Edit, reason: str, *, retryable: bool, wait_seconds: float = 0) -> None:
    """Queue another try, not before `wait_seconds` are over if site or provider asked for that."""
    tries = edit.tries + 1
    if not retryable or tries > _MOST_TRIES:
        logs.warning("edit given up until the next reconciliation", post=edit.post_id, reason=reason, tries=tries)
        return
    delay = max(delay_seconds(tries), min(wait_seconds, _LONGEST_WAIT_SECONDS))
    edits.queue(dataclasses.replace(edit, tries=tries), delay_seconds=delay)
    logs.info("edit put off", post=edit.post_id, reason=reason, tries=tries)
