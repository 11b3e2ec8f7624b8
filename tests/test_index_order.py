"""Of two who bring the same post, the one who read it later wins, whoever writes first."""

from __future__ import annotations

import datetime as dt

import pytest

from askpress.retrieval import index, versions
from tests.test_index import NOW, chunk, content, find
from tests.test_index import site_id as site_id
from tests.test_index import version as version

pytestmark = pytest.mark.usefixtures("db")

MINUTE = dt.timedelta(minutes=1)


def test_what_was_read_before_a_removal_does_not_bring_the_document_back(
    version: versions.IndexVersion, site_id: int
) -> None:
    bread = chunk("baking bread")
    index.replace(version, content(site_id, 1, bread, read_at=NOW))
    index.remove(site_id, 1, evidence="404", read_at=NOW + 2 * MINUTE)

    kind = index.replace(version, content(site_id, 1, bread, read_at=NOW + MINUTE, checksum="other"))

    assert kind == "older"
    assert find(version, site_id, "bread") == []


def test_a_removal_that_is_confirmed_later_counts_from_then(version: versions.IndexVersion, site_id: int) -> None:
    bread = chunk("baking bread")
    index.replace(version, content(site_id, 1, bread, read_at=NOW))
    index.remove(site_id, 1, evidence="404", read_at=NOW + MINUTE)
    index.remove(site_id, 1, evidence="404", read_at=NOW + 3 * MINUTE)

    assert index.replace(version, content(site_id, 1, bread, read_at=NOW + 2 * MINUTE)) == "older"


def test_a_removal_by_an_older_reading_removes_nothing(version: versions.IndexVersion, site_id: int) -> None:
    index.replace(version, content(site_id, 1, chunk("baking bread"), read_at=NOW + MINUTE))

    removed = index.remove(site_id, 1, evidence="404", read_at=NOW)

    assert not removed
    assert len(find(version, site_id, "bread")) == 1


def test_a_post_that_vanished_before_it_was_ever_held_is_not_written_late(
    version: versions.IndexVersion, site_id: int
) -> None:
    index.remember_gone(site_id, 1, type="post", evidence="404", read_at=NOW + MINUTE)

    kind = index.replace(version, content(site_id, 1, chunk("baking bread"), read_at=NOW))

    assert kind == "older"
    assert find(version, site_id, "bread") == []
