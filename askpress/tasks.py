"""One thin task for each job, and the schedule."""

from __future__ import annotations

from django.conf import settings
from procrastinate import JobContext, exceptions
from procrastinate.contrib.django import app
from procrastinate.jobs import Status

from askpress import errors, logs
from askpress.sync import site as site_trip

# A worker writes a heartbeat every 10 s; one that missed three is dead.
_LOST_SECONDS = 30


def cron(seconds: int) -> str:
    """Return the cron expression nearest to a run every `seconds`."""
    if seconds < 60:
        return f"* * * * * */{seconds}"
    if seconds < 3600:
        return f"*/{seconds // 60} * * * *"
    return f"0 */{min(23, seconds // 3600)} * * *" if seconds < 86_400 else "0 3 * * *"


@app.periodic(cron=cron(settings.SYNC_INTERVAL_SECONDS))
@app.task(name="sync_site", queue="bulk", queueing_lock="sync_site", pass_context=True)
def sync_site(context: JobContext, timestamp: int = 0) -> None:
    """Reconcile the site. What holds two runs apart is a lock in Postgres, not the queue."""
    if not settings.WP_URL:
        logs.info("sync skipped", reason="WP_URL is not set")
        return
    try:
        site_trip.sync(should_stop=context.should_abort)
    except errors.AskpressError as error:
        # The schedule is the retry; an exception here would only leave a failed job behind.
        logs.warning("sync failed", reason=str(error))


@app.periodic(cron="* * * * *")
@app.task(name="take_up_lost_jobs", queue="live", queueing_lock="take_up_lost_jobs")
async def take_up_lost_jobs(timestamp: int = 0) -> None:
    """End the jobs of workers that died: what they were about is done again by the next run of the same task."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=_LOST_SECONDS):
        logs.warning("job of a lost worker ended", task=job.task_name, job=job.id)
        await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)


def defer_sync() -> bool:
    """Queue a sync; False when one waits already."""
    try:
        sync_site.defer()
    except exceptions.AlreadyEnqueued:
        return False
    return True
