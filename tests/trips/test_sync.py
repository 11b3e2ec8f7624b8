"""The site into the index: what a run finds, does and survives."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from django.test import override_settings

from askpress import errors, report, sites
from askpress.sample import faults
from askpress.sync import runs
from tests.fakes import openai as fake_openai
from tests.trips.conftest import Service

BREAD = "<p>Our sourdough rests overnight and is baked at six in the morning.</p>"
TEA = "<p>Green tea is brewed with water of eighty degrees, never hotter.</p>"


def counts(run: runs.Run) -> dict[str, int]:
    return {name: getattr(run, name) for name in ("added", "changed", "unchanged", "removed", "failed")}


def test_a_first_sync_makes_posts_and_pages_searchable(service: Service) -> None:
    service.site.add("Bread", BREAD)
    service.site.add("Tea", TEA, type="page")

    run = service.sync()

    assert run.error == ""
    assert counts(run) == {"added": 2, "changed": 0, "unchanged": 0, "removed": 0, "failed": 0}
    assert service.titles("sourdough overnight")[0] == "Bread"
    assert service.titles("green tea water")[0] == "Tea"


def test_an_unchanged_site_costs_no_embedding_and_reads_no_post(service: Service) -> None:
    service.site.add("Bread", BREAD, modified="2026-01-01T00:00:00Z")
    service.sync()
    paid, reads = service.embeddings, len(service.site.asked("include"))

    run = service.sync()

    assert counts(run)["unchanged"] == 1
    assert (service.embeddings, len(service.site.asked("include"))) == (paid, reads)


def test_a_save_that_changes_nothing_costs_no_embedding(service: Service) -> None:
    post = service.site.add("Bread", BREAD)
    service.sync()
    paid = service.embeddings
    service.site.edit(post, html=BREAD, modified="2031-01-01T00:00:00Z")

    run = service.sync()

    assert counts(run)["unchanged"] == 1
    assert service.embeddings == paid


def test_an_edit_replaces_the_text_and_pays_for_the_new_text_only(service: Service) -> None:
    post = service.site.add("Bread", BREAD)
    service.site.add("Tea", TEA)
    service.sync()
    paid = service.embeddings
    service.site.edit(post, html=TEA.replace("Green", "White"))

    run = service.sync()

    assert counts(run)["changed"] == 1
    assert service.embeddings == paid + 1
    assert service.rows("SELECT count(*) FROM askpress_chunk WHERE text LIKE '%sourdough%'") == [(0,)]


def test_a_new_title_alone_is_a_change(service: Service) -> None:
    post = service.site.add("Bread", BREAD)
    service.sync()
    service.site.edit(post, title="Loaves &#038; rolls")

    service.sync()

    assert service.titles("sourdough")[0] == "Loaves & rolls"


def test_a_deleted_post_is_gone_after_one_run(service: Service) -> None:
    post = service.site.add("Bread", BREAD)
    service.site.add("Tea", TEA)
    service.sync()
    service.site.delete(post)

    run = service.sync()

    assert counts(run)["removed"] == 1
    assert service.titles("sourdough overnight") == ["Tea"]


@pytest.mark.parametrize("status", ["draft", "private", "trash", "pending", "future"])
def test_an_unpublished_post_is_gone_after_one_run(service: Service, status: str) -> None:
    post = service.site.add("Bread", BREAD)
    service.sync()
    service.site.set_status(post, status)

    run = service.sync()

    assert counts(run)["removed"] == 1
    assert service.search("sourdough") == []


def test_a_post_that_gets_a_password_is_gone_and_its_text_is_in_no_table(service: Service) -> None:
    post = service.site.add("Bread", BREAD)
    service.sync()
    service.site.edit(post, password="open sesame")

    run = service.sync()

    assert counts(run)["removed"] == 1
    assert service.search("sourdough") == []
    assert service.rows("SELECT count(*) FROM askpress_document WHERE text <> '' OR source <> ''") == [(0,)]


def test_a_post_that_comes_back_costs_nothing(service: Service) -> None:
    post = service.site.add("Bread", BREAD)
    service.sync()
    service.site.set_status(post, "draft")
    service.sync()
    paid = service.embeddings
    service.site.set_status(post, "publish")

    service.sync()

    assert service.embeddings == paid
    assert service.titles("sourdough") == ["Bread"]


def test_what_is_gone_long_enough_is_forgotten(service: Service) -> None:
    post = service.site.add("Bread", BREAD)
    service.sync()
    service.site.delete(post)

    with override_settings(TOMBSTONE_DAYS=0):
        service.sync()

    assert service.rows("SELECT count(*) FROM askpress_document") == [(0,)]


def test_hidden_posts_are_never_stored(service: Service) -> None:
    for status in ("draft", "private", "future", "trash"):
        service.site.add(f"Canary {status}", f"<p>canary-{status}</p>", status=status)
    service.site.add("Canary password", "<p>canary-password</p>", password="x")
    service.site.add("Canary noindex", "<p>canary</p>", extra={"yoast_head_json": {"robots": {"index": "noindex"}}})

    service.sync()

    assert service.rows("SELECT count(*) FROM askpress_chunk") == [(0,)]
    assert service.rows("SELECT count(*) FROM askpress_document WHERE title <> '' OR text <> ''") == [(0,)]


def test_one_bad_post_never_stops_the_others(service: Service) -> None:
    bad = service.site.add("Bad", "<p>bad</p>")
    service.site.add("Bread", BREAD)
    service.site.faults.add(faults.poisoned(bad, fault=faults.no_json))

    run = service.sync()

    assert counts(run)["added"] == 1
    assert counts(run)["failed"] == 1
    assert str(bad) in run.details["failed"]


def test_a_failed_post_is_tried_again_by_the_next_run(service: Service) -> None:
    bad = service.site.add("Bread", BREAD)
    service.site.faults.add(faults.poisoned(bad, fault=faults.no_json))
    service.sync()
    service.site.faults.clear()

    run = service.sync()

    assert counts(run)["failed"] == 0
    assert service.titles("sourdough") == ["Bread"]
    assert service.rows("SELECT error, attempts FROM askpress_document") == [("", 0)]


def test_a_text_the_provider_rejects_fails_its_post_alone(service: Service) -> None:
    service.openai.poison = "unspeakable"
    service.site.add("Bread", BREAD)
    service.site.add("Bad", "<p>unspeakable</p>")

    run = service.sync()

    assert (counts(run)["added"], counts(run)["failed"]) == (1, 1)


def test_a_failed_embedding_leaves_the_old_text_searchable(service: Service) -> None:
    post = service.site.add("Bread", BREAD)
    service.sync()
    service.site.edit(post, html=TEA)
    service.openai.fail("/embeddings", fake_openai.SERVER_ERROR, times=100)

    run = service.sync()
    service.openai.heal()

    assert run.error or run.failed
    assert service.rows("SELECT count(*) FROM askpress_chunk WHERE text LIKE '%sourdough%'") == [(1,)]


@pytest.mark.parametrize("kind", ["few", "nan", "zero", "dimension"])
def test_a_bad_embedding_is_never_stored(service: Service, kind: str) -> None:
    service.site.add("Bread", BREAD)
    service.openai.fail("/embeddings", fake_openai.Fault(kind), times=100)

    run = service.sync()

    assert run.error or run.failed
    assert service.rows("SELECT count(*) FROM askpress_embedding") == [(0,)]


@pytest.mark.parametrize("fault", [fake_openai.too_many(), fake_openai.SERVER_ERROR])
def test_a_hiccup_of_the_provider_is_waited_for(service: Service, fault: fake_openai.Fault) -> None:
    service.site.add("Bread", BREAD)
    service.openai.fail("/embeddings", fault)

    with override_settings(PROVIDER_RETRY_SECONDS=20):
        run = service.sync()

    assert (run.error, counts(run)["added"]) == ("", 1)


def test_a_provider_without_quota_stops_the_run_with_its_reason(service: Service) -> None:
    service.site.add("Bread", BREAD)
    service.openai.fail("/embeddings", fake_openai.NO_QUOTA, times=100)

    run = service.sync()

    assert "quota" in run.error


def test_without_a_provider_what_nobody_may_read_any_more_goes_all_the_same(service: Service) -> None:
    posts = [service.site.add(f"Post {n}", f"<p>Words about subject number {n}.</p>") for n in range(12)]
    service.sync()
    deleted, locked, *others = posts
    service.site.delete(deleted)
    service.site.edit(locked, password="open sesame", modified="2026-01-01T00:00:00Z")
    for post in others:
        service.site.edit(post, html=f"<p>Other words, namely {post}.</p>")
    service.openai.fail("/embeddings", fake_openai.NO_QUOTA, times=100)

    run = service.sync()
    service.openai.heal()

    assert ("quota" in run.error, run.removed) == (True, 2)
    assert len(service.search("words about subject", k=50)) == 10


def test_a_post_of_which_the_site_tells_nothing_stays_and_holds_up_no_other(service: Service) -> None:
    unclear, gone = (service.site.add(title, BREAD) for title in ("Unclear", "Gone"))
    service.sync()
    service.site.add("Tea", TEA)
    service.site.delete(unclear)
    service.site.delete(gone)
    service.site.faults.add(faults.html_page, path=f"posts/{unclear}?")

    run = service.sync()

    assert (run.added, run.removed, run.error) == (1, 1, "")
    assert sorted(service.titles("sourdough overnight tea")) == ["Tea", "Unclear"]
    assert run.alarm == sites.first().alarm
    assert run.alarm.startswith(f"post {unclear} is not listed any more and stays all the same: ")


def test_a_site_that_answers_for_no_post_is_asked_for_three(service: Service) -> None:
    posts = [service.site.add(f"Post {n}", f"<p>Words about subject number {n}.</p>") for n in range(20)]
    service.sync()
    for post in posts[:5]:
        service.site.delete(post)
    service.site.faults.add(faults.html_page, path="wp/v2/posts/")

    run = service.sync()

    assert (run.removed, len({request.path for request in service.site.asked("wp/v2/posts/")})) == (0, 3)


def test_a_provider_that_says_nothing_stops_the_run_in_time(service: Service) -> None:
    service.site.add("Bread", BREAD)
    service.openai.fail("/embeddings", fake_openai.Fault("stall"), times=100)

    with override_settings(PROVIDER_TIMEOUT_SECONDS=1):
        run = service.sync()

    assert run.error or run.failed


def test_what_was_paid_for_before_a_stop_is_not_paid_again(service: Service) -> None:
    for number in range(8):
        service.site.add(f"Post {number}", f"<p>Words about subject number {number} and nothing else.</p>")
    service.sync(should_stop=lambda: service.embeddings > 0)
    paid = service.embeddings

    run = service.sync()

    assert 0 < paid < 8
    assert run.error == ""
    assert len(service.openai.embedded) == len(set(service.openai.embedded)) == 8


FAULTS = {
    "html": faults.html_page,
    "unavailable": faults.unavailable("3600"),
    "too many": faults.too_many("3600"),
    "cut": faults.cut_body,
    "other host": faults.redirect("http://other.invalid/"),
    "no route": faults.no_route,
    "login wanted": faults.not_logged_in,
    "endless": faults.endless,
    "forbidden": faults.forbidden,
    "empty list": faults.empty_list,
    "wrong total": faults.total(77),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_site_that_misbehaves_loses_nothing(service: Service, name: str) -> None:
    for number in range(8):
        service.site.add(f"Post {number}", f"<p>Words about subject number {number}.</p>")
    service.sync()
    service.site.faults.add(FAULTS[name], path="/wp/v2/posts")

    run = service.sync()
    service.site.faults.clear()

    assert counts(run)["removed"] == 0
    assert sites.first().alarm
    assert len(service.search("words about subject number")) == 8


def test_a_good_listing_clears_the_alarm(service: Service) -> None:
    service.site.add("Bread", BREAD)
    service.sync()
    service.site.faults.add(faults.html_page, path="/wp/v2/posts")
    service.sync()
    service.site.faults.clear()

    service.sync()

    assert sites.first().alarm == ""


def test_a_warning_of_a_plugin_before_the_json_is_read_over(service: Service) -> None:
    service.site.add("Bread", BREAD)
    service.site.faults.add(faults.php_notice)

    run = service.sync()

    assert counts(run)["added"] == 1


def test_a_site_that_shrinks_at_once_removes_nothing_until_told(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    posts = [service.site.add(f"Post {n}", f"<p>Words about subject number {n}.</p>") for n in range(20)]
    service.sync()
    for post in posts[:10]:
        service.site.delete(post)

    caplog.set_level("WARNING")
    cautious, alarm, degraded = service.sync(), sites.first().alarm, report.degraded()
    told = service.sync(allow_mass_removal=True)

    assert counts(cautious)["removed"] == 0
    assert cautious.alarm == alarm and "10 of 20 posts vanished" in alarm
    assert any(alarm in reason for reason in degraded)
    assert "site not believed" in caplog.messages
    assert (counts(told)["removed"], sites.first().alarm) == (10, "")


@pytest.mark.parametrize("types", [["posts", "pages"], ["posts", "page"]])
def test_a_type_that_the_site_does_not_have_empties_no_index(service: Service, types: list[str]) -> None:
    service.site.add("Bread", "<p>A sourdough loaf costs 4 euro.</p>")
    service.site.add("About", "<p>Open since 1901.</p>", type="page")
    service.sync()

    with override_settings(POST_TYPES=types):
        run = service.sync()
    found = service.finds("sourdough")

    assert (run.removed, found) == (0, True)
    assert f"has no type {types[0]}" in run.alarm
    assert "post, page" in run.alarm or "page, post" in run.alarm
    assert "ASKPRESS_POST_TYPES" in sites.first().alarm
    assert service.sync().alarm == sites.first().alarm == ""


def test_beside_a_type_that_the_site_does_not_have_what_was_deleted_goes(service: Service) -> None:
    bread = service.site.add("Bread", "<p>A sourdough loaf costs 4 euro.</p>", type="page")
    service.site.add("About", "<p>Open since 1901.</p>", type="page")
    service.site.add("Tea", "<p>Tea is served at noon.</p>")
    service.sync()
    service.site.delete(bread)

    with override_settings(POST_TYPES=["posts", "page"]):
        run = service.sync()

    assert "has no type posts" in run.alarm
    assert (service.finds("sourdough"), service.finds("noon")) == (False, True)


def test_the_first_sync_of_types_that_the_site_does_not_have_says_so(service: Service) -> None:
    service.site.add("Bread", "<p>A sourdough loaf costs 4 euro.</p>")

    with override_settings(POST_TYPES=["posts"]):
        run = service.sync()

    assert "has no type posts" in run.alarm
    assert service.sync().added == 1


def test_a_type_taken_off_the_list_is_taken_out(service: Service) -> None:
    service.site.add("Bread", BREAD, type="page")
    service.sync()

    with override_settings(POST_TYPES=["post"]):
        run = service.sync()

    assert counts(run)["removed"] == 1
    assert service.search("sourdough") == []


def test_a_page_builders_post_is_named_and_its_public_page_read_on_request(service: Service) -> None:
    post = service.site.add("Builder", "[vc_row][vc_column][/vc_column][/vc_row]")

    run = service.sync()

    assert "page builder" in run.details["shortcodes"][str(post)]


def test_a_page_builders_public_page_is_read_when_the_owner_says_so(service: Service) -> None:
    service.site.add("Builder", "[vc_row][/vc_row]")
    words = b"<body><nav>Menu</nav><main><p>The builder shows opening hours from nine to five.</p></main></body>"
    service.site.faults.add(lambda request, reply: replace(reply, body=words), path="/builder/")

    with override_settings(READ_PUBLIC_PAGES=True):
        service.sync()

    assert service.titles("opening hours") == ["Builder"]
    assert service.rows("SELECT text LIKE '%Menu%' FROM askpress_document") == [(False,)]


def test_an_empty_and_an_image_only_post_are_no_failures(service: Service) -> None:
    service.site.add("Nothing", "")
    service.site.add("Image", '<figure><img src="a.jpg" alt=""></figure>')

    run = service.sync()

    assert counts(run)["failed"] == 0
    assert set(run.details) == {"empty"}


AWKWARD = {
    "special token": "<p>The token <|endoftext|> ends a text, says our glossary.</p>",
    "nul": "<p>before \x00 after the zero byte</p>",
    "surrogate": "<p>half \ud83d an emoji</p>",
    "unclosed script": "<p>kept text stays here</p><script>var lost = 1;",
    "stray head": "<p>Put this in the <head> of your theme and save.</p><p>Second paragraph.</p>",
    "nested": "<div>" * 2_000 + "deep words" + "</div>" * 2_000,
    "long": "".join(f"<h2>Part {n}</h2><p>Sentence number {n} of a long post about tools.</p>" for n in range(200)),
}


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_content_is_ingested(service: Service, name: str) -> None:
    service.site.add("It&#8217;s &#8220;AT&#038;T&#8221; <b>bold</b>", AWKWARD[name])

    run = service.sync()

    assert (run.added, run.details) == (1, {})
    assert service.rows("SELECT title FROM askpress_document") == [("It’s “AT&T” bold",)]
    assert service.rows("SELECT count(*) > 0 FROM askpress_chunk") == [(True,)]


def test_a_megabyte_of_text_is_ingested_whole(service: Service) -> None:
    service.site.add("Long", "<p>" + "many words follow each other here. " * 30_000 + "</p>")

    with override_settings(CHUNK_TOKENS=800, OVERLAP_TOKENS=100):
        run = service.sync()

    assert (run.added, run.details) == (1, {})
    assert service.rows("SELECT length(text) > 1000000 FROM askpress_document") == [(True,)]
    assert service.rows("SELECT count(*) > 160 FROM askpress_chunk") == [(True,)]


def test_a_second_run_at_the_same_time_is_told_so(service: Service) -> None:
    service.site.add("Bread", BREAD)
    service.sync()

    with runs.alone(sites.first().id) as alone, pytest.raises(errors.UsageError, match="another sync"):
        assert alone
        service.sync()


def test_two_first_syncs_at_once_leave_one_index(service: Service) -> None:
    service.site.add("Bread", BREAD)
    outcomes: list[object] = []

    def run() -> None:
        try:
            outcomes.append(service.sync().error)
        except errors.UsageError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert service.rows("SELECT count(*) FROM askpress_indexversion") == [(1,)]
    assert service.rows("SELECT count(*) FROM askpress_document") == [(1,)]


def test_another_sites_address_is_refused_with_the_words_to_use(service: Service) -> None:
    service.sync()

    with override_settings(WP_URL="https://other.example"), pytest.raises(errors.UsageError, match="--data"):
        service.sync()


def test_a_single_post_is_brought_up_to_date(service: Service) -> None:
    from askpress.sync import site as site_trip

    post = service.site.add("Bread", BREAD)
    service.sync()
    service.site.edit(post, html=TEA)
    gone = service.site.add("Gone", BREAD, status="draft")

    outcomes = site_trip.sync_posts([post, gone, 4711])

    assert [outcome.kind for outcome in outcomes] == ["changed", "unknown", "unknown"]
    assert service.rows("SELECT count(*) FROM askpress_chunk WHERE text LIKE '%Green tea%'") == [(1,)]
