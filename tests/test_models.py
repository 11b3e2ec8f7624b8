"""The tables and their migrations agree."""

from __future__ import annotations

import io

from django.core.management import call_command


def test_the_migrations_make_the_tables_that_the_models_describe(stores: None) -> None:
    said = io.StringIO()
    call_command("makemigrations", "askpress", check=True, dry_run=True, stdout=said)
    assert "No changes" in said.getvalue()
