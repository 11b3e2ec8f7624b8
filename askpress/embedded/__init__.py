"""Postgres and Valkey out of wheels: what `askpress up` and the tests run on when no server is given.

settings.py imports this, so it needs the standard library only.
"""

from __future__ import annotations

from askpress.embedded.lock import running
from askpress.embedded.postgres import start as start_postgres
from askpress.embedded.process import Server
from askpress.embedded.valkey import start as start_valkey

__all__ = ["Server", "running", "start_postgres", "start_valkey"]
