"""Jobs that ask no site: building, dropping and measuring index versions, forgetting vectors and answers."""

from __future__ import annotations

import contextlib
import time

from django.conf import settings
from procrastinate import JobContext, exceptions
from procrastinate.contrib.django import app

from askpress import edits, errors, logs
from askpress.answer import record, sweeping
from askpress.retrieval import kept, probe, versions
from askpress.sync import reindex

# A worker builds an index version for so long before it looks at its other jobs.
_TENDING_SECONDS = 50
_HOUR_SECONDS = 3_600


@app.periodic(cron="* * * * *")
@app.task(name="tend_index", queue="bulk", queueing_lock="tend_index", pass_context=True)
def tend_index(context: JobContext, timestamp: int = 0) -> None:
    """Drop old index versions and go on with one that is being built, a while at a time: a sync may be waiting."""
    until = time.monotonic() + _TENDING_SECONDS
    try:
        reindex.tend(should_stop=lambda: context.should_abort() or time.monotonic() > until)
    except errors.AskpressError as error:
        logs.warning("index not tended", reason=str(error))


def defer_tending() -> None:
    """Let a worker go on with the index version that is being built."""
    with contextlib.suppress(exceptions.AlreadyEnqueued):
        tend_index.defer()


@app.periodic(cron="47 * * * *")
@app.task(name="probe_index", queue="bulk", queueing_lock="probe_index")
def probe_index(timestamp: int = 0) -> None:
    """Measure the live index when its hour has come: in each stretch of so many hours, the first."""
    if timestamp // _HOUR_SECONDS % settings.PROBE_INTERVAL_HOURS:
        return
    try:
        probe.probe(versions.live(), seed=timestamp, with_queries=settings.PROBE_QUERIES)
    except errors.AskpressError as error:
        logs.warning("index not probed", reason=str(error))


@app.periodic(cron="57 * * * *")
@app.task(name="purge_vectors", queue="bulk", queueing_lock="purge_vectors")
def purge_vectors(timestamp: int = 0) -> None:
    """Forget vectors of texts that have long been in no post."""
    try:
        kept.purge(days=settings.TOMBSTONE_DAYS)
    except errors.StoreUnavailable as error:
        logs.warning("vectors not purged", reason=str(error))


@app.periodic(cron="17 * * * *")
@app.task(name="purge_answers", queue="bulk", queueing_lock="purge_answers")
def purge_answers(timestamp: int = 0) -> None:
    """Forget how answers came about that are older than their term."""
    try:
        record.purge(days=settings.ANSWER_LOG_DAYS)
    except errors.StoreUnavailable as error:
        logs.warning("answers not purged", reason=str(error))


@app.periodic(cron="* * * * *")
@app.task(name="sweep_answers", queue=edits.QUEUE, queueing_lock="sweep_answers")
def sweep_answers(timestamp: int = 0) -> None:
    """Take answers out of Redis that rest on what has changed; nothing to do while nothing has."""
    try:
        sweeping.sweep_after_changes()
    except errors.StoreUnavailable as error:
        logs.warning("answers not swept", reason=str(error))
