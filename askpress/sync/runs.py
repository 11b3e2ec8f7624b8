"""The record of a run over a site, written as it goes: `up`, `status` and `sync` read the same rows."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import psycopg
from django.conf import settings

from askpress import errors
from askpress.retrieval import store

# Reasons are for people: the first hundred posts of a kind say enough.
_MAX_DETAILS = 100
# The error of a run whose end nobody could write down; the start of the text is known to commands/first_sync.py.
BROKEN_OFF = "broken off: its process ended or Postgres went away; the next run went on from there."
# Any numbers that no other advisory lock of this database uses.
_LOCK_CLASSES = {"reconcile": 1_095_977_810, "poll": 1_095_977_811, "sweep": 1_095_977_812, "reindex": 1_095_977_813}
KINDS = ("reconcile", "poll", "sweep")


@dataclass
class Run:
    """Counts of one run; `total` is None until the listing is complete."""

    id: int
    total: int | None = None
    done: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: int = 0
    tokens: int = 0
    reused: int = 0
    # Reason -> post id -> text.
    details: dict[str, dict[str, str]] = field(default_factory=dict)
    error: str = ""
    # Why the site is not believed, or ""; kept with the site.
    alarm: str = ""
    on_change: Callable[[Run], None] | None = None

    def note(self, reason: str, post_id: int, text: str) -> None:
        """Remember why a post was left out."""
        posts = self.details.setdefault(reason, {})
        if len(posts) < _MAX_DETAILS:
            posts[str(post_id)] = text[:500]

    def save(self, *, finished: bool = False) -> None:
        """Write the counts to the run's row and tell whoever watches."""
        with store.autocommit() as cursor:
            cursor.execute(
                "UPDATE askpress_syncrun SET total = %s, done = %s, added = %s, changed = %s, unchanged = %s,"
                " removed = %s, failed = %s, tokens = %s, reused = %s, details = %s, error = %s,"
                " finished_at = CASE WHEN %s THEN now() END WHERE id = %s",
                (self.total, self.done, self.added, self.changed, self.unchanged, self.removed, self.failed,
                 self.tokens, self.reused, json.dumps(self.details), self.error, finished, self.id),
            )  # fmt: skip
        if self.on_change:
            self.on_change(self)


def start(site_id: int, *, kind: str, on_change: Callable[[Run], None] | None = None) -> Run:
    """Open a run's row."""
    with store.autocommit() as cursor:
        cursor.execute("DELETE FROM askpress_syncrun WHERE started_at < now() - interval '30 days'")
        # Whoever begins holds the site: a row that is still open was left by a process that died, or lost Postgres.
        cursor.execute(
            "UPDATE askpress_syncrun SET finished_at = now(), error = %s"
            " WHERE site_id = %s AND kind = %s AND finished_at IS NULL",
            (BROKEN_OFF, site_id, kind),
        )
        row = cursor.execute(
            "INSERT INTO askpress_syncrun (site_id, kind, started_at, done, added, changed, unchanged, removed,"
            " failed, tokens, reused, details, error) VALUES (%s, %s, now(), 0, 0, 0, 0, 0, 0, 0, 0, '{}', '')"
            " RETURNING id",
            (site_id, kind),
        ).fetchone()
    assert row is not None
    return Run(id=row[0], on_change=on_change)


@contextlib.contextmanager
def recorded(site_id: int, *, kind: str) -> Iterator[Run]:
    """Open a run's row and finish it, with the error that ended it early if one did."""
    run = start(site_id, kind=kind)
    try:
        yield run
    except errors.AskpressError as error:
        run.error = str(error)
        raise
    finally:
        run.save(finished=True)


@contextlib.contextmanager
def alone(site_id: int, kind: str = "reconcile") -> Iterator[bool]:
    """Hold the site for one run of its kind; yields False while another of that kind holds it.

    A lock of the session, on a connection of its own: it ends with the process that holds it, `kill -9` included,
    and takes none of the pool's connections while a provider works.
    """
    with psycopg.connect(settings.DATABASE_URL, autocommit=True, application_name="askpress sync lock") as holder:
        row = holder.execute("SELECT pg_try_advisory_lock(%s, %s::int)", (_LOCK_CLASSES[kind], site_id)).fetchone()
        try:
            yield bool(row and row[0])
        finally:
            # The server notices a closed connection a little later, and the next run may begin at once.
            with contextlib.suppress(psycopg.Error):
                holder.execute("SELECT pg_advisory_unlock_all()")


def running(site_id: int, kind: str = "reconcile") -> bool:
    """Return whether a run of that kind holds the site now."""
    with store.autocommit() as cursor:
        row = cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))",
            (_LOCK_CLASSES[kind], site_id),
        ).fetchone()
    return bool(row and row[0])


def done_since(site_id: int, timestamp: int) -> bool:
    """Return whether a reconciliation of the site began at or after a moment in Unix time and came to its end."""
    with store.autocommit() as cursor:
        row = cursor.execute(
            "SELECT EXISTS (SELECT FROM askpress_syncrun WHERE site_id = %s AND kind = 'reconcile'"
            " AND started_at >= to_timestamp(%s) AND finished_at IS NOT NULL AND error = '')",
            (site_id, timestamp),
        ).fetchone()
    return bool(row and row[0])
