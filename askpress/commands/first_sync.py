"""Shows how far the worker's first sync is, and tells when there is something to ask about."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.rows import dict_row
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from askpress.counted import counted

_FIRST = """
SELECT total, done, added, changed, unchanged, removed, failed, error, details, finished_at
FROM askpress_syncrun
WHERE id > %s AND kind = 'reconcile'
ORDER BY error LIKE 'broken off%%', finished_at, id DESC
LIMIT 1
"""
_LINE_SECONDS = 5.0
_LOOK_SECONDS = 0.25
_MAX_REASONS = 3
# A site that is this slow is announced before its first post is there.
_SEARCHABLE_SECONDS = 20.0
_NEWEST = """
SELECT title FROM askpress_document JOIN askpress_indexed ON document_id = askpress_document.id
WHERE chunks > 0 AND title <> '' AND gone_at IS NULL
ORDER BY published_at DESC NULLS LAST
LIMIT 1
"""


@dataclass
class FirstSync:
    """Follows the runs after `last_run` until one has ended; `tick` is called several times a second.

    The first that ends counts, whatever follows it; until then the latest: a worker that dies leaves its run
    unfinished, and the next worker begins another.
    """

    database_url: str
    last_run: int
    console: Console
    # Called once, with the title of the newest document that can be found; "" when there is none yet.
    on_searchable: Callable[[str], None]
    _begun_at: float = field(default_factory=time.monotonic)
    _announced: bool = False
    _connection: psycopg.Connection[dict[str, Any]] | None = None
    _bar: Progress | None = None
    _task: TaskID | None = None
    _looked_at: float = 0.0
    _said_at: float = 0.0
    _said: str = ""
    finished: bool = False

    def tick(self) -> None:
        """Look at the run and show what changed; a database that restarts is waited for."""
        if self.finished or time.monotonic() - self._looked_at < _LOOK_SECONDS:
            return
        self._looked_at = time.monotonic()
        try:
            run = self._run()
            self._announce(finished=bool(run and run["finished_at"]))
        except psycopg.Error:
            self._disconnect()
            return
        if run and run["finished_at"]:
            self.close()
            self.console.print(_summary(run), soft_wrap=True)
            self.finished = True
        elif run:
            self._show(run)

    def close(self) -> None:
        """Give the terminal back and let go of the database."""
        if self._bar:
            self._bar.stop()
            self._bar = None
        self._disconnect()

    def _announce(self, *, finished: bool) -> None:
        if self._announced:
            return
        row = self._connected().execute(_NEWEST).fetchone()
        if row or finished or time.monotonic() - self._begun_at > _SEARCHABLE_SECONDS:
            self._announced = True
            self.on_searchable(row["title"] if row else "")

    def _run(self) -> dict[str, Any] | None:
        return self._connected().execute(_FIRST, (self.last_run,)).fetchone()

    def _connected(self) -> psycopg.Connection[dict[str, Any]]:
        if self._connection is None:
            self._connection = psycopg.connect(
                self.database_url, autocommit=True, connect_timeout=2, row_factory=dict_row
            )
        return self._connection

    def _disconnect(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None

    def _show(self, run: dict[str, Any]) -> None:
        if self.console.is_terminal:
            self._show_bar(run)
        elif time.monotonic() - self._said_at >= _LINE_SECONDS:
            self._show_line(run)

    def _show_bar(self, run: dict[str, Any]) -> None:
        if self._bar is None:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                console=self.console,
                transient=True,
                # Its thread would be forked along when a part is started again.
                auto_refresh=False,
            )
            self._bar.start()
            self._task = self._bar.add_task("Listing posts", total=None)
        assert self._task is not None
        doing = "Listing posts" if run["total"] is None else "Ingesting posts"
        self._bar.update(self._task, description=doing, total=run["total"], completed=run["done"], refresh=True)

    def _show_line(self, run: dict[str, Any]) -> None:
        line = "Listing posts" if run["total"] is None else f"Ingested {run['done']} of {run['total']} posts"
        if line != self._said:
            self._said, self._said_at = line, time.monotonic()
            self.console.print(line)


def _summary(run: dict[str, Any]) -> str:
    counts = ("added", "new"), ("changed", "changed"), ("unchanged", "unchanged"), ("removed", "removed")
    parts = [f"{run[column]} {word}" for column, word in counts]
    lines = [f"Synced {counted(run['done'], 'post')}: {', '.join(parts)}, {run['failed']} failed."]
    for reason, posts in (run["details"] or {}).items():
        lines += _reasons(str(reason), posts)
    if run["error"]:
        lines.append(f"The sync stopped early: {run['error']}")
    return "\n".join(lines)


def _reasons(reason: str, posts: dict[str, str]) -> list[str]:
    shown = [f"  {reason}: post {post}: {text}" for post, text in list(posts.items())[:_MAX_REASONS]]
    more = len(posts) - len(shown)
    return [*shown, f"  {reason}: {more} more; `askpress status` lists them."] if more > 0 else shown
