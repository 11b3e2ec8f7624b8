"""Live edits that wait for a worker: one job a post at most, in Postgres before anybody is told that it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg.types.json import Jsonb

from askpress.retrieval import store

TASK = "sync_post"
QUEUE = "live"
# One statement, so that a second word of the same post is no error that a transaction would die of. Of two, the one
# with fewer failed tries is the newer word; both moments are to be reached, and neither puts the other off.
_QUEUE = """
INSERT INTO procrastinate_jobs AS waiting (queue_name, task_name, lock, queueing_lock, args, scheduled_at)
VALUES (%(queue)s, %(task)s, %(lock)s, %(lock)s, %(args)s, now() + make_interval(secs => nullif(%(delay)s::float, 0)))
ON CONFLICT (queueing_lock) WHERE status = 'todo'
DO UPDATE SET
    scheduled_at = CASE
        WHEN waiting.scheduled_at IS NULL OR excluded.scheduled_at IS NULL THEN NULL
        ELSE least(waiting.scheduled_at, excluded.scheduled_at)
    END,
    args = CASE
        WHEN (excluded.args->>'tries')::int <= (waiting.args->>'tries')::int THEN waiting.args || excluded.args
        ELSE excluded.args || waiting.args
    END || jsonb_build_object('modified_gmt', greatest(waiting.args->>'modified_gmt', excluded.args->>'modified_gmt'))
RETURNING id, xmax <> 0
"""

_PUT_OFF = """
UPDATE procrastinate_jobs
SET scheduled_at = now() + make_interval(secs => %(delay)s)
WHERE task_name = %(task)s AND status = 'todo' AND args @> %(of_site)s AND NOT args @> %(but)s
  AND coalesce(scheduled_at, now()) < now() + make_interval(secs => %(delay)s)
"""


@dataclass(frozen=True, slots=True)
class Edit:
    """Word of an edit that is to be followed up."""

    site_id: int
    post_id: int
    # As the site calls it; "" when it did not say.
    type: str = ""
    # An older post than this comes out of a cache; None when the word had no date.
    modified_at: datetime | None = None
    # The site says nobody can see it any more.
    deleted: bool = False
    # How often following it up has failed.
    tries: int = 0

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of its job; moments in a form whose texts sort as they do."""
        moment = self.modified_at.astimezone(UTC).isoformat(timespec="seconds") if self.modified_at else ""
        return {
            "site_id": self.site_id,
            "post_id": self.post_id,
            "type": self.type,
            "modified_gmt": moment,
            "deleted": self.deleted,
            "tries": self.tries,
        }


@dataclass(frozen=True, slots=True)
class Queued:
    """The job that will follow an edit up."""

    job: int
    # It waited already.
    duplicate: bool


def of(arguments: dict[str, Any]) -> Edit:
    """Return the edit of a job."""
    rest = {name: value for name, value in arguments.items() if name != "modified_gmt"}
    moment = str(arguments["modified_gmt"])
    return Edit(**rest, modified_at=datetime.fromisoformat(moment) if moment else None)


def queue(edit: Edit, *, delay_seconds: float = 0) -> Queued:
    """Store the edit's job, or hurry the one that waits for the same post; raises StoreUnavailable."""
    lock = f"post {edit.site_id} {edit.post_id}"
    values = {"queue": QUEUE, "task": TASK, "lock": lock, "args": Jsonb(edit.arguments), "delay": delay_seconds}
    with store.autocommit() as cursor:
        row = cursor.execute(_QUEUE, values).fetchone()
    assert row is not None
    return Queued(job=row[0], duplicate=row[1])


def put_off_others(edit: Edit, *, delay_seconds: float) -> None:
    """Let no edit of the site's other posts be followed up before so many seconds are over; raises StoreUnavailable."""
    values = {
        "task": TASK,
        "of_site": Jsonb({"site_id": edit.site_id}),
        "but": Jsonb({"post_id": edit.post_id}),
        "delay": float(delay_seconds),
    }
    with store.autocommit() as cursor:
        cursor.execute(_PUT_OFF, values)
