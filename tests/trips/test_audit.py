"""What `askpress audit` finds, to the post; that it never judges by half a listing; and that a repair empties it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import override_settings

from askpress import commands, errors, sites
from askpress.retrieval import store
from askpress.sample import faults
from askpress.sample.exchange import json_reply
from askpress.sync import audit, repair, sides
from askpress.sync import site as site_trip
from tests.trips.conftest import Service

BREAD = "<p>Our sourdough rests overnight and is baked at six in the morning.</p>"
TEA = "<p>Green tea is brewed with water of eighty degrees, never hotter.</p>"
EARLY = "2026-01-01T00:00:00Z"
NOINDEX = {"yoast_head_json": {"robots": {"index": "noindex"}}}
NONE: dict[str, list[int]] = {name: [] for name in sides.SETS}


def look(**options: Any) -> audit.Audit:
    return repair.audit(sleep=lambda seconds: None, **options)


def sets(found: audit.Audit) -> dict[str, list[int]]:
    return {name: [one.id for one in getattr(found, name)] for name in sides.SETS}


def reasons(found: audit.Audit) -> list[str]:
    return [one.reason for one in found.differences]


def change(query: str) -> None:
    """Do what no trip of ours does: change our tables behind its back."""
    with store.autocommit() as cursor:
        cursor.execute(query.encode())


@pytest.fixture
def posts(service: Service) -> list[int]:
    """Twelve posts and pages that are ingested, none edited since."""
    made = [
        service.site.add(f"Post {n}", f"<p>Words about subject number {n}.</p>", type=kind, modified=EARLY)
        for n, kind in enumerate(["page", "post", "post"] * 4)
    ]
    service.sync()
    return made


def test_equal_sides_have_equal_digests(service: Service, posts: list[int]) -> None:
    by_listing, deep = look(), look(deep=True)

    assert (by_listing.verdict, by_listing.proof, sets(by_listing)) == ("equal", "listing", NONE)
    assert (deep.verdict, deep.proof, sets(deep)) == ("equal", "deep", NONE)
    assert by_listing.site_digest == by_listing.index_digest != ""
    assert deep.site_digest == deep.index_digest != by_listing.site_digest


def test_an_empty_site_and_an_empty_index_are_equal(service: Service) -> None:
    service.sync()

    assert look().verdict == "equal"


def test_each_planted_difference_lands_in_its_set(service: Service, posts: list[int]) -> None:
    new = service.site.add("New", BREAD, type="page")
    service.site.edit(posts[3], html=TEA)
    service.site.delete(posts[0])
    service.site.set_status(posts[4], "private")
    service.site.set_status(posts[5], "draft")
    service.site.edit(posts[6], password="open sesame")

    found = look()

    assert sets(found) == {
        "missing": [new],
        "stale": [posts[3]],
        "orphaned": [posts[0]],
        "leaked": [posts[4], posts[5], posts[6]],
    }
    assert found.verdict == "differs"
    assert found.site_digest != found.index_digest


def test_every_difference_has_its_reason(service: Service, posts: list[int]) -> None:
    fails = service.site.add("Fails", BREAD)
    service.site.faults.add(faults.poisoned(fails, fault=faults.no_json))
    service.sync()
    service.site.edit(posts[1], modified="2026-02-03T04:05:06Z")
    service.site.set_status(posts[2], "private")
    service.site.delete(posts[4])

    found = look()

    assert sets(found) == {"missing": [fails], "stale": [posts[1]], "orphaned": [posts[4]], "leaked": [posts[2]]}
    assert "broken JSON" in found.missing[0].reason
    assert found.stale[0].reason == "the site has it of 2026-02-03 04:05:06, we of 2026-01-01 00:00:00"
    assert found.orphaned[0].reason == "404 rest_post_invalid_id"
    assert found.leaked[0].reason == "401 rest_forbidden"


def test_a_post_that_came_back_is_missing_with_what_took_it_out(service: Service, posts: list[int]) -> None:
    service.site.set_status(posts[1], "draft")
    service.sync()
    service.site.set_status(posts[1], "publish")

    found = look()

    assert (sets(found), reasons(found)) == (
        NONE | {"missing": [posts[1]]},
        ["it was taken out: 401 rest_forbidden"],
    )


def test_what_is_left_out_on_purpose_is_not_missing(service: Service, posts: list[int]) -> None:
    service.site.add("Hidden", BREAD, extra=NOINDEX)
    service.site.add("Locked", BREAD, password="open sesame")
    service.site.add("Empty", "")
    service.site.add("Builder", "[vc_row][/vc_row]")
    service.sync()

    assert (look().verdict, look(deep=True).verdict) == ("equal", "equal")


def test_only_a_deep_audit_sees_a_change_without_a_date(service: Service, posts: list[int]) -> None:
    service.site.edit(posts[1], html=TEA, modified=EARLY)
    service.site.edit(posts[2], extra=NOINDEX, modified=EARLY)
    service.site.edit(posts[4], password="open sesame", modified=EARLY)

    by_listing, deep = look(), look(deep=True)

    assert by_listing.verdict == "equal"
    assert sets(deep) == NONE | {"stale": [posts[1]], "leaked": [posts[2], posts[4]]}
    assert deep.stale[0].reason == "its content is another"


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM askpress_chunk WHERE document_id = (SELECT id FROM askpress_document WHERE post_id = 2)",
        "DELETE FROM vector_1 v USING askpress_chunk c, askpress_document d"
        " WHERE v.chunk_id = c.id AND c.document_id = d.id AND d.post_id = 2",
        "DELETE FROM askpress_indexed WHERE document_id = (SELECT id FROM askpress_document WHERE post_id = 2)",
    ],
    ids=["chunks", "vectors", "version"],
)
def test_a_damaged_index_is_seen_and_repaired_for_nothing(service: Service, posts: list[int], damage: str) -> None:
    change(damage)
    paid = service.embeddings

    found, repaired = look(), look(repair=True)

    assert (sets(found), found.verdict) == (NONE | {"stale": [2]}, "differs")
    assert found.site_digest != found.index_digest
    assert (repaired.verdict, service.embeddings) == ("equal", paid)


def test_a_type_taken_off_the_list_is_orphaned_and_repaired(service: Service, posts: list[int]) -> None:
    with override_settings(POST_TYPES=["post"]):
        found = look()
        repaired = look(repair=True, allow_mass_removal=True)

    assert sets(found)["orphaned"] == [post for n, post in enumerate(posts) if n % 3 == 0]
    assert "ASKPRESS_POST_TYPES" in found.orphaned[0].reason
    assert repaired.verdict == "equal"


def test_a_post_that_is_public_but_not_listed_is_no_orphan(service: Service, posts: list[int]) -> None:
    def without(request: Any, reply: Any) -> Any:
        rows = [row for row in json.loads(reply.body) if row["id"] != posts[1]]
        return faults.total(len(rows))(request, json_reply(rows, *reply.headers))

    service.site.faults.add(without, path="/wp/v2/posts?")

    assert look().verdict == "equal"


def test_an_edit_while_the_site_is_listed_is_judged_as_it_was_listed(service: Service, posts: list[int]) -> None:
    service.site.faults.add(faults.then(lambda: service.site.edit(posts[1], html=TEA)), path="/wp/v2/posts?", times=1)

    during, after = look(), look()

    assert during.verdict == "equal"
    assert sets(after) == NONE | {"stale": [posts[1]]}


def test_what_a_worker_brings_in_meanwhile_is_no_difference(service: Service, posts: list[int]) -> None:
    def edited_and_ingested() -> None:
        service.site.edit(posts[1], html=TEA)
        service.site.delete(posts[2])
        new = service.site.add("New", BREAD)
        site_trip.sync_posts([posts[1], posts[2], new])

    service.site.faults.add(faults.then(edited_and_ingested), path="/wp/v2/posts?", times=1)

    assert look().verdict == "equal"


PARTIAL = {
    "wrong total": faults.total(77),
    "no total": faults.total(None),
    "html": faults.html_page,
    "unavailable": faults.unavailable("3600"),
    "login wanted": faults.not_logged_in,
    "cut": faults.cut_body,
}


@pytest.mark.parametrize("name", PARTIAL)
@pytest.mark.parametrize("options", [{}, {"deep": True}, {"repair": True}], ids=str)
def test_an_incomplete_listing_is_no_verdict_on_any_post(
    service: Service, posts: list[int], name: str, options: dict[str, bool]
) -> None:
    service.site.delete(posts[1])
    service.site.faults.add(PARTIAL[name], path="/wp/v2/posts")

    found = look(**options)

    assert (found.verdict, sets(found), found.site_digest, found.index_digest) == ("incomplete", NONE, "", "")
    assert found.reason
    assert len(service.search("words about subject number", k=50)) == 12


@pytest.mark.parametrize("fault", [faults.fatal_error, faults.html_page, faults.not_logged_in])
def test_a_single_answer_that_proves_nothing_is_no_verdict(service: Service, posts: list[int], fault: Any) -> None:
    service.site.delete(posts[1])
    service.site.faults.add(fault, path=f"/wp/v2/posts/{posts[1]}")

    assert look(repair=True).verdict == "incomplete"
    assert len(service.search("words about subject number", k=50)) == 12


def test_a_content_that_cannot_be_read_leaves_a_deep_audit_incomplete(service: Service, posts: list[int]) -> None:
    service.site.faults.add(faults.poisoned(posts[1], fault=faults.no_json))

    by_listing, deep = look(), look(deep=True)

    assert (by_listing.verdict, deep.verdict) == ("equal", "incomplete")
    assert f"Post {posts[1]}" in deep.reason


def test_a_wrong_application_password_is_no_verdict(service: Service, posts: list[int]) -> None:
    with override_settings(WORDPRESS_USER="editor", WORDPRESS_PASSWORD="wrong"):
        found = look(repair=True)

    assert (found.verdict, "application password" in found.reason) == ("incomplete", True)


def test_a_repair_empties_every_set(service: Service, posts: list[int]) -> None:
    service.site.add("New", BREAD, type="page")
    service.site.edit(posts[3], html=TEA)
    service.site.edit(posts[1], html=TEA, modified=EARLY)
    service.site.set_status(posts[4], "private")
    service.site.edit(posts[5], extra=NOINDEX, modified=EARLY)
    service.site.delete(posts[0])

    found = look(deep=True, repair=True)

    assert (found.verdict, sets(found)) == ("equal", NONE)
    assert service.titles("sourdough overnight")[0] == "New"
    assert service.rows("SELECT count(*) FROM askpress_document WHERE gone_at IS NOT NULL") == [(3,)]


def test_a_repair_says_what_it_could_not_repair(service: Service, posts: list[int]) -> None:
    fails = service.site.add("Fails", BREAD)
    service.site.faults.add(faults.poisoned(fails, fault=faults.no_json))

    found = look(repair=True)

    assert (found.verdict, sets(found)) == ("differs", NONE | {"missing": [fails]})
    assert "broken JSON" in found.missing[0].reason


def test_a_repair_takes_a_large_share_out_only_when_told(service: Service, posts: list[int]) -> None:
    new = service.site.add("New", BREAD)
    for post in posts[:6]:
        service.site.delete(post)

    cautious = look(repair=True)
    told = look(repair=True, allow_mass_removal=True)

    assert sets(cautious) == NONE | {"orphaned": posts[:6]}
    assert "6 of 12 posts" in cautious.refusal and new
    assert (told.verdict, told.refusal) == ("equal", "")


def test_the_last_audit_is_stored(service: Service, posts: list[int]) -> None:
    service.site.edit(posts[3], html=TEA)
    look(deep=True)
    found = look()

    assert audit.last(sites.first().id) == found
    assert service.rows("SELECT proof, verdict FROM askpress_audit ORDER BY id") == [
        ("deep", "differs"),
        ("listing", "differs"),
    ]


def test_an_incomplete_audit_is_stored_too(service: Service, posts: list[int]) -> None:
    service.site.faults.add(faults.total(77), path="/wp/v2/posts")
    found = look()

    assert audit.last(sites.first().id) == found


def test_before_the_first_sync_there_is_nothing_to_audit(service: Service) -> None:
    with pytest.raises(errors.NoLiveIndex):
        look()

    assert service.rows("SELECT count(*) FROM askpress_indexversion") == [(0,)]


def test_a_reset_forgets_the_audits(service: Service, posts: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    look()

    assert commands.main(["reset", "--yes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"forgotten": True}
    assert service.rows("SELECT count(*) FROM askpress_audit") == [(0,)]


def test_the_command_tells_people_and_ends_with_the_verdict(
    service: Service, posts: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    equal = commands.main(["audit"])
    service.site.delete(posts[1])
    differs = commands.main(["audit"])
    repaired = commands.main(["audit", "--repair"])
    service.site.faults.add(faults.total(77), path="/wp/v2/posts")
    incomplete = commands.main(["audit", "--deep"])

    said = capsys.readouterr().out
    assert (equal, differs, repaired, incomplete) == (0, 1, 0, 1)
    assert "Equal, by ids and dates." in said
    assert f"post {posts[1]}: 404 rest_post_invalid_id" in said
    assert "Incomplete, so that nothing is proven: the list of type 'post'" in said


def test_the_command_prints_the_audit_as_json(
    service: Service, posts: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    service.site.delete(posts[1])

    code = commands.main(["audit", "--json"])

    told = json.loads(capsys.readouterr().out)
    assert code == 1
    assert (told["verdict"], told["proof"]) == ("differs", "listing")
    assert told["orphaned"] == [{"id": posts[1], "type": "post", "reason": "404 rest_post_invalid_id"}]
    assert told["site_digest"] != told["index_digest"]
