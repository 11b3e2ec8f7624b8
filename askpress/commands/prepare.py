"""The step of `up` that needs Django: tables, the site, the first API key; tells `up` what it found as JSON."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from dataclasses import asdict
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from askpress import checks, keys, redis_client, report, sites
from askpress.commands.welcome import KEY_FILE, Prepared
from askpress.embedded import lock
from askpress.errors import NoLiveIndex, UsageError
from askpress.retrieval import store, versions
from askpress.sync import roster
from askpress.sync import site as site_trip
from askpress.wordpress import discovery

HELP = ""
NEEDS_DATABASE = False  # it makes the tables


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("directory", type=Path)


def run(args: argparse.Namespace) -> int:
    store.prove()
    call_command("migrate", verbosity=0, interactive=False)
    prepared = Prepared(
        site=_site(args.directory),
        key=settings.API_KEY or _kept_key(args.directory / KEY_FILE),
        last_run=_last_run(),
        warnings=_warnings(),
    )
    json.dump(asdict(prepared), sys.stdout)
    return 0


def _kept_key(path: Path) -> str:
    """Return the key kept in the data directory; a new one when it is missing, revoked or of another database."""
    kept = path.read_text().strip() if path.exists() else ""
    if kept and keys.check(kept):
        return kept
    made = keys.create("made by askpress up")
    lock.write_private(path, f"{made}\n")
    return made


def _site(directory: Path) -> str:
    """Make the site's row and its index, so that a search answers before the first post is there."""
    _correct_address()
    try:
        site = sites.ensure(settings.WP_URL)
    except UsageError:
        url, held = sites.normalised(settings.WP_URL), sites.first()
        raise UsageError(
            f"{directory} belongs to {held.url}, not to {url}. Give each its own: `askpress up {url} --data DIR`. "
            f"If the site has moved: `askpress sites set {held.name} --url {url}` while it runs with the old address. "
            f"To answer for both here: `askpress sites add {url}` while it runs. "
            f"Or forget the old one first: `askpress reset --data {directory}`."
        ) from None
    versions.live_or_new(site_trip.configured_recipe(), kind=settings.VECTOR_INDEX)
    return site.url


def _correct_address() -> None:
    """Let another address take the place of one that was never read: it was misspelt, and nothing would be lost.

    One that was read gives way to the same address with https or `www.`, in the site's own name.
    """
    with contextlib.suppress(NoLiveIndex):
        known = sites.every()
        url = sites.normalised(settings.WP_URL)
        same = [site for site in known if discovery.is_same(site.url, url)]
        if len(known) == 1 and known[0].url != url and not report.was_read(known[0]):
            roster.change(known[0], {"url": url, "name": sites.short_name(url)})
        elif same and url not in [site.url for site in known]:
            roster.change(same[0], {"url": url})


def _last_run() -> int:
    with store.autocommit() as cursor:
        row = cursor.execute("SELECT coalesce(max(id), 0) FROM askpress_syncrun").fetchone()
    return int(row[0]) if row else 0


def _warnings() -> list[str]:
    """Return what works less well than it could, a sentence each."""
    recipe = report.recipe_warning()
    away = "" if redis_client.reachable() else "Redis (REDIS_URL) does not answer: nothing is cached until it does."
    misspelt = [f"{found.msg} {found.hint}" for found in checks.names(None)]
    return [f"Warning: {sentence}" for sentence in (*misspelt, recipe, away) if sentence]
