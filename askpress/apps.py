"""Registers the app and its system checks."""

from __future__ import annotations

from django.apps import AppConfig


class AskpressConfig(AppConfig):
    name = "askpress"
    default_auto_field = "django.db.models.BigAutoField"
