"""What the owner keeps out is gone at once, stays out, and comes back without being paid again."""

from __future__ import annotations

import pytest
from django.test import override_settings

from askpress import commands, edits, errors, sites
from askpress.sample import faults
from askpress.sync import exclusions, repair
from askpress.sync import site as site_trip
from tests.trips.conftest import Service
from tests.trips.test_poll import BREAD, TEA
from tests.trips.workers import do_what_waits


@pytest.fixture
def synced(service: Service) -> Service:
    """A site with bread, and with tea in the category News."""
    service.site.add_category("News", id=5)
    service.site.add("Bread", BREAD)
    service.site.add("Tea", TEA, categories=[5])
    service.sync()
    return service


EVERY_KIND = pytest.mark.parametrize(
    ("kind", "value"), [("url", "/te*"), ("category", "news"), ("category", "5"), ("post", "2")]
)


@EVERY_KIND
def test_an_excluded_post_is_gone_at_once_and_stays_out(synced: Service, kind: str, value: str) -> None:
    assert exclusions.add(sites.first(), kind, value) == 1

    assert synced.titles("green tea") == ["Bread"]
    synced.site.edit(2, title="Green tea")
    site_trip.poll()
    edits.queue(edits.Edit(1, 2))
    do_what_waits()
    run = synced.sync(force=True)
    assert (synced.titles("green tea"), run.failed) == (["Bread"], 0)
    assert repair.audit().verdict == "equal"


@EVERY_KIND
def test_what_is_no_longer_excluded_comes_back_and_is_not_paid_again(synced: Service, kind: str, value: str) -> None:
    exclusions.add(sites.first(), kind, value)
    paid = synced.openai.embedded[:]

    assert exclusions.remove(1, kind, value)
    run = synced.sync()

    assert (run.changed, run.tokens) == (1, 0)
    assert synced.openai.embedded == paid
    assert "Tea" in synced.titles("green tea")


def test_a_post_that_comes_under_an_exclusion_goes_with_the_next_reconciliation(synced: Service) -> None:
    exclusions.add(sites.first(), "category", "news")
    synced.site.edit(1, categories=[5], modified="2020-01-01")

    run = synced.sync()

    assert (run.removed, synced.titles("sourdough bread")) == (1, [])


@pytest.mark.parametrize("told", [True, False], ids=["another slug", "kept from strangers"])
def test_a_category_stays_excluded_when_its_slug_does_not(synced: Service, told: bool) -> None:
    exclusions.add(sites.first(), "category", "news")
    if told:
        synced.site.add_category("Novelties", id=5)
    else:
        synced.site.faults.add(faults.forbidden, path="/categories")
    synced.sync()

    run = synced.sync(force=True)

    assert (run.changed, synced.titles("green tea")) == (0, ["Bread"])


def test_a_plan_and_an_audit_know_what_is_excluded(synced: Service) -> None:
    columns = "site_id, kind, value, created_at"
    synced.rows(f"INSERT INTO askpress_exclusion ({columns}) VALUES (1, 'post', '2', now()) RETURNING 1")

    planned, audited = site_trip.foresee(), repair.audit()

    assert [(post.id, post.reason) for post in planned.gone] == [(2, "it is excluded by post 2")]
    assert [(post.id, post.reason) for post in audited.leaked] == [(2, "it is excluded by post 2")]


def test_exclusions_of_most_of_a_site_need_a_yes_and_raise_no_alarm(service: Service) -> None:
    service.site.add_many(12)
    service.sync()

    with pytest.raises(errors.UsageError, match="12 of 12 posts"):
        exclusions.add(sites.first(), "url", "/*")
    assert exclusions.add(sites.first(), "url", "/*", allow_many=True) == 12
    service.sync()

    assert sites.first().alarm == ""


@pytest.mark.parametrize(("kind", "value"), [("url", "tea"), ("post", "tea"), ("category", "no-such"), ("post", "")])
def test_a_value_that_cannot_be_meant_is_refused(synced: Service, kind: str, value: str) -> None:
    with pytest.raises(errors.UsageError):
        exclusions.add(sites.first(), kind, value)


def test_the_command_adds_lists_and_removes(synced: Service, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["add", "--url", "/tea/"], ["list"], ["remove", "--url", "/tea/"], ["list"]):
        assert commands.main(["exclude", *words]) == 0

    said = capsys.readouterr().out
    assert "1 post taken out" in said
    assert "url /tea/  (1 post)" in said
    assert said.rstrip().endswith("Nothing.")


def test_noindex_posts_are_wanted_only_by_a_setting_and_go_when_it_goes(synced: Service) -> None:
    synced.site.edit(2, extra={"askpress": {"noindex": True, "lang": None, "translations": None}})
    synced.sync()
    without = synced.titles("green tea")
    with override_settings(INDEX_NOINDEX=True):
        synced.sync()
        wanted = synced.titles("green tea")
    synced.sync()

    assert (without, sorted(wanted), synced.titles("green tea")) == (["Bread"], ["Bread", "Tea"], ["Bread"])
    assert sites.first().noindex_source == "askpress"
