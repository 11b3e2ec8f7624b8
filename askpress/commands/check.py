"""`askpress check`: is everything in order to serve, and if not, what to do."""

from __future__ import annotations

import argparse
import json

from django.core import checks as django_checks

from askpress import checks, errors, redis_client, report
from askpress.retrieval import retriever, store
from askpress.sync import site as site_trip

NEEDS_DATABASE = False  # whether it is there is for this to say
HELP = "look for what is wrong with settings, stores, site and models"
_NO_TABLES = ("askpress.E005", "askpress.E006")
EPILOG = "Exit status: 0 when requests can be served (warnings allowed), 1 otherwise."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--offline", action="store_true", help="do not contact the site or the providers")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    stores = _stores()
    # Without tables nobody knows which site and which model it is about.
    outside = [] if args.offline or any(message.id in _NO_TABLES for message in stores) else _outside()
    found = [*django_checks.run_checks(), *stores, *outside]
    problems = [_problem(message) for message in found if message.level >= django_checks.WARNING]
    bad = any(problem["level"] == "error" for problem in problems)
    if args.json:
        print(json.dumps({"ok": not bad, "problems": problems}))
        return int(bad)
    for problem in problems:
        print(f"{problem['level']}: {problem['message']} ({problem['id']})\n    {problem['hint']}")
    print("Not ready to serve." if bad else "Ready to serve.")
    return int(bad)


def _problem(message: django_checks.CheckMessage) -> dict[str, str]:
    level = "error" if message.level >= django_checks.ERROR else "warning"
    return {"level": level, "message": message.msg, "hint": message.hint or "", "id": message.id or ""}


def _stores() -> list[django_checks.CheckMessage]:
    found: list[django_checks.CheckMessage] = []
    try:
        store.prove()
        report.require_tables()
        found += checks.stores()
        warning = report.recipe_warning()
    except errors.NotMigrated as error:
        return [django_checks.Error(str(error), hint="As a user who may create extensions.", id="askpress.E006")]
    except (errors.StoreUnavailable, errors.SettingsError) as error:
        return [django_checks.Error(str(error), hint="Check DATABASE_URL.", id="askpress.E005")]
    if warning:
        found.append(django_checks.Warning(warning, hint="Nothing breaks meanwhile.", id="askpress.W008"))
    if not redis_client.reachable():
        found.append(
            django_checks.Warning(
                "Redis does not answer: nothing is cached, limits count per process.",
                hint="Check REDIS_URL.",
                id="askpress.W006",
            )
        )
    return found


def _outside() -> list[django_checks.CheckMessage]:
    found: list[django_checks.CheckMessage] = []
    try:
        with site_trip.wordpress(site_trip.default_to_read()) as wordpress:
            wordpress.prove_credentials()
            wordpress.discover()
    except errors.UsageError as error:
        found.append(django_checks.Warning(str(error), hint="Check WP_URL.", id="askpress.W007"))
    except errors.WordPressError as error:
        found.append(django_checks.Error(str(error), hint="Check WP_URL.", id="askpress.E007"))
    try:
        version, _ = site_trip.means_to_read()
        retriever.embedding_model(version.recipe).embed(["ping"])
    except errors.StoreUnavailable:
        pass
    except (errors.ProviderError, errors.SettingsError) as error:
        found.append(django_checks.Error(str(error), hint="The index needs its embedding model.", id="askpress.E008"))
    return found
