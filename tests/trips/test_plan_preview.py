"""What `askpress plan` promises, and that the sync after it keeps it to the token."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import override_settings

from askpress import commands, errors
from askpress.sample import faults
from askpress.sync import preview
from askpress.sync import site as site_trip
from tests.trips.conftest import Service

BREAD = "<p>Our sourdough rests overnight and is baked at six in the morning.</p>"
TEA = "<p>Green tea is brewed with water of eighty degrees, never hotter.</p>"
LONG = "".join(f"<h2>Part {n}</h2><p>Sentence number {n} of a long post about many tools.</p>" for n in range(40))


def foresee(**options: Any) -> preview.Preview:
    return site_trip.foresee(sleep=lambda seconds: None, **options)


def ids(posts: list[preview.Named]) -> list[int]:
    return sorted(post.id for post in posts)


def snapshot(service: Service) -> list[tuple[Any, ...]]:
    """Rows of every table that a sync writes, and the tables there are."""
    names = ("site", "document", "indexversion", "indexed", "chunk", "embedding", "syncrun", "audit")
    rows = [(name, *service.rows(f"SELECT t.*::text FROM askpress_{name} t ORDER BY 1")) for name in names]
    return [*rows, *service.rows("SELECT relname FROM pg_class ORDER BY 1")]


def test_a_plan_names_the_posts_that_are_new_changed_gone_unchanged_and_failing(service: Service) -> None:
    stays = service.site.add("Stays", BREAD, modified="2026-01-01T00:00:00Z")
    changes = service.site.add("Changes", BREAD, modified="2026-01-01T00:00:00Z")
    goes = service.site.add("Goes", TEA, modified="2026-01-01T00:00:00Z")
    service.sync()
    service.site.edit(changes, html=TEA)
    new = service.site.add("New", LONG)
    service.site.delete(goes)
    fails = service.site.add("Fails", BREAD)
    service.site.faults.add(faults.poisoned(fails, fault=faults.no_json))

    found = foresee()

    assert {kind: ids(getattr(found, kind)) for kind in ("new", "changed", "gone", "unchanged", "failing")} == {
        "new": [new],
        "changed": [changes],
        "gone": [goes],
        "unchanged": [stays],
        "failing": [fails],
    }
    assert [(post.title, post.reason) for post in found.gone] == [("Goes", "404 rest_post_invalid_id")]


def test_a_plan_writes_nothing_and_embeds_nothing(service: Service) -> None:
    service.site.add("Bread", BREAD)
    service.site.add("Bad", BREAD)
    before = snapshot(service)

    foresee()
    first = snapshot(service)
    service.sync()
    service.site.add("Tea", TEA)
    synced, paid = snapshot(service), service.embeddings
    foresee(force=True)

    assert first == before
    assert snapshot(service) == synced
    assert service.embeddings == paid


def test_the_plan_equals_the_bill(service: Service) -> None:
    for number in range(30):
        service.site.add(f"Post {number}", LONG.replace("tools", f"subject {number}")[: 700 * number])
    twins = [service.site.add("Twin", BREAD) for _ in range(3)]
    plan = foresee()
    run = service.sync()

    assert twins[0] in ids(plan.new)
    assert (plan.chunks, plan.tokens, plan.reused) == (service.embeddings, service.openai.embedded_tokens, 2)
    assert (plan.tokens, plan.reused, len(plan.new)) == (run.tokens, run.reused, run.added)


def test_the_plan_of_an_edit_equals_the_bill_with_the_vectors_that_are_kept(service: Service) -> None:
    post = service.site.add("Tools", LONG)
    service.site.add("Bread", BREAD, modified="2026-01-01T00:00:00Z")
    back = service.site.add("Tea", TEA)
    service.sync()
    service.site.set_status(back, "draft")
    service.sync()
    service.site.set_status(back, "publish")
    service.site.edit(post, html=LONG.replace("Sentence number 7 ", "Phrase number 7 "))
    paid = service.openai.embedded_tokens

    plan = foresee()
    run = service.sync()

    assert (plan.tokens, plan.reused) == (service.openai.embedded_tokens - paid, run.reused)
    assert 0 < plan.tokens < paid / 2
    assert plan.reused > 5
    assert (len(plan.changed), len(plan.unchanged)) == (run.changed, run.unchanged) == (2, 1)


def test_a_save_that_changes_nothing_is_planned_as_unchanged(service: Service) -> None:
    post = service.site.add("Bread", BREAD)
    service.sync()
    service.site.edit(post, html=BREAD, modified="2031-01-01T00:00:00Z")

    found = foresee()

    assert (ids(found.unchanged), found.tokens, found.reused) == ([post], 0, 1)


def test_what_is_not_for_readers_is_planned_as_left_out_or_gone(service: Service) -> None:
    known = service.site.add("Bread", BREAD)
    service.sync()
    service.site.edit(known, password="open sesame")
    hidden = service.site.add("Hidden", TEA, extra={"yoast_head_json": {"robots": {"index": "noindex"}}})

    found = foresee()

    assert (ids(found.gone), ids(found.left_out), found.tokens) == ([known], [hidden], 0)


def test_a_plan_says_when_so_much_vanished_that_nothing_would_be_removed(service: Service) -> None:
    posts = [service.site.add(f"Post {n}", f"<p>Words about subject number {n}.</p>") for n in range(20)]
    service.sync()
    for post in posts[:10]:
        service.site.delete(post)

    cautious, told = foresee(), foresee(allow_mass_removal=True)

    assert ("10 of 20" in cautious.alarm, ids(cautious.gone)) == (True, [])
    assert (told.alarm, ids(told.gone)) == ("", posts[:10])


def test_the_price_is_that_of_the_dated_table(service: Service) -> None:
    service.site.add("Bread", BREAD)

    found = foresee()

    assert found.cost == found.tokens * 0.02 / 1_000_000


def test_an_unknown_model_has_an_unknown_price_and_no_limit_can_be_kept(service: Service) -> None:
    service.site.add("Bread", BREAD)

    with override_settings(EMBEDDING_MODEL="bge-m3"):
        assert foresee().cost is None
        with pytest.raises(errors.UsageError, match="bge-m3 is not known"):
            foresee(max_cost=1.0)
        with pytest.raises(errors.UsageError, match="bge-m3 is not known"):
            service.sync(max_cost=1.0)


def test_a_sync_stops_before_it_costs_more_than_allowed_and_goes_on_with_more(service: Service) -> None:
    for number in range(40):
        service.site.add(f"Post {number}", f"<p>Words about subject number {number} and nothing else.</p>")
    plan = foresee()
    assert plan.cost is not None

    stopped = service.sync(max_cost=plan.cost / 2)
    spent = service.openai.embedded_tokens
    searchable = len(service.search("words about subject", k=50))
    finished = service.sync(max_cost=plan.cost)

    assert "--max-cost" in stopped.error
    assert 0 < spent * 0.02 / 1_000_000 <= plan.cost / 2
    assert (stopped.added, searchable > 0) == (5, True)
    assert (finished.error, finished.added) == ("", 35)


def test_a_limit_of_exactly_the_plans_cost_is_enough(service: Service) -> None:
    for number in range(40):
        service.site.add(f"Post {number}", f"<p>Words about subject number {number} and nothing else.</p>")

    run = service.sync(max_cost=foresee().cost)

    assert (run.error, run.added) == ("", 40)


def test_a_limit_of_nothing_takes_what_costs_nothing(service: Service) -> None:
    post = service.site.add("Bread", BREAD)
    service.sync()
    service.site.add("Loaf", "")
    service.site.delete(post)

    run = service.sync(max_cost=0.0)

    assert (run.error, run.added, run.removed) == ("", 1, 1)


@pytest.mark.parametrize("words", [["plan"], ["sync", "--dry-run"]])
def test_the_command_prints_the_plan_for_people(
    service: Service, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    for number in range(12):
        service.site.add(f"Post \x1b[31m{number}", BREAD)

    code = commands.main(words)

    said = capsys.readouterr().out
    assert code == 0
    assert "+ 12 new" in said and "and 2 more" in said
    assert "the list price of 2026-11-05" in said
    assert "\x1b" not in said
    assert service.embeddings == 0


def test_the_command_prints_every_post_as_json(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    posts = [service.site.add(f"Post {n}", f"<p>Words about subject number {n}.</p>") for n in range(12)]

    code = commands.main(["plan", "--json"])

    told = json.loads(capsys.readouterr().out)
    assert code == 0
    assert sorted(post["id"] for post in told["new"]) == posts
    assert (told["chunks"], told["reused"], told["alarm"], told["stops"]) == (12, 0, "", False)
    assert told["cost_usd"] == told["tokens"] * told["price_per_million_usd"] / 1_000_000


def test_the_command_fails_where_the_sync_would(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    service.site.add("Bread", BREAD)

    over = commands.main(["plan", "--max-cost", "0.0000001"])
    service.site.faults.add(faults.total(77), path="/wp/v2/posts")
    partial = commands.main(["plan"])

    assert (over, partial) == (1, 1)
    told = capsys.readouterr()
    assert "would stop before it costs more than $0.0000001" in told.out
    assert "does not add up" in told.err


@pytest.mark.parametrize("words", [["plan", "--max-cost", "-1"], ["plan", "--max-cost", "nan"], ["sync", "--max-cost"]])
def test_a_limit_that_is_no_sum_is_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        commands.main(words)

    assert ended.value.code == 2


@pytest.mark.parametrize("words", [["--dry-run"], ["--max-cost", "1"]])
def test_single_posts_have_no_plan(service: Service, words: list[str]) -> None:
    assert commands.main(["sync", "--post", "1", *words]) == 2


@pytest.mark.parametrize("name", ["plan", "sync", "audit"])
def test_the_commands_explain_themselves(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        commands.main([name, "--help"])

    said = capsys.readouterr().out
    assert ended.value.code == 0
    assert "--json" in said and "Exit status: 0" in said
