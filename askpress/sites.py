"""The sites we answer for."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from askpress import errors
from askpress.retrieval import store


@dataclass(frozen=True, slots=True)
class Site:
    """A row of the table of the same name."""

    id: int
    name: str
    url: str
    title: str
    language: str
    instance: uuid.UUID
    corpus_version: int
    reconciled_at: datetime | None
    alarm: str


_SELECT = "SELECT id, name, url, title, language, instance, corpus_version, reconciled_at, alarm FROM askpress_site"
_NO_SITE = "No site has been ingested yet: set WP_URL and run `askpress sync`."


def first() -> Site:
    """Return the first site; raises NoLiveIndex when there is none yet."""
    with store.autocommit() as cursor:
        row = cursor.execute(_SELECT + " ORDER BY id LIMIT 1", prepare=True).fetchone()
    if row is None:
        raise errors.NoLiveIndex(_NO_SITE)
    return Site(*row)


def ensure(url: str) -> Site:
    """Return the site at `url`, made when it is not known; another site than the first is refused.

    Raises UsageError with the words to use instead: two sites in one index would answer for each other.
    """
    url = normalised(url)
    with store.transaction() as cursor:
        cursor.execute("LOCK TABLE askpress_site IN SHARE ROW EXCLUSIVE MODE")
        row = cursor.execute(_SELECT + " ORDER BY id LIMIT 1").fetchone()
        if row is not None:
            _refuse_another(row[2], url)
        else:
            cursor.execute(
                "INSERT INTO askpress_site (name, url, api_root, title, language, instance, corpus_version, alarm,"
                " created_at) VALUES (%s, %s, '', '', '', %s, 0, '', now())",
                (short_name(url), url, uuid.uuid4()),
            )
    return first()


def at(url: str) -> Site:
    """Return the site at `url` without making it, with the id 0 before its first sync; another site is refused."""
    url = normalised(url)
    try:
        site = first()
    except errors.NoLiveIndex:
        return Site(0, short_name(url), url, "", "", uuid.UUID(int=0), 0, None, "")
    _refuse_another(site.url, url)
    return site


def _refuse_another(known: str, url: str) -> None:
    if known != url:
        raise errors.UsageError(
            f"this index belongs to {known}, not to {url}: "
            "use another data directory (`askpress up URL --data DIR`) or `askpress reset` first."
        )


def names() -> dict[int, str]:
    """Return the short name of each site by its number; raises NoLiveIndex when there is none yet."""
    with store.autocommit() as cursor:
        found = dict(cursor.execute("SELECT id, name FROM askpress_site ORDER BY id", prepare=True))
    if not found:
        raise errors.NoLiveIndex(_NO_SITE)
    return found


def corpus_version(site_id: int) -> int:
    """Return the number that rises with every change of the site's index."""
    with store.autocommit() as cursor:
        row = cursor.execute(
            "SELECT corpus_version FROM askpress_site WHERE id = %s", (site_id,), prepare=True
        ).fetchone()
    return row[0] if row else 0


def describe(site_id: int, *, api_root: str, title: str, language: str) -> None:
    """Keep what the site says of itself."""
    with store.autocommit() as cursor:
        cursor.execute(
            "UPDATE askpress_site SET api_root = %s, title = %s, language = %s WHERE id = %s",
            (api_root, title, language, site_id),
        )


def reconciled(site_id: int, *, at: datetime) -> None:
    """Record a complete, believed comparison."""
    with store.autocommit() as cursor:
        cursor.execute("UPDATE askpress_site SET reconciled_at = %s, alarm = '' WHERE id = %s", (at, site_id))


def raise_alarm(site_id: int, alarm: str) -> None:
    """Record why the last listing was not believed; the next believed one clears it."""
    with store.autocommit() as cursor:
        cursor.execute("UPDATE askpress_site SET alarm = %s WHERE id = %s", (alarm, site_id))


def normalised(url: str) -> str:
    """Return the address with a scheme and without a trailing slash; raises UsageError for what is none."""
    candidate = url.strip() if "://" in url else f"https://{url.strip()}"
    parts = urlsplit(candidate)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise errors.UsageError(f"{url!r} is not a site's address: write it like https://example.org")
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")


def short_name(url: str) -> str:
    """Return a name for the site out of its host and path."""
    parts = urlsplit(url)
    return re.sub(r"[^a-z0-9]+", "-", f"{parts.hostname}{parts.path}".lower()).strip("-")[:60]
