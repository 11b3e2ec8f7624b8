"""Adds, changes and removes sites, with whatever must stand still meanwhile."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.db import models as orm

from askpress import errors, sites
from askpress.models import Document, Site
from askpress.retrieval import lately, store
from askpress.sync import runs

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
# Documents taken out in one statement: their vectors leave an HNSW index one by one.
_PIECE = 500


def add(url: str, *, name: str = "") -> sites.Site:
    """Make a site and return it; raises UsageError for an address or a name that another one has.

    Where WP_URL names a site that is not here yet, that one is made first: it stays the first.
    """
    if settings.WP_URL:
        with contextlib.suppress(errors.UsageError):
            sites.ensure(settings.WP_URL)
    url = sites.normalised(url)
    name = _checked_name(name or sites.short_name(url))
    with store.transaction() as cursor:
        cursor.execute("LOCK TABLE askpress_site IN SHARE ROW EXCLUSIVE MODE")
        _refuse_taken(cursor, url=url, name=name)
        sites.insert(cursor, url, name)
    lately.forget()
    return sites.named(name)


def change(site: sites.Site, changes: Mapping[str, Any]) -> sites.Site:
    """Set columns of the site's row and return it; raises UsageError for an address or a name that another one has.

    After a change of address the next reconciliation compares every post's.
    """
    values = dict(changes)
    if "url" in values:
        values |= {"url": sites.normalised(values["url"]), "api_root": ""}
    if "name" in values:
        _checked_name(values["name"])
    columns = ", ".join(f"{column} = %({column})s" for column in values)
    with store.transaction() as cursor:
        cursor.execute("LOCK TABLE askpress_site IN SHARE ROW EXCLUSIVE MODE")
        _refuse_taken(cursor, url=values.get("url", ""), name=values.get("name", ""), but=site.id)
        cursor.execute(f"UPDATE askpress_site SET {columns} WHERE id = %(id)s", {**values, "id": site.id})  # noqa: S608
    lately.forget()
    changed = sites.by_id(site.id)
    if changed is None:
        raise errors.UsageError(f"{site.name} was removed meanwhile.")
    return changed


def remove(site: sites.Site) -> int:
    """Forget the site, its documents and all that is kept for it; return how many documents there were.

    Its cached answers die with its documents. Raises UsageError while it is being synced. Vectors stay: they are
    known by their texts, and another site may hold the same ones.
    """
    with _standing_still(site):
        removed = 0
        while piece := _remove_documents(site.id):
            removed += piece
        with store.transaction() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("DELETE FROM procrastinate_jobs WHERE status = 'todo' AND args @> %s", (_of_site(site.id),))
            cursor.execute(
                "UPDATE askpress_apikey SET sites = array_remove(sites, %s) WHERE sites IS NOT NULL", (site.id,)
            )
            for statement in _deletions(Site, f"id = {int(site.id)}"):
                cursor.execute(statement.encode())
    lately.forget()
    return removed


def _of_site(site_id: int) -> str:
    return f'{{"site_id": {int(site_id)}}}'


def _remove_documents(site_id: int) -> int:
    """Delete some of the site's documents with all that hangs on them; return how many."""
    some = f"id IN (SELECT id FROM askpress_document WHERE site_id = {int(site_id)} ORDER BY id LIMIT {_PIECE})"  # noqa: S608
    with store.transaction() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        for statement in _deletions(Document, some):
            cursor.execute(statement.encode())
        return cursor.rowcount


def _deletions(model: type[orm.Model], condition: str) -> Iterator[str]:
    """Yield the statements that delete rows of a table and, before them, whatever refers to them."""
    table = model._meta.db_table
    for relation in model._meta.related_objects:
        column = relation.field.column
        yield from _deletions(
            relation.related_model,
            f"{column} IN (SELECT id FROM {table} WHERE {condition})",  # noqa: S608
        )
    yield f"DELETE FROM {table} WHERE {condition}"  # noqa: S608


@contextlib.contextmanager
def _standing_still(site: sites.Site) -> Iterator[None]:
    """Hold every kind of run of the site; raises UsageError while one is going on."""
    with contextlib.ExitStack() as held:
        for kind in runs.KINDS:
            if not held.enter_context(runs.alone(site.id, kind)):
                raise errors.UsageError(
                    f"a {kind} of {site.name} is going on: wait for its end, or stop the worker, and try again."
                )
        yield


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise errors.UsageError(f"{name!r} is no short name: use lower-case letters, digits and hyphens, at most 60.")
    return name


def _refuse_taken(cursor: store.Cursor, *, url: str, name: str, but: int = 0) -> None:
    row = cursor.execute(
        "SELECT name, url FROM askpress_site WHERE (url = %s OR name = %s) AND id <> %s", (url, name, but)
    ).fetchone()
    if row:
        raise errors.UsageError(f"the site {row[0]} at {row[1]} is here already; `askpress sites list` shows all.")
