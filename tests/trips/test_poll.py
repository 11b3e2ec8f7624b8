"""The cheap poll: what it sees, what it leaves to the reconciliation, what it costs."""

from __future__ import annotations

import datetime as dt

import pytest

from askpress import errors
from askpress.sample import faults
from askpress.sync import poll, runs
from askpress.sync import site as site_trip
from askpress.wordpress import client
from tests.fakes import openai as fake_openai
from tests.trips.conftest import Service

BREAD = "<p>Our sourdough rests overnight and is baked at six in the morning.</p>"
TEA = "<p>Green tea is brewed with water of eighty degrees, never hotter.</p>"
LONG_AGO = "2026-01-01T00:00:00Z"
HOUR = dt.timedelta(hours=1)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@pytest.fixture
def synced(service: Service) -> Service:
    """A service that holds one old post, and has polled once."""
    service.site.add("Bread", BREAD, modified=LONG_AGO)
    service.sync()
    site_trip.poll()
    return service


def polled_until(service: Service) -> dt.datetime:
    moment: dt.datetime = service.rows("SELECT polled_until FROM askpress_site")[0][0]
    return moment


def test_nothing_is_polled_before_a_reconciliation_was_complete(service: Service) -> None:
    service.site.add("Bread", BREAD)
    service.rows("INSERT INTO askpress_site (name, url, corpus_version, instance, alarm, title, language, api_root,"
                 f" created_at) VALUES ('s', '{service.site.url}', 0, gen_random_uuid(), '', '', '', '', now())"
                 " RETURNING id")  # fmt: skip

    assert site_trip.poll() == poll.Found(0, False)
    assert service.site.asked("modified_after") == []


@pytest.mark.parametrize("kind", ["post", "page"])
def test_a_new_post_is_found_by_a_poll(synced: Service, kind: str) -> None:
    synced.site.add("Tea", TEA, type=kind)

    assert site_trip.poll().read == 1
    assert synced.finds("Green tea is brewed")


def test_an_edit_is_found_by_a_poll_and_paid_for_alone(synced: Service) -> None:
    paid = synced.embeddings
    synced.site.edit(1, html=TEA)

    site_trip.poll()

    assert synced.embeddings == paid + 1
    assert synced.finds("Green tea is brewed")


def test_a_post_that_becomes_noindex_is_out_after_a_poll(synced: Service) -> None:
    synced.site.edit(1, extra={"yoast_head_json": {"robots": {"index": "noindex"}}})

    site_trip.poll()

    assert synced.search("sourdough") == []


def test_a_poll_of_an_unchanged_site_reads_no_post_and_leaves_no_row(synced: Service) -> None:
    reads = len(synced.site.asked("include"))

    assert site_trip.poll() == poll.Found(0, False)
    assert len(synced.site.asked("include")) == reads
    assert synced.rows("SELECT DISTINCT kind FROM askpress_syncrun") == [("reconcile",)]


def test_what_was_seen_in_the_overlap_is_not_read_again(synced: Service) -> None:
    synced.site.add("Tea", TEA, modified=now() - HOUR)
    site_trip.poll()
    reads = len(synced.site.asked("include"))

    site_trip.poll()

    assert len(synced.site.asked("include")) == reads


def test_an_edit_an_hour_before_the_watermark_is_still_found(synced: Service) -> None:
    """As when the hour of the autumn that comes twice is compared in local time."""
    synced.site.edit(1, html=TEA, modified=polled_until(synced) - HOUR)

    assert site_trip.poll().read == 1


def test_the_question_is_in_gmt_and_says_so(synced: Service) -> None:
    site_trip.poll()

    asked = synced.site.asked("modified_after")[-1].query["modified_after"]
    expected = polled_until(synced) - 2 * HOUR
    assert abs(dt.datetime.strptime(str(asked), "%Y-%m-%dT%H:%M:%S%z") - expected) < dt.timedelta(minutes=1)


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Kiritimati"])
def test_a_site_far_east_or_west_of_greenwich_is_polled_all_the_same(synced: Service, zone: str) -> None:
    synced.site.timezone_string = zone
    synced.site.edit(1, html=TEA)

    assert site_trip.poll().read == 1


@pytest.mark.parametrize("hours", [-1, 1], ids=["slow", "fast"])
def test_a_sites_clock_that_is_an_hour_off_loses_nothing(synced: Service, hours: int) -> None:
    synced.site.clock = lambda: now() + hours * HOUR
    site_trip.poll()
    synced.site.edit(1, html=TEA)

    assert site_trip.poll().read == 1


