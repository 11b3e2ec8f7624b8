"""The step of `up` that needs Django: tables, the first API key, the site; tells `up` what it found as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from askpress.embedded import lock
from askpress.errors import StoreUnavailable

HELP = ""
KEY_FILE = "api-key"
_CONNECT_SECONDS = 10


@dataclass(frozen=True)
class Prepared:
    """What `up` needs to know before it starts the web server."""

    # A key that works.
    key: str
    site: str
    # The title of a document to ask about; "" while nothing has been ingested.
    title: str
    # The last sync run's id; the next one is ours.
    last_run: int
    warnings: tuple[str, ...]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("directory", type=Path)


def run(args: argparse.Namespace) -> int:
    from django.core.management import call_command

    _connect()
    call_command("migrate", verbosity=0, interactive=False)
    json.dump(asdict(_prepared(args.directory)), sys.stdout)
    return 0


def _connect() -> None:
    """Say why Postgres cannot be reached: the pool would only say that it took too long."""
    import psycopg
    from django.conf import settings

    try:
        psycopg.connect(settings.DATABASE_URL, connect_timeout=_CONNECT_SECONDS).close()
    except psycopg.OperationalError as error:
        reason = " ".join(str(error).split())
        raise StoreUnavailable(f"Postgres (DATABASE_URL) does not answer: {reason}") from None


def _prepared(directory: Path) -> Prepared:
    from django.conf import settings

    from askpress import tasks

    site = _site()
    found = Prepared(
        key=settings.API_KEY or _kept_key(directory / KEY_FILE),
        site=site,
        title=_newest_title(),
        last_run=_last_run(),
        warnings=_warnings(),
    )
    tasks.defer_sync()
    return found


def _site() -> str:
    """Return the address this index belongs to; another one than before is refused."""
    from django.conf import settings

    from askpress import sites

    return sites.ensure(settings.WP_URL).url


def _kept_key(path: Path) -> str:
    """Return the key kept in the data directory; a new one when it is missing, revoked or of another database."""
    from askpress import keys

    kept = path.read_text().strip() if path.exists() else ""
    if kept and keys.check(kept):
        return kept
    made = keys.create("made by askpress up")
    lock.write_private(path, f"{made}\n")
    return made


def _newest_title() -> str:
    from askpress.retrieval import store

    with store.autocommit() as cursor:
        row = cursor.execute(
            "SELECT title FROM askpress_document WHERE title <> '' ORDER BY published_at DESC NULLS LAST LIMIT 1"
        ).fetchone()
    return str(row[0]) if row else ""


def _last_run() -> int:
    from askpress.retrieval import store

    with store.autocommit() as cursor:
        row = cursor.execute("SELECT coalesce(max(id), 0) FROM askpress_syncrun").fetchone()
    return int(row[0]) if row else 0


def _warnings() -> tuple[str, ...]:
    """Return what works less well than it could."""
    import redis
    from django.conf import settings

    try:
        redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2).ping()
    except (redis.RedisError, ValueError) as error:
        return (f"Redis (REDIS_URL) does not answer ({error}): answers are not cached until it does.",)
    return ()
