"""What was paid for is kept while it is in use, and for some days more; a text that is nowhere leaves no vector."""

from __future__ import annotations

import pytest

from askpress import upkeep
from askpress.retrieval import kept
from tests.trips.conftest import Service
from tests.trips.test_poll import BREAD, LONG_AGO, TEA

DAYS = 7


@pytest.fixture
def bread_only(service: Service) -> Service:
    """A service that held tea too, until a moment ago."""
    service.site.add("Bread", BREAD, modified=LONG_AGO)
    service.site.add("Tea", TEA, modified=LONG_AGO)
    service.sync()
    service.site.set_status(2, "draft")
    service.sync()
    kept.purge(days=DAYS)
    return service


def pass_days(service: Service, days: float) -> None:
    moment = f"unused_since - interval '{days} days'"
    service.rows(f"UPDATE askpress_embedding SET unused_since = {moment} RETURNING 1")


def vectors(service: Service) -> int:
    return int(service.rows("SELECT count(*) FROM askpress_embedding")[0][0])


def test_a_vector_that_no_text_has_goes_after_the_grace_period_and_no_sooner(bread_only: Service) -> None:
    pass_days(bread_only, DAYS - 1)
    early = kept.purge(days=DAYS)
    pass_days(bread_only, 1.1)

    upkeep.purge_vectors()

    assert (early, vectors(bread_only)) == (0, 1)
    assert bread_only.sync(force=True).tokens == 0


def test_a_post_that_comes_back_in_time_pays_nothing_and_keeps_its_vector(bread_only: Service) -> None:
    pass_days(bread_only, DAYS + 1)
    paid = bread_only.embeddings
    bread_only.site.set_status(2, "publish")

    bread_only.sync()

    assert (kept.purge(days=DAYS), bread_only.embeddings) == (0, paid)
    assert bread_only.finds("Green tea is brewed")


def test_a_post_that_comes_back_later_is_embedded_again(bread_only: Service) -> None:
    pass_days(bread_only, DAYS + 1)
    paid = bread_only.embeddings
    assert kept.purge(days=DAYS) == 1
    bread_only.site.set_status(2, "publish")

    bread_only.sync()

    assert bread_only.embeddings == paid + 1
    assert bread_only.finds("Green tea is brewed")


def test_what_was_embedded_and_is_not_written_yet_is_left_alone(bread_only: Service) -> None:
    """As when a purge falls into a sync: it marks what no chunk has yet, and forgets nothing of the last hour."""
    assert kept.purge(days=0) == 0
    pass_days(bread_only, 1)
    ((key,),) = bread_only.rows("SELECT key FROM askpress_embedding WHERE unused_since IS NOT NULL")

    claimed = kept.claim([bytes(key)])

    assert claimed == {bytes(key)}
    assert kept.purge(days=0) == 0
    assert vectors(bread_only) == 2
