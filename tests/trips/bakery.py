"""A bakery whose two posts are in the index: ingested once, then put back as it was for each test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from askpress.retrieval import store
from tests.conftest import empty_stores, forget_stores
from tests.fakes.openai import FakeOpenAI
from tests.fakes.wordpress import FakeWordPress
from tests.trips.service import Service, served

BREAD = "<p>Our sourdough rests overnight and costs 4.50 euros a loaf.</p><p>It is baked at six in the morning.</p>"
TEA = "<p>Green tea is brewed with water of eighty degrees, never hotter.</p>"
QUESTION = "What does a loaf of sourdough cost?"
QUOTE = "sourdough rests overnight and costs 4.50 euros a loaf"
CLAIM = {"source": 1, "quote": QUOTE, "text": "A loaf costs 4.50 euros."}
_PUBLISHED = {"date": "2026-01-01T00:00:00Z", "modified": "2026-01-01T00:00:00Z"}


def say(service: Service, *claims: dict[str, Any]) -> None:
    """Let the language model make these claims next."""
    service.openai.scripted.append({"found": bool(claims), "claims": list(claims)})


def generations(service: Service) -> int:
    return service.openai.count("/responses")


@dataclass
class Ingested:
    """The address of the site, and the tables of its index as they were when their rows were kept."""

    site: FakeWordPress
    tables: list[tuple[Any, ...]] | None = None


@pytest.fixture(scope="session")
def ingested(stores: None) -> Iterator[Ingested]:
    found = Ingested(FakeWordPress.served())
    yield found
    found.site.server.close()


@pytest.fixture
def bakery(ingested: Ingested, openai_server: FakeOpenAI) -> Iterator[Service]:
    ingested.site = ingested.site.renewed()
    with served(ingested.site, openai_server) as service:
        service.site.add("Bread", BREAD, id=1, **_PUBLISHED)
        service.site.add("Tea", TEA, id=2, **_PUBLISHED)
        # Other tests drop the tables of an index, which are made at run time.
        if ingested.tables is None or set(ingested.tables) - set(_tables()):
            empty_stores()
            service.sync()
            _run(_KEEP)
            ingested.tables = _tables()
            service.site.server.requests.clear()
        else:
            _run(_PUT_BACK)
            forget_stores()
        yield service


def _tables() -> list[tuple[Any, ...]]:
    with store.autocommit() as cursor:
        return cursor.execute(
            "SELECT oid, relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            " AND relname ~ '_[0-9]+$' ORDER BY oid"
        ).fetchall()


def _run(statements: str) -> None:
    with store.transaction() as cursor:
        cursor.execute(statements.encode())


_KEEP = r"""
DROP SCHEMA IF EXISTS kept CASCADE;
CREATE SCHEMA kept;
CREATE TABLE kept.sequences AS SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public';
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename !~ '^(django|auth)_' LOOP
        EXECUTE format('CREATE TABLE kept.%I AS TABLE public.%I', name, name);
    END LOOP;
END
$$
"""

_PUT_BACK = r"""
DO $$
DECLARE name text;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename !~ '^(django|auth)_' LOOP
        IF to_regclass(format('kept.%I', name)) IS NULL THEN
            EXECUTE format('DROP TABLE public.%I CASCADE', name);
            CONTINUE;
        END IF;
        IF pg_relation_size(format('public.%I', name)::regclass) > 0 THEN
            EXECUTE format('DELETE FROM public.%I', name);
        END IF;
        IF pg_relation_size(format('kept.%I', name)::regclass) > 0 THEN
            EXECUTE format('INSERT INTO public.%I OVERRIDING SYSTEM VALUE TABLE kept.%I', name, name);
        END IF;
    END LOOP;
    PERFORM setval(format('public.%I', sequencename)::regclass, coalesce(last_value, 1), last_value IS NOT NULL)
    FROM kept.sequences WHERE sequencename !~ '^(django|auth)_';
END
$$
"""
