"""An own Postgres and Valkey for a benchmark, with the settings of `askpress up`, gone when it ends."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from askpress import embedded

_FOREIGN = (
    "PYTHON",
    "ASKPRESS_",
    "OPENAI_",
    "PG",
    "DATABASE_URL",
    "REDIS_URL",
    "WP_URL",
    "API_KEY",
    "DJANGO_",
    "GUNICORN_",
)


@dataclass(frozen=True, slots=True)
class Stores:
    """Where they are, and their processes."""

    database_url: str
    redis_url: str
    postgres: int
    valkey: int


@contextlib.contextmanager
def started() -> Iterator[Stores]:
    """Start both in a new directory that the servers' own user can enter."""
    home = Path(tempfile.mkdtemp(prefix="askpress-bench-", dir="/tmp"))
    home.chmod(0o755)
    with contextlib.ExitStack() as ending:
        ending.callback(shutil.rmtree, home, ignore_errors=True)
        postgres = embedded.start_postgres(home, durable=True)
        ending.callback(postgres.stop)
        valkey = embedded.start_valkey(home)
        ending.callback(valkey.stop)
        yield Stores(postgres.url, valkey.url, postgres.child.pid, valkey.child.pid)


def environment(**given: str) -> dict[str, str]:
    """Return our environment without what somebody has set for a service of their own, and with `given`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return {
        **kept,
        "DJANGO_SETTINGS_MODULE": "askpress.settings",
        "ASKPRESS_ENV_FILE": os.devnull,
        "PYTHONUNBUFFERED": "1",
        **given,
    }
