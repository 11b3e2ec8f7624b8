"""Registers the app and its system checks."""

from __future__ import annotations

from django.apps import AppConfig


class AskpressConfig(AppConfig):
    name = "askpress"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from askpress import checks  # noqa: F401  registers them
