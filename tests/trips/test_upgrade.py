"""A newer askpress on the data of an older one."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from askpress import report
from askpress.retrieval import store, versions
from askpress.sync import reindex
from tests.trips.conftest import Service

# Of retrieval/tables.py. When this must change, so must the data of those who update: write a migration as 0008 is.
COLUMNS = {
    ("sketch", "bits", "bit(64)"),
    ("sketch", "chunk_id", "bigint"),
    ("sketch", "document_id", "bigint"),
    ("sketch", "site_id", "bigint"),
    ("term", "chunk_id", "bigint"),
    ("term", "document_id", "bigint"),
    ("term", "lexemes", "tsvector"),
    ("term", "site_id", "bigint"),
    ("term", "weights", "sparsevec"),
    ("vector", "chunk_id", "bigint"),
    ("vector", "document_id", "bigint"),
    ("vector", "embedding", "halfvec(64)"),
    ("vector", "site_id", "bigint"),
}


@pytest.fixture
def synced(service: Service) -> Service:
    """Posts of which the first slice is far shorter than the rest."""
    for number in range(12):
        words = " ".join(f"word{number}x{place}" for place in range(2 if number < 5 else 9))
        service.site.add(f"Post {number}", f"<p>{words}</p>")
    service.site.add("Locked", "<p>word99x1</p>", password="secret")
    assert service.sync().error == ""
    return service


def migrated_onto(synced: Service, *changes: str) -> None:
    """Make the database what an older askpress would have left, and bring it up to date."""
    call_command("migrate", "askpress", "0007", verbosity=0)
    with store.autocommit() as cursor:
        for change in changes:
            cursor.execute(change.encode())
    call_command("migrate", verbosity=0)


def test_an_index_version_has_the_tables_that_the_migrations_know(synced: Service) -> None:
    found = synced.rows(
        "SELECT split_part(relname, '_', 1), attname, format_type(atttypid, atttypmod)"
        " FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid"
        f" WHERE relname IN ('vector_{versions.live().id}', 'sketch_{versions.live().id}', 'term_{versions.live().id}')"
        " AND attnum > 0"
    )

    assert set(found) == COLUMNS


@pytest.mark.parametrize(
    "change",
    ["DROP TABLE sketch_{0}", "ALTER TABLE term_{0} DROP document_id", "ALTER TABLE vector_{0} DROP document_id"],
)
def test_an_index_of_another_shape_is_filled_anew_and_nothing_is_paid_twice(synced: Service, change: str) -> None:
    old, paid = versions.live(), synced.embeddings

    migrated_onto(synced, change.format(old.id))
    run = synced.sync()
    reindex.tend(should_stop=lambda: False)

    assert (run.error, run.failed, run.changed) == ("", 0, 12)
    assert synced.embeddings == paid
    assert synced.finds("word7x3")
    assert [version.id for version in versions.every()] == [versions.live().id] != [old.id]
    assert report.drift_warning(versions.live()) == ""


def test_an_index_of_today_stays(synced: Service) -> None:
    live = versions.live()

    migrated_onto(synced)

    assert versions.live() == live
    assert synced.sync().unchanged == 12
