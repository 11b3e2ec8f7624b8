"""An askpress of its own for a run: stores in a temporary directory, a site, and its index by the real ingest."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from askpress import embedded
from askpress.sample import SampleSite, serve

_FOREIGN = ("ASKPRESS_", "OPENAI_", "PG", "DATABASE_URL", "REDIS_URL", "WP_URL", "API_KEY", "DJANGO_")


@contextlib.contextmanager
def over(site: SampleSite, **chosen: str) -> Iterator[None]:
    """Serve the site, ingest it with the offline model and keep Django ready for questions until the block ends.

    `chosen` are settings of the service by their names in the environment. Once in a process: Django reads its
    settings only once.
    """
    home = Path(tempfile.mkdtemp(prefix="askpress-evals-", dir="/tmp"))
    home.chmod(0o755)  # as root Postgres runs as a user who must be able to enter it
    with contextlib.ExitStack() as ending:
        ending.callback(shutil.rmtree, home, ignore_errors=True)
        served = ending.enter_context(serve(site))
        postgres = embedded.start_postgres(home, durable=False)
        ending.callback(postgres.stop)
        valkey = embedded.start_valkey(home)
        ending.callback(valkey.stop)
        _set_environment(home, database=postgres.url, redis=valkey.url, site=served.url, chosen=chosen)
        ending.callback(_let_go)
        _ingest()
        yield


def _set_environment(home: Path, *, database: str, redis: str, site: str, chosen: dict[str, str]) -> None:
    """Forget what somebody has set for a service of their own, so that a run measures the defaults."""
    for name in [name for name in os.environ if name.startswith(_FOREIGN)]:
        del os.environ[name]
    os.environ.update(
        DJANGO_SETTINGS_MODULE="askpress.settings",
        ASKPRESS_ENV_FILE=os.devnull,
        ASKPRESS_DATA_DIR=str(home / "data"),
        ASKPRESS_ALLOW_PRIVATE_ADDRESSES="1",
        DATABASE_URL=database,
        REDIS_URL=redis,
        WP_URL=site,
        **chosen,
    )


def _ingest() -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from askpress.sync import site as site_trip

    call_command("migrate", verbosity=0)
    run = site_trip.sync()
    if run.error or run.failed:
        raise SystemExit(f"The site was not ingested: {run.error or run.details}")


def _let_go() -> None:
    from django.db import connection

    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
