"""What status, readyz and the commands tell of sites: how fresh each is, what differs, what a command brought in."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest

from askpress import commands, keys, report, sites
from askpress.sync import freshness, repair, roster
from askpress.sync import site as site_trip
from tests.trips.conftest import Service
from tests.trips.test_poll import BREAD, LONG_AGO, TEA

NOW = dt.datetime(2026, 5, 1, 12, 0, tzinfo=dt.UTC)


@pytest.fixture
def synced(service: Service) -> Service:
    service.site.add("Bread", BREAD, modified=LONG_AGO)
    service.sync()
    return service


def run(*words: str) -> int:
    return commands.main(list(words))


def test_a_target_is_kept_for_as_long_as_it_and_one_run(synced: Service) -> None:
    roster.change(sites.first(), {"freshness_seconds": 60, "polled_at": NOW, "reconciled_at": NOW})
    ages = [freshness.of(sites.first(), now=NOW + dt.timedelta(seconds=age)) for age in (0, 180, 181)]

    assert [(one.target_seconds, one.age_seconds, one.kept) for one in ages] == [
        (60, 0, True), (60, 180, True), (60, 181, False),
    ]  # fmt: skip


def test_a_poll_proves_how_fresh_a_site_is(synced: Service) -> None:
    roster.change(sites.first(), {"polled_at": None, "reconciled_at": NOW})

    site_trip.poll()

    found = freshness.of(sites.first(), now=dt.datetime.now(dt.UTC))
    assert found.kept
    assert found.looked_at == sites.first().polled_at


def test_status_tells_of_every_site_and_never_a_password(synced: Service, capsys: pytest.CaptureFixture[str]) -> None:
    second = roster.add("http://teas.test", name="teas")
    roster.change(second, {"wordpress_user": "teapot", "wordpress_password": "short and stout"})

    run("status")
    run("status", "--json")
    run("sites", "list")
    run("sites", "list", "--json")
    run("status", "--site", "teas")

    said = capsys.readouterr().out
    assert "noindex by nobody: unknown, languages by nobody: taken from the texts" in said
    assert re.search(r"polled every 300 s; last \d+ s ago", said)
    assert "polled every 300 s, once a worker has read all of it" in said
    assert '"name": "teas"' in said
    assert "stout" not in said


def test_a_difference_makes_the_service_degraded_until_it_is_repaired(synced: Service) -> None:
    synced.site.edit(1, html=TEA)
    repair.audit()
    differs = report.degraded()
    repair.audit(repair=True)

    assert ["audit" in reason for reason in differs] == [True]
    assert report.degraded() == []


def test_a_repair_reads_posts_by_the_hundred(synced: Service) -> None:
    synced.site.add_many(30)
    synced.site.requests.clear()

    assert repair.audit(repair=True).verdict == "equal"

    assert len([request for request in synced.site.asked("/posts?") if "include" in request.query]) == 4
    assert not synced.site.asked("/posts/")


def test_a_sync_since_a_moment_finds_what_was_edited_after_it_alone(
    synced: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    synced.site.add("Tea", TEA, modified="2026-03-01T12:00:00")
    synced.site.add("Oolong", TEA, modified="2026-05-01T12:00:00")
    watermark = synced.rows("SELECT polled_until, polled_at FROM askpress_site")

    code = run("sync", "--since", "2026-04-01", "--json")

    assert (code, json.loads(capsys.readouterr().out)) == (0, {"read": 1, "failed": 0, "error": ""})
    assert "Oolong" in synced.titles("green tea")
    assert synced.rows("SELECT polled_until, polled_at FROM askpress_site") == watermark


@pytest.mark.parametrize("words", [["--full"], ["--post", "1"], ["--force"], ["--dry-run"]])
def test_since_is_for_edits_alone(synced: Service, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("sync", "--since", "2026-04-01", *words) == commands.EXIT_USAGE
    assert "--since" in capsys.readouterr().err


def test_a_site_is_added_changed_and_removed_by_commands(synced: Service, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ["add", "http://teas.test", "--name", "teas"],
        ["set", "teas", "--freshness", "60", "--types", "post"],
        ["set", "teas", "--rename", "cups", "--url", "http://cups.test"],
    ):
        assert run("sites", *words) == 0
    changed = sites.named("cups")
    assert run("sites", "remove", "cups", "--yes") == 0

    assert (changed.url, changed.freshness_seconds, changed.post_types) == ("http://cups.test", 60, ["post"])
    assert len(sites.every()) == 1
    assert run("sites", "set", "cups") == commands.EXIT_USAGE
    assert "say what to change" in capsys.readouterr().err


def test_keys_are_listed_with_what_they_are_for_and_until_when(
    synced: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    run("createkey", "the widget", "--site", sites.first().name, "--expires", "2126-01-31", "--json")
    made = json.loads(capsys.readouterr().out)["key"]
    run("createkey", "leaked", "--scopes", "ask")
    leaked = capsys.readouterr().out
    run("createkey", "--revoke", leaked[:8])
    keys.check(made)
    capsys.readouterr()

    assert run("createkey", "--list") == 0
    said = capsys.readouterr().out
    assert run("createkey", "--list", "--json") == 0
    found = json.loads(capsys.readouterr().out)["keys"]

    name, stamp = sites.first().name, r"\d{4}-\d\d-\d\d \d\d:\d\d"
    assert re.fullmatch(
        rf"{made[:8]}…  the widget  \(search, ask; {name}; expires 2126-01-31 00:00, last used {stamp}\)\n"
        rf"{leaked[:8]}…  leaked  \(ask; every site; revoked {stamp}, never used\)\n",
        said,
    )
    assert [(key["name"], key["sites"], key["expires_at"]) for key in found] == [
        ("the widget", [sites.first().name], "2126-01-31T00:00:00+00:00"),
        ("leaked", None, None),
    ]


def test_a_key_that_has_expired_before_it_is_made_is_refused(
    synced: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("createkey", "widget", "--expires", "2020-01-01") == commands.EXIT_USAGE

    assert "give a time to come" in capsys.readouterr().err
    assert synced.rows("SELECT name FROM askpress_apikey") == []


def test_a_key_is_made_for_one_site(synced: Service, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("createkey", "widget", "--site", sites.first().name, "--json") == 0

    assert json.loads(capsys.readouterr().out)["sites"] == [sites.first().name]
    assert synced.rows("SELECT sites FROM askpress_apikey") == [([1],)]
