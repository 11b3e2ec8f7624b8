"""The sites we answer for: which there are, and what is known of each. Adding and removing is sync/roster.py's."""

from __future__ import annotations

import dataclasses
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings

from askpress import errors
from askpress.retrieval import store
from askpress.wordpress import client, discovery

POLLING, WEBHOOK = "polling", "webhook"


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
    mode: str = POLLING
    polled_at: datetime | None = None
    # How old what a search finds may be; None: what mode and intervals promise.
    freshness_seconds: int | None = None
    # None: ASKPRESS_POST_TYPES.
    post_types: list[str] | None = None
    # "": nothing tells.
    noindex_source: str = ""
    language_source: str = ""
    wordpress_user: str = ""
    # Not in any text that somebody prints by mistake.
    wordpress_password: str = field(default="", repr=False)
    # None: ASKPRESS_ANSWER_CACHE_SECONDS, ASKPRESS_DAILY_BUDGET_USD.
    answer_cache_seconds: int | None = None
    daily_budget_usd: float | None = None


_COLUMNS = ", ".join(column.name for column in dataclasses.fields(Site))
_SELECT = f"SELECT {_COLUMNS} FROM askpress_site"  # noqa: S608
_NO_SITE = "No site has been ingested yet: set WP_URL and run `askpress sync`."


def every() -> tuple[Site, ...]:
    """Return all sites, the first one first; raises NoLiveIndex when there is none yet."""
    with store.autocommit() as cursor:
        found = tuple(Site(*row) for row in cursor.execute(_SELECT + " ORDER BY id", prepare=True))
    if not found:
        raise errors.NoLiveIndex(_NO_SITE)
    return found


def first() -> Site:
    """Return the first site; raises NoLiveIndex when there is none yet."""
    return every()[0]


def named(name: str) -> Site:
    """Return the site with the short name, "" for the first; raises UsageError for a name that no site has."""
    known = every()
    for site in known:
        if name in ("", site.name):
            return site
    raise errors.UsageError(f"no site has the name {name!r}; there are {', '.join(site.name for site in known)}.")


def by_id(site_id: int) -> Site | None:
    """Return the site with the number, None when it was removed."""
    with store.autocommit() as cursor:
        row = cursor.execute(_SELECT + " WHERE id = %s", (site_id,), prepare=True).fetchone()
    return Site(*row) if row else None


def ensure(url: str) -> Site:
    """Return the site at `url`; when there is no site at all it is made.

    Raises UsageError with the words to use when there are sites and none is at `url`: to be asked for a site that
    nobody added is more often a mistake than a wish.
    """
    url = normalised(url)
    with store.transaction() as cursor:
        cursor.execute("LOCK TABLE askpress_site IN SHARE ROW EXCLUSIVE MODE")
        if not cursor.execute("SELECT 1 FROM askpress_site LIMIT 1").fetchone():
            insert(cursor, url, short_name(url))
    return _among(every(), url)


def at(url: str) -> Site:
    """Return the site at `url` without making it, with the id 0 before its first sync; another site is refused."""
    url = normalised(url)
    try:
        return _among(every(), url)
    except errors.NoLiveIndex:
        return Site(0, short_name(url), url, "", "", uuid.UUID(int=0), 0, None, "")


def _among(known: tuple[Site, ...], url: str) -> Site:
    for site in known:
        if site.url == url:
            return site
    raise errors.UsageError(
        f"this index belongs to {', '.join(site.url for site in known)}, not to {url}: to answer for both, "
        f"`askpress sites add {url}`; if the site has moved, `askpress sites set {known[0].name} --url {url}`; "
        "else use another data directory (`askpress up URL --data DIR`) or `askpress reset` first."
    )


def insert(cursor: store.Cursor, url: str, name: str) -> None:
    """Make a row; the caller has made sure that nobody else does."""
    cursor.execute(
        "INSERT INTO askpress_site (name, url, api_root, title, language, instance, corpus_version, alarm, created_at)"
        " VALUES (%s, %s, '', '', '', %s, 0, '', now())",
        (name, url, uuid.uuid4()),
    )


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


def sources(site_id: int, *, noindex: str, language: str) -> None:
    """Keep what tells which of the site's posts are noindex, and in which language they are; "" changes nothing."""
    with store.autocommit() as cursor:
        cursor.execute(
            "UPDATE askpress_site SET noindex_source = coalesce(nullif(%s, ''), noindex_source),"
            " language_source = coalesce(nullif(%s, ''), language_source) WHERE id = %s",
            (noindex, language, site_id),
        )


def forget_sources(site_id: int) -> None:
    """Forget them, before the whole site is read."""
    with store.autocommit() as cursor:
        cursor.execute("UPDATE askpress_site SET noindex_source = '', language_source = '' WHERE id = %s", (site_id,))


def reconciled(site_id: int, *, at: datetime) -> None:
    """Record a complete, believed comparison."""
    with store.autocommit() as cursor:
        cursor.execute("UPDATE askpress_site SET reconciled_at = %s, alarm = '' WHERE id = %s", (at, site_id))


def raise_alarm(site_id: int, alarm: str) -> None:
    """Record why the last listing was not believed; the next believed one clears it."""
    with store.autocommit() as cursor:
        cursor.execute("UPDATE askpress_site SET alarm = %s WHERE id = %s", (alarm, site_id))


def reader(site: Site, *, timeout_seconds: float, sleep: Callable[[float], None] = time.sleep) -> client.WordPress:
    """Return a client that reads the site with its login and the settings' limits."""
    user, password = login(site)
    return client.WordPress(
        site.url,
        user=user,
        password=password,
        timeout_seconds=timeout_seconds,
        max_bytes=settings.WORDPRESS_MAX_BYTES,
        allow_private=settings.ALLOW_PRIVATE_ADDRESSES,
        sleep=sleep,
    )


def login(site: Site) -> tuple[str, str]:
    """Return the site's own login, or the settings' for the site of WP_URL: no other site is to see that one."""
    if site.wordpress_user:
        return site.wordpress_user, site.wordpress_password
    if settings.WP_URL and normalised(settings.WP_URL) == site.url:
        return settings.WORDPRESS_USER, settings.WORDPRESS_PASSWORD
    return "", ""


def normalised(url: str) -> str:
    """Return the address with a scheme, without what lies behind it; raises UsageError for what is none."""
    return discovery.normalised(url)


def short_name(url: str) -> str:
    """Return a name for the site out of its host and path."""
    parts = urlsplit(url)
    return re.sub(r"[^a-z0-9]+", "-", f"{parts.hostname}{parts.path}".lower()).strip("-")[:60]
