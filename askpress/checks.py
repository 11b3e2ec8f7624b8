"""What must hold before serving, as Django system checks with ids and hints; `askpress check` runs them all."""

from __future__ import annotations

import difflib
import ipaddress
import os
from typing import Any

from django.conf import settings
from django.core import checks

from askpress.providers import prices

# Below this, known buffer overflows and index corruption in vacuum; harmless only where no stranger connects.
_PGVECTOR = (0, 8, 6)
_POSTGRES = 160_000


@checks.register
def hosts(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    if "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        checks.Warning(
            "ALLOWED_HOSTS is *: any Host header is accepted.",
            hint="Name your hosts: ALLOWED_HOSTS=search.example.org,localhost",
            id="askpress.W001",
        )
    ]


@checks.register
def api_key(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    if not settings.API_KEY or len(settings.API_KEY) >= 16:
        return []
    return [
        checks.Warning(
            "API_KEY is shorter than 16 characters and can be guessed.",
            hint="Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'",
            id="askpress.W002",
        )
    ]


@checks.register
def provider_key(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    found: list[checks.CheckMessage] = []
    for name, provider, url, key in (
        ("EMBEDDING", settings.EMBEDDING_PROVIDER, settings.EMBEDDING_BASE_URL, settings.EMBEDDING_API_KEY),
        ("LANGUAGE", settings.LANGUAGE_PROVIDER, settings.LANGUAGE_BASE_URL, settings.LANGUAGE_API_KEY),
    ):
        if provider == "openai" and not key and "api.openai.com" in url:
            found.append(
                checks.Error(
                    f"ASKPRESS_{name}_PROVIDER is openai, but there is no key for it.",
                    hint=f"Set OPENAI_API_KEY or ASKPRESS_{name}_API_KEY, or choose the offline provider.",
                    id=f"askpress.E00{1 if name == 'EMBEDDING' else 2}",
                )
            )
    return found


@checks.register
def site(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    if settings.WP_URL:
        return []
    return [
        checks.Warning(
            "WP_URL is not set: nothing is ingested but the sites of `askpress sites add`.",
            hint="Set WP_URL=https://example.org, or start with `askpress up URL`.",
            id="askpress.W003",
        )
    ]


@checks.register
def names(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Warn of settings that nobody reads: misspelt ones change nothing, and say nothing."""
    known = settings.NAMES
    return [
        checks.Warning(
            f"{name} is set, and there is no such setting.",
            hint=f"Did you mean {near[0]}?" if (near := difflib.get_close_matches(name, known, 1)) else "Take it out.",
            id="askpress.W009",
        )
        for name in sorted(os.environ)
        if name.startswith("ASKPRESS_") and name not in known
    ]


@checks.register
def budget(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Warn of prices nobody knows where a budget counts on them."""
    if settings.DAILY_BUDGET_USD is None:
        return []
    writing = {settings.LANGUAGE_MODEL, settings.SMALL_LANGUAGE_MODEL} - {""}
    found = [
        _unknown_price(model, "its answers count as if it were the dearest model known")
        for model in sorted(writing)
        if settings.LANGUAGE_PROVIDER == "openai" and not prices.is_known(model)
    ]
    if settings.EMBEDDING_PROVIDER == "openai" and prices.embedding_price(settings.EMBEDDING_MODEL) is None:
        found.append(_unknown_price(settings.EMBEDDING_MODEL, "its embeddings count as nothing"))
    return found


def _unknown_price(model: str, meaning: str) -> checks.CheckMessage:
    return checks.Warning(
        f"ASKPRESS_DAILY_BUDGET_USD is set, but the price of {model} is not known: {meaning}.",
        hint="Choose a model whose price is known, or set the budget with that in mind.",
        id="askpress.W005",
    )


def stores() -> list[checks.CheckMessage]:
    """Check the running Postgres; raises StoreUnavailable."""
    from askpress.retrieval import store  # needs Django set up, which is what loads this module

    with store.autocommit() as cursor:
        row = cursor.execute(
            "SELECT current_setting('server_version_num')::int,"
            " (SELECT extversion FROM pg_extension WHERE extname = 'vector')"
        ).fetchone()
    assert row is not None
    return [*_postgres(row[0]), *_pgvector(row[1] or "")]


def _postgres(version: int) -> list[checks.CheckMessage]:
    if version >= _POSTGRES:
        return []
    return [
        checks.Error(f"Postgres {version // 10_000} is too old.", hint="Use Postgres 16 or later.", id="askpress.E003")
    ]


def _pgvector(version: str) -> list[checks.CheckMessage]:
    numbers = tuple(int(part) for part in version.split(".") if part.isdigit())
    if not version:
        return [
            checks.Error(
                "the extension vector is not installed in the database.",
                hint="Run `python manage.py migrate` as a user who may create extensions.",
                id="askpress.E004",
            )
        ]
    if numbers >= _PGVECTOR or on_this_machine(settings.DATABASES["default"]["HOST"]):
        return []
    return [
        checks.Warning(
            f"pgvector {version} has known memory errors that 0.8.6 mended.",
            hint="Update the extension: ALTER EXTENSION vector UPDATE, after updating the package or image.",
            id="askpress.W004",
        )
    ]


def on_this_machine(host: str) -> bool:
    """True for a socket's directory, localhost and loopback addresses."""
    if not host or host.startswith((os.sep, "@")) or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
