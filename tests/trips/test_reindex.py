"""The next index version: built beside the live one out of what is stored, live in one moment, and back."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from django.test import override_settings

from askpress import errors, report
from askpress.commands import main
from askpress.retrieval import index, retriever, switch, versions
from askpress.sync import embedding, rebuild, recipes, reindex, runs
from askpress.sync import site as site_trip
from tests.fakes.openai import NO_QUOTA
from tests.trips.conftest import Service
from tests.trips.test_poll import LONG_AGO

# Of the fifth post; no other has one of the words.
FIFTH = " ".join(f"word5x{place}" for place in range(40, 47))
WISH = recipes.Wish(dimensions=32, chunk_tokens=40)


@pytest.fixture
def synced(service: Service) -> Service:
    """A site of ten posts, all in the index."""
    for number in range(10):
        words = " ".join(f"word{number}x{place}" for place in range(80))
        service.site.add(f"Post {number}", f"<h2 id='part'>Part</h2><p>{words}</p>", modified=LONG_AGO)
    assert service.sync().error == ""
    return service


def begin() -> versions.IndexVersion:
    return reindex.begin(recipes.recipe_of(WISH), kind="hnsw")


def purse(version: versions.IndexVersion) -> embedding.Purse:
    return embedding.Purse(retriever.embedding_model(version.recipe))


def build_most(version: versions.IndexVersion, leave: int) -> None:
    """Bring all but a few documents, as a build does that is not at its end."""
    rebuild.bring(version, switch.lacking(version.id)[:-leave], purse(version))


def whole(service: Service, version: int) -> bool:
    counts = {service.rows(f"SELECT count(*) FROM {table}_{version}")[0][0] for table in ("vector", "term", "sketch")}
    counts |= {service.rows(f"SELECT sum(chunks) FROM askpress_indexed WHERE index_version_id = {version}")[0][0]}
    counts |= {service.rows(f"SELECT count(*) FROM askpress_chunk WHERE index_version_id = {version}")[0][0]}
    return len(counts) == 1


def reindexed(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["reindex", *words, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_the_next_version_is_made_of_what_is_stored_and_asks_the_site_nothing(synced: Service) -> None:
    asked = len(synced.site.requests)

    assert reindex.complete(begin())

    live = versions.live()
    assert (live.recipe.dimensions, live.recipe.chunk_tokens) == (32, 40)
    assert len(synced.site.requests) == asked
    assert whole(synced, live.id)
    assert [passage.anchor for passage in synced.search(FIFTH) if "word5x43" in passage.text][:1] == ["part"]


def test_a_rebuild_makes_of_a_stored_post_what_its_ingest_made(synced: Service) -> None:
    before = synced.rows("SELECT document_id, checksum, chunks FROM askpress_indexed ORDER BY 1")

    reindex.complete(reindex.begin(versions.live().recipe, kind="hnsw"))

    live = versions.live().id
    after = synced.rows(
        f"SELECT document_id, checksum, chunks FROM askpress_indexed WHERE index_version_id = {live} ORDER BY 1"
    )
    assert after == before


def test_what_was_embedded_once_is_not_paid_again(synced: Service) -> None:
    paid = synced.embeddings

    reindex.complete(reindex.begin(versions.live().recipe, kind="hnsw"))

    assert synced.embeddings == paid


def test_an_edit_during_the_build_reaches_both_and_a_removal_too(synced: Service) -> None:
    version, live = begin(), versions.live()
    build_most(version, leave=3)
    synced.site.edit(1, html="<p>quixotic marmalade</p>", modified="2026-06-01T00:00:00Z")
    synced.site.delete(2)

    site_trip.sync_posts([1, 2])

    assert synced.finds("quixotic marmalade")
    texts = f"SELECT count(*) FROM askpress_chunk WHERE text LIKE '%quixotic%' AND index_version_id = {version.id}"
    assert synced.rows(texts) == [(1,)]
    assert synced.rows("SELECT count(*) FROM askpress_chunk WHERE text LIKE '%word1x1 %'") == [(0,)]
    assert versions.live() == live
    reindex.complete(version)
    assert whole(synced, version.id)
    assert synced.finds("quixotic marmalade")
    assert not synced.finds("word1x1 ")


def test_nothing_is_switched_while_a_document_is_lacking_or_old(synced: Service) -> None:
    version, live = begin(), versions.live()
    build_most(version, leave=1)
    assert switch.switch(version) == 1
    rebuild.bring(version, switch.lacking(version.id), purse(version))
    synced.rows(
        "UPDATE askpress_indexed SET content = content + 1 WHERE index_version_id = 1 AND document_id = 1 RETURNING 1"
    )

    assert switch.switch(version) == 1
    assert versions.live() == live


def test_a_version_with_a_lost_vector_never_goes_live(synced: Service) -> None:
    version, live = begin(), versions.live()
    rebuild.bring(version, switch.lacking(version.id), purse(version))
    table = f"vector_{version.id}"
    synced.rows(f"DELETE FROM {table} WHERE chunk_id = (SELECT max(chunk_id) FROM {table}) RETURNING 1")

    with pytest.raises(errors.UsageError, match="not whole"):
        switch.switch(version)

    assert versions.live() == live


def test_who_still_writes_to_the_version_before_is_told_and_writes_nothing(synced: Service) -> None:
    before = versions.live()
    reindex.complete(begin())
    document = next(rebuild.stored([1]))
    content = rebuild.make(document, before.recipe).content

    with pytest.raises(errors.Stopped, match="replaced"):
        index.replace(before, content)


def test_a_rollback_brings_what_was_edited_since_and_asks_nobody_for_the_rest(
    synced: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    first = versions.live()
    reindex.complete(begin())
    second = versions.live()
    synced.site.edit(1, html="<p>quixotic marmalade</p>", modified="2026-06-01T00:00:00Z")
    site_trip.sync_posts([1])
    paid = synced.embeddings

    assert reindexed(capsys, "--rollback", "--yes") == {"live": first.id, "retired": second.id}

    assert versions.live().recipe == first.recipe
    assert whole(synced, first.id)
    assert synced.embeddings == paid + 1
    assert synced.finds("quixotic marmalade")


def test_a_limit_for_a_rollback_does_not_count_what_the_version_once_cost(
    synced: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    first = versions.live()
    reindexed(capsys, "--dimensions", "32", "--yes")
    reindexed(capsys, "--rollback", "--yes")
    synced.site.edit(1, html="<p>quixotic marmalade</p>", modified="2026-06-01T00:00:00Z")
    site_trip.sync_posts([1])

    assert reindexed(capsys, "--rollback", "--max-cost", "0.000001")["retired"] == first.id


def test_what_is_paid_already_is_finished_below_any_limit(synced: Service, capsys: pytest.CaptureFixture[str]) -> None:
    version = reindex.begin(recipes.recipe_of(WISH), kind="hnsw")
    synced.rows(f"UPDATE askpress_indexversion SET tokens = 1000000 WHERE id = {version.id} RETURNING 1")
    for document in rebuild.stored(range(1, 11)):
        embedding.embed(rebuild.make(document, version.recipe).texts, purse(version), version.recipe, chunks=0)

    assert reindexed(capsys, "--max-cost", "0.000001")["live"] == version.id


def test_answers_of_the_version_before_are_not_given_again(synced: Service) -> None:
    corpus = synced.rows("SELECT corpus_version FROM askpress_site")

    reindex.complete(begin())

    assert synced.rows("SELECT corpus_version FROM askpress_site") != corpus


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--chunk-tokens", "1"), "takes 20 to 8192"),
        (("--chunk-tokens", "-5"), "takes 20 to 8192"),
        (("--chunk-tokens", "9000"), "takes 20 to 8192"),
        (("--chunk-tokens", "40", "--overlap-tokens", "21"), "at most half"),
        (("--provider", "local", "--chunk-tokens", "800"), "takes 20 to 256"),
    ],
)
def test_sizes_that_make_no_sense_are_refused(
    synced: Service, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert main(["reindex", *words]) == 2

    assert said in capsys.readouterr().err
    assert versions.in_state("building") is None


def test_searches_find_the_same_post_all_through_build_switch_rollback_and_drop(
    synced: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    ended, found = threading.Event(), list[bool]()

    def hammer() -> None:
        while not ended.is_set():
            found.append(any("word5x43" in passage.text for passage in synced.search(FIFTH)))

    with override_settings(ROLLBACK_DAYS=0):
        thread = threading.Thread(target=hammer)
        thread.start()
        try:
            reindexed(capsys, "--dimensions", "32", "--chunk-tokens", "40", "--yes")
            reindexed(capsys, "--rollback", "--yes")
            reindexed(capsys, "--drop-old")
        finally:
            ended.set()
            thread.join()

    assert len(found) > 5
    assert all(found)


def test_a_build_that_was_stopped_goes_on_and_pays_nothing_twice(synced: Service) -> None:
    version = begin()
    build_most(version, leave=4)
    paid = synced.embeddings
    with pytest.raises(errors.Stopped):
        reindex.complete(version, should_stop=lambda: True)

    assert begin().id == version.id
    reindex.complete(version)

    texts = synced.openai.embedded[paid:]
    assert len(texts) == len(set(texts))
    assert not set(texts) & set(synced.openai.embedded[:paid])
    assert versions.live().id == version.id


def test_one_reindex_at_a_time(synced: Service) -> None:
    with runs.alone(0, "reindex"):
        assert not reindex.complete(begin())


def test_another_recipe_while_one_is_built_is_refused_with_the_words_to_use(synced: Service) -> None:
    begin()

    with pytest.raises(errors.UsageError, match="--drop-new"):
        reindex.begin(recipes.recipe_of(recipes.Wish(dimensions=16)), kind="hnsw")


def test_the_cost_is_said_before_and_kept_to(synced: Service, capsys: pytest.CaptureFixture[str]) -> None:
    paid = synced.embeddings

    told = reindexed(capsys, "--dimensions", "32", "--dry-run")
    assert main(["reindex", "--dimensions", "32", "--max-cost", "0"]) == 1
    assert main(["reindex", "--dimensions", "32"]) == 2
    capsys.readouterr()

    assert told["documents"] == 10
    assert told["chunks"] > 0
    assert told["cost_usd"] == pytest.approx(told["tokens"] * 0.02 / 1_000_000)
    assert synced.embeddings == paid
    assert versions.in_state("building") is None
    assert reindexed(capsys, "--dimensions", "32", "--yes")["live"] == 2
    assert synced.embeddings == paid + told["chunks"]


def test_json_is_told_too_where_nothing_is_done(synced: Service, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reindex", "--dimensions", "32", "--max-cost", "0", "--json"]) == 1
    stopped = json.loads(capsys.readouterr().out)

    assert (stopped["stops"], stopped["documents"]) == (True, 10)
    assert reindexed(capsys) == {"live": versions.live().id}


def test_a_worker_goes_on_with_what_nobody_attends_and_leaves_what_was_stopped(synced: Service) -> None:
    version = begin()
    reindex.attend(version, unattended=False)
    reindex.tend(should_stop=lambda: False)
    assert versions.live().id != version.id

    reindex.attend(version, unattended=True)
    reindex.tend(should_stop=lambda: False)

    assert versions.live().id == version.id


def test_the_status_says_why_a_build_in_the_background_stands_still(
    synced: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    reindex.attend(begin(), unattended=True)
    synced.openai.fail("/embeddings", NO_QUOTA, times=20)
    reindex.tend(should_stop=lambda: False)

    assert "no quota left" in reindexed(capsys, "--status")["versions"][1]["error"]
    assert main(["reindex", "--status"]) == 0
    assert "stands still: The account at" in capsys.readouterr().out


def test_an_old_version_is_dropped_when_its_days_are_over(synced: Service) -> None:
    first = versions.live()
    reindex.complete(begin())
    reindex.tend(should_stop=lambda: False)
    assert versions.in_state("retired") is not None

    long_ago = "UPDATE askpress_indexversion SET retired_at = now() - interval '8 days' WHERE state = 'retired'"
    synced.rows(f"{long_ago} RETURNING 1")
    reindex.tend(should_stop=lambda: False)

    assert [version.id for version in versions.every()] == [versions.live().id]
    assert synced.rows(f"SELECT count(*) FROM askpress_chunk WHERE index_version_id = {first.id}") == [(0,)]
    assert synced.finds(FIFTH)


def test_a_text_that_cannot_be_embedded_keeps_the_live_version(synced: Service) -> None:
    version, live = begin(), versions.live()
    synced.openai.poison = "word4x1 "

    with pytest.raises(errors.UsageError, match="post 5"):
        reindex.complete(version)

    assert versions.live() == live


def test_the_warning_about_other_settings_names_the_words_that_make_them_true(
    synced: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    with override_settings(EMBEDDING_DIMENSIONS=32, CHUNK_TOKENS=40, OVERLAP_TOKENS=8):
        warning = report.recipe_warning()
        words = warning.partition("`askpress ")[2].partition("`")[0].split()
        assert main([*words, "--yes"]) == 0

        assert report.recipe_warning() == ""


def test_dates_and_categories_leave_every_vector_where_it_is(synced: Service) -> None:
    live = versions.live().id
    where = f"SELECT chunk_id, ctid::text FROM vector_{live} ORDER BY 1"
    before = synced.rows(where)
    synced.site.edit(1, modified="2026-06-01T00:00:00Z", categories=[7])

    site_trip.sync_posts([1])

    assert synced.rows("SELECT categories FROM askpress_document WHERE post_id = 1") == [([7],)]
    assert synced.rows(where) == before
