"""One thin task for each job, and the schedule."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from procrastinate import JobContext, exceptions, jobs
from procrastinate.contrib.django import app

from askpress import edits, errors, logs
from askpress.answer import record
from askpress.sync import repair, runs, single
from askpress.sync import site as site_trip

# A worker writes a heartbeat every 10 s; one that missed three is dead.
_LOST_SECONDS = 30
# 5 s, 15 s, 45 s, ... of waiting, an hour in all; by then a reconciliation has found the edit too.
_MOST_TRIES = 8
_FIRST_DELAY_SECONDS, _LONGEST_DELAY_SECONDS = 5, 900


# Postgres that was restarted is back within seconds; what takes longer is the schedule's business.
_STORE_PAUSES_SECONDS = (3, 10, 30)

Ran = TypeVar("Ran")


def cron(seconds: int) -> str:
    """Return the cron expression nearest to a run every `seconds`."""
    if seconds < 60:
        return f"* * * * * */{seconds}"
    if seconds < 3600:
        return f"*/{seconds // 60} * * * *"
    return f"0 */{min(23, seconds // 3600)} * * *" if seconds < 86_400 else "0 3 * * *"


@app.periodic(cron=cron(settings.RECONCILE_INTERVAL_SECONDS))
@app.task(name="sync_site", queue="bulk", queueing_lock="sync_site", pass_context=True)
def sync_site(context: JobContext, timestamp: int = 0) -> None:
    """Reconcile the site. What holds two runs apart is a lock in Postgres, not the queue."""
    _scheduled("sync", lambda: _sync_due(timestamp, context.should_abort))


@app.periodic(cron=cron(settings.RECONCILE_INTERVAL_SECONDS))
@app.task(name="sweep_site", queue="bulk", queueing_lock="sweep_site", pass_context=True)
def sweep_site(context: JobContext, timestamp: int = 0) -> None:
    """Read again the posts that were read longest ago."""
    _scheduled("sweep", lambda: site_trip.sweep(should_stop=context.should_abort))


@app.periodic(cron=cron(settings.SYNC_INTERVAL_SECONDS))
@app.task(name="poll_site", queue=edits.QUEUE, queueing_lock="poll_site", pass_context=True)
def poll_site(context: JobContext, timestamp: int = 0) -> None:
    """Look for what was modified lately; reconcile when the number of posts shows that something came or went."""
    found = _scheduled("poll", lambda: site_trip.poll(should_stop=context.should_abort))
    if found and found.recounted:
        defer_sync()


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
        (outcome,) = site_trip.follow([notice])
    except errors.AskpressError as error:
        _failed(edit, str(error), retryable=error.retryable)
        return
    if outcome.kind == "failed":
        _failed(edit, outcome.reason, retryable=outcome.retryable)
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


@app.periodic(cron="17 * * * *")
@app.task(name="purge_answers", queue="bulk", queueing_lock="purge_answers")
def purge_answers(timestamp: int = 0) -> None:
    """Forget how answers came about that are older than their term."""
    try:
        record.purge(days=settings.ANSWER_LOG_DAYS)
    except errors.StoreUnavailable as error:
        logs.warning("answers not purged", reason=str(error))


@app.task(name="audit_site", queue="bulk", queueing_lock="audit_site")
def audit_site() -> None:
    """Compare the index with the site; what came out is stored."""
    try:
        repair.audit()
    except errors.AskpressError as error:
        logs.warning("audit failed", reason=str(error))


def defer_audit() -> bool:
    """Queue an audit; False when one waits already."""
    try:
        audit_site.defer()
    except exceptions.AlreadyEnqueued:
        return False
    return True


def defer_sync() -> bool:
    """Queue a sync; False when one waits already."""
    try:
        sync_site.defer()
    except exceptions.AlreadyEnqueued:
        return False
    return True


def delay_seconds(tries: int) -> int:
    """Return how long to wait after so many failed tries."""
    return int(min(_LONGEST_DELAY_SECONDS, _FIRST_DELAY_SECONDS * 3 ** (tries - 1)))


def _scheduled(name: str, run: Callable[[], Ran]) -> Ran | None:
    """Do what the schedule asks for: it is its own retry, and an exception would only leave a failed job behind."""
    if not settings.WP_URL:
        logs.info(f"{name} skipped", reason="WP_URL is not set")
        return None
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


def _sync_due(due_at: int, should_stop: Callable[[], bool]) -> None:
    """Sync, unless that was done since: a worker makes up for a time it missed, right after the sync of its start."""
    if due_at and runs.done_since(due_at):
        logs.info("sync skipped", reason="one was done since this was due")
        return
    site_trip.sync(should_stop=should_stop)


def _failed(edit: edits.Edit, reason: str, *, retryable: bool) -> None:
    tries = edit.tries + 1
    if not retryable or tries > _MOST_TRIES:
        logs.warning("edit given up until the next reconciliation", post=edit.post_id, reason=reason, tries=tries)
        return
    edits.queue(dataclasses.replace(edit, tries=tries), delay_seconds=delay_seconds(tries))
    logs.info("edit put off", post=edit.post_id, reason=reason, tries=tries)
