"""Several sites in one index: each by its own, none answers for another, and one that is removed leaves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.test import override_settings

from askpress import edits, errors, keys, report, sites, tasks, webhooks
from askpress.retrieval import retriever, versions
from askpress.sample import faults
from askpress.sync import repair, roster, runs
from askpress.sync import site as site_trip
from tests import visitor
from tests.fakes import openai_replies as replies
from tests.fakes.wordpress import FakeWordPress
from tests.trips.conftest import Service
from tests.trips.test_poll import BREAD, TEA
from tests.trips.workers import do_what_waits, wait_until

EVERY_TABLE = ("document", "chunk", "indexed", "syncrun", "audit", "term", "webhooksecret", "exclusion")


@pytest.fixture
def other(service: Service) -> Iterator[FakeWordPress]:
    """A second site; the first holds a post about bread, this one about tea, both with the number 1."""
    service.site.add("Bread", BREAD)
    service.sync()
    fake = FakeWordPress.served()
    fake.add("Tea", TEA)
    yield fake
    fake.server.close()


@pytest.fixture
def second(other: FakeWordPress) -> sites.Site:
    site = roster.add(other.url, name="teas")
    site_trip.sync(site)
    return sites.named("teas")


def titles(question: str, site: sites.Site) -> list[str]:
    found = retriever.retrieve(question, site_id=site.id, site_language="en", k=8)
    return [passage.title for passage in found.nearest]


def count(service: Service, table: str, site: sites.Site) -> int:
    through = "document_id IN (SELECT id FROM askpress_document WHERE site_id = {0})"
    where = through if table in {"chunk", "indexed"} else "site_id = {0}"
    return int(service.rows(f"SELECT count(*) FROM askpress_{table} WHERE {where.format(site.id)}")[0][0])


def test_a_site_finds_its_own_posts_alone(service: Service, second: sites.Site) -> None:
    assert titles("sourdough bread and green tea", second) == ["Tea"]
    assert titles("sourdough bread and green tea", sites.first()) == ["Bread"]


def test_the_site_of_the_settings_stays_the_first(service: Service) -> None:
    roster.add("http://teas.test")

    assert [site.url for site in sites.every()] == [service.site.url, "http://teas.test"]
    assert site_trip.default().url == service.site.url


def test_an_address_that_was_not_added_is_refused_with_the_words_to_use(service: Service, other: FakeWordPress) -> None:
    with pytest.raises(errors.UsageError, match=f"askpress sites add {other.url}"):
        sites.ensure(other.url)


@pytest.mark.parametrize("words", [{"url": "http://site.test", "name": "teas"}, {"name": "Teas!"}])
def test_a_taken_or_impossible_name_is_refused(second: sites.Site, words: dict[str, str]) -> None:
    with pytest.raises(errors.UsageError):
        roster.add(**{"url": "http://new.test", **words})


def test_the_schedule_syncs_and_polls_every_site(service: Service, second: sites.Site) -> None:
    tasks.sync_sites(0)
    tasks.poll_sites(0)
    tasks.sync_sites(0)

    waiting = service.rows("SELECT task_name, args->>'site_id' FROM procrastinate_jobs ORDER BY 1, 2")
    both = ["1", str(second.id)]
    assert waiting == [(task, number) for task in ("poll_site", "sync_site") for number in both]


def test_a_site_whose_first_sync_failed_is_synced_when_it_would_be_polled(
    service: Service, other: FakeWordPress
) -> None:
    failed, syncing = roster.add(other.url, name="teas"), roster.add("http://cakes.test", name="cakes")
    other.faults.add(faults.html_page)
    assert site_trip.sync(failed).error

    with runs.alone(syncing.id):
        tasks.poll_sites(0)

    waiting = service.rows("SELECT task_name, args->>'site_id' FROM procrastinate_jobs ORDER BY 2")
    assert waiting == [("poll_site", "1"), ("sync_site", str(failed.id))]


def test_a_site_is_polled_as_often_as_its_freshness_asks() -> None:
    due = [tasks.is_due(second, every_seconds=300, tick_seconds=60) for second in range(0, 600, 60)]
    hourly = [tasks.is_due(second, every_seconds=3600, tick_seconds=60) for second in range(0, 7200, 60)]

    assert due == [True, False, False, False, False] * 2
    assert hourly.count(True) == 2


def test_chunks_are_counted_by_site(second: sites.Site) -> None:
    counts = [report.counts(site.id, versions.live().id) for site in sites.every()]

    assert [(one.documents, one.chunks) for one in counts] == [(1, 1), (1, 1)]


def test_one_sites_run_holds_no_other(service: Service, second: sites.Site) -> None:
    with runs.alone(second.id) as alone:
        assert alone
        assert service.sync().error == ""


def test_an_edit_of_one_site_reads_that_site_alone(service: Service, second: sites.Site, other: FakeWordPress) -> None:
    other.edit(1, title="Oolong")
    edits.queue(edits.Edit(second.id, 1))

    do_what_waits()

    assert titles("green tea", second) == ["Oolong"]
    assert service.site.asked("posts/1") == []


def test_edits_of_a_site_that_is_away_are_put_off_together_and_hold_up_no_other(
    service: Service, second: sites.Site, other: FakeWordPress
) -> None:
    service.site.server.close()
    for number in range(1, 13):
        edits.queue(edits.Edit(1, number))
    other.edit(1, title="Coffee", modified="2026-06-01T00:00:00Z")
    edits.queue(edits.Edit(second.id, 1))

    do_what_waits()

    waiting = service.rows("SELECT args->>'tries' FROM procrastinate_jobs WHERE scheduled_at > now()")
    assert len(waiting) == 12
    assert waiting.count(("0",)) >= 4
    assert titles("green tea", second) == ["Coffee"]


def test_a_login_of_the_settings_is_for_the_site_of_the_settings(service: Service, second: sites.Site) -> None:
    with override_settings(WORDPRESS_USER="editor", WORDPRESS_PASSWORD="secret"):
        assert sites.login(sites.first()) == ("editor", "secret")
        assert sites.login(second) == ("", "")
    own = roster.change(second, {"wordpress_user": "teas", "wordpress_password": "own"})
    assert sites.login(own) == ("teas", "own")
    assert "own" not in repr(own)


def test_a_removed_site_leaves_nothing_and_takes_nothing_of_another(service: Service, second: sites.Site) -> None:
    webhooks.create(second.id)
    edits.queue(edits.Edit(second.id, 1))
    edits.queue(edits.Edit(1, 1))
    before = {table: count(service, table, sites.first()) for table in EVERY_TABLE}

    assert roster.remove(second) == 1

    assert {table: count(service, table, second) for table in EVERY_TABLE} == dict.fromkeys(EVERY_TABLE, 0)
    assert {table: count(service, table, sites.first()) for table in EVERY_TABLE} == before
    assert service.rows("SELECT args->>'site_id' FROM procrastinate_jobs") == [("1",)]
    assert service.rows("SELECT count(*) FROM vector_1") == service.rows("SELECT count(*) FROM askpress_chunk")
    assert [site.name for site in sites.every()] == [sites.first().name]


def test_a_site_is_not_removed_while_it_is_synced(service: Service, second: sites.Site) -> None:
    with runs.alone(second.id, "poll"), pytest.raises(errors.UsageError, match="going on"):
        roster.remove(second)

    assert titles("green tea", second) == ["Tea"]


def test_a_post_that_is_read_while_its_site_is_removed_leaves_nothing(
    service: Service, second: sites.Site, other: FakeWordPress
) -> None:
    other.add("Coffee", "<p>Freshly ground coffee.</p>")
    service.openai.embedding_seconds = 1.0
    embedded = service.embeddings
    with ThreadPoolExecutor() as pool:
        reading = pool.submit(site_trip.sync_posts, [2], second)
        wait_until(lambda: service.embeddings > embedded)
        roster.remove(second)

    with pytest.raises(errors.SiteRemoved):
        reading.result()
    assert {table: count(service, table, second) for table in EVERY_TABLE} == dict.fromkeys(EVERY_TABLE, 0)


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_that_is_written_while_its_site_is_removed_is_given_and_not_kept(
    service: Service, second: sites.Site, *, stream: bool
) -> None:
    def remove_and_echo(prompt: str, schema: dict[str, Any]) -> dict[str, Any]:
        roster.remove(second)
        return replies.echo(prompt, schema)

    service.openai.answers = remove_and_echo
    asking = visitor.with_key("ask")
    reply = asking.post("/ask", {"q": "What is green tea?", "site": "teas", "stream": stream})
    said = b"".join(reply) if stream else reply.content

    assert reply.status_code == 200
    assert b'"answer"' in said
    assert service.rows("SELECT count(*) FROM askpress_answer") == [(0,)]


def test_an_audit_of_a_site_that_is_removed_meanwhile_says_so(service: Service, second: sites.Site) -> None:
    roster.remove(second)

    with pytest.raises(errors.SiteRemoved):
        repair.audit(second)


def test_a_site_that_moved_keeps_its_name_and_pays_for_nothing(service: Service, second: sites.Site) -> None:
    paid = service.embeddings
    moved = FakeWordPress.served()
    try:
        moved.add("Tea", TEA)
        changed = roster.change(second, {"url": moved.url})
        site_trip.sync(changed)
    finally:
        moved.server.close()

    assert sites.named("teas").url == moved.url
    assert service.rows("SELECT url FROM askpress_document WHERE site_id = 2")[0][0].startswith(moved.url)
    assert service.embeddings == paid


def key_for(*bound: sites.Site, scopes: tuple[str, ...] = ("search", "ingest")) -> visitor.Visitor:
    return visitor.Visitor(keys.create("test", scopes, sites=[site.id for site in bound] or None))


def found(asker: visitor.Visitor, **asked: object) -> tuple[int, list[str]]:
    reply = asker.post("/search", {"q": "green tea", **asked})
    body = visitor.body(reply)
    return reply.status_code, [passage["title"] for passage in body.get("results", ())] + [body.get("code", "")]


def test_a_search_without_site_is_the_keys_and_else_the_first_ones(service: Service, second: sites.Site) -> None:
    assert found(key_for(second)) == (200, ["Tea", ""])
    assert found(key_for()) == (200, [""])
    assert found(key_for(), site="teas") == (200, ["Tea", ""])


def test_a_key_for_one_site_learns_nothing_of_others(service: Service, second: sites.Site) -> None:
    first = sites.first().name

    assert found(key_for(second), site=first) == (403, ["missing_scope"])
    assert found(key_for(second), site="no-such-site") == (403, ["missing_scope"])
    assert found(key_for(), site="no-such-site") == (400, ["invalid_request"])


def test_a_key_for_several_sites_must_say_which_one_a_webhook_is_for(service: Service, second: sites.Site) -> None:
    ambiguous = key_for().post("/ingest", {"post_id": 1})
    clear = key_for(second).post("/ingest", {"post_id": 1})

    assert (ambiguous.status_code, visitor.body(ambiguous)["errors"][0]["pointer"]) == (400, "#/site")
    assert clear.status_code == 202
    assert service.rows("SELECT args->>'site_id' FROM procrastinate_jobs") == [(str(second.id),)]
