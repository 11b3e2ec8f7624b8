"""Registers the app and its system checks."""

from __future__ import annotations

import atexit

from django.apps import AppConfig
from django.conf import settings
from django.db import connections


class AskpressConfig(AppConfig):
    name = "askpress"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from askpress import checks  # noqa: F401  registers them

        atexit.register(_close_pool)


def _close_pool() -> None:
    """End the threads of Django's pool: from Python 3.13 on each would hold up the end of the process for 5 seconds."""
    if settings.DATABASE_URL:
        connections["default"].close_pool()  # type: ignore[attr-defined]  # only Postgres has one