def test_the_watermark_follows_the_sites_clock_but_never_beyond_ours(synced: Service) -> None:
    synced.site.clock = lambda: now() - 3 * HOUR
    site_trip.poll()
    slow = polled_until(synced)
    synced.site.clock = lambda: now() + 3 * HOUR
    site_trip.poll()
    fast = polled_until(synced)

    assert abs(now() - 3 * HOUR - slow) < dt.timedelta(minutes=1)
    assert fast <= now() + dt.timedelta(seconds=5)


def test_a_date_in_the_future_moves_no_watermark_into_it(synced: Service) -> None:
    synced.site.add("Tomorrow", TEA, modified=now() + 24 * HOUR)
    site_trip.poll()
    synced.site.edit(1, html=TEA)

    assert polled_until(synced) <= now()
    assert site_trip.poll().read >= 1


def test_a_poll_that_fails_looks_at_the_same_time_again(synced: Service) -> None:
    before = polled_until(synced)
    synced.site.edit(1, html=TEA)
    synced.site.faults.add(faults.unavailable(), path="include")

    with pytest.raises(errors.SiteUnreachable):
        site_trip.poll()
    synced.site.faults.clear()

    assert polled_until(synced) == before
    assert synced.rows("SELECT error <> '' FROM askpress_syncrun WHERE kind = 'poll'") == [(True,)]
    assert site_trip.poll().read == 1


def test_a_poll_without_a_provider_notices_what_went_and_looks_at_the_same_time_again(synced: Service) -> None:
    synced.site.add("Tea", TEA, modified=LONG_AGO)
    synced.sync()
    before = polled_until(synced)
    synced.site.delete(2)
    synced.site.edit(1, html=TEA.replace("Green", "White"))
    synced.openai.fail("/embeddings", fake_openai.NO_QUOTA, times=9)

    found = site_trip.poll()
    after = polled_until(synced)
    synced.openai.heal()

    assert (found.recounted, "quota" in found.error, after) == (True, True, before)
    assert synced.rows("SELECT error <> '' FROM askpress_syncrun WHERE kind = 'poll'") == [(True,)]
    assert site_trip.poll().read == 1


def test_a_list_that_does_not_add_up_moves_no_watermark(synced: Service) -> None:
    before = polled_until(synced)
    synced.site.faults.add(faults.total(17), path="modified_after")

    with pytest.raises(errors.ListingIncomplete):
        site_trip.poll()

    assert polled_until(synced) == before


def test_a_deletion_is_noticed_by_the_number_of_posts(synced: Service) -> None:
    synced.site.add("Tea", TEA, modified=LONG_AGO)
    synced.sync()
    synced.site.delete(1)

    found = site_trip.poll()

    assert found == poll.Found(0, recounted=True)
    assert synced.sync().removed == 1
    assert site_trip.poll() == poll.Found(0, recounted=False)


def test_a_back_dated_import_is_noticed_by_the_number_of_posts(synced: Service) -> None:
    synced.site.add("Tea", TEA, modified="2015-01-01T00:00:00Z", date="2015-01-01T00:00:00Z")

    assert site_trip.poll() == poll.Found(0, recounted=True)


def test_a_site_that_does_not_say_its_number_is_not_reconciled_for_it(synced: Service) -> None:
    synced.site.faults.add(faults.total(None), path="per_page=1&")

    assert site_trip.poll() == poll.Found(0, recounted=False)


def test_two_polls_at_once_are_one(synced: Service) -> None:
    synced.site.edit(1, html=TEA)

    with runs.alone(1, "poll") as alone:
        assert alone
        assert site_trip.poll() == poll.Found(0, False)


def test_a_poll_does_not_wait_for_a_reconciliation(synced: Service) -> None:
    synced.site.edit(1, html=TEA)

    with runs.alone(1, "reconcile") as alone:
        assert alone
        assert site_trip.poll().read == 1


def test_a_poll_asks_for_no_reconciliation_while_one_runs(synced: Service) -> None:
    synced.site.delete(1)

    with runs.alone(1, "reconcile"):
        assert site_trip.poll() == poll.Found(0, recounted=False)
    assert site_trip.poll() == poll.Found(0, recounted=True)


def test_the_client_lists_what_was_modified_after_a_moment(service: Service) -> None:
    for number in range(150):
        service.site.add(f"Old {number}", BREAD, modified=LONG_AGO)
    fresh = [service.site.add(f"New {number}", TEA) for number in range(120)]

    with client.WordPress(service.site.url, allow_private=True) as wordpress:
        found = wordpress.changed_since("post", now() - HOUR)

        assert [entry.id for entry in found.entries] == fresh
        assert wordpress.total("post") == 270
