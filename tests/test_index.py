"""The index in Postgres: what is replaced, removed, kept and found."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from askpress import errors, sites
from askpress.retrieval import fusion, index, kept, keywords, rows, search, store, versions
from askpress.retrieval.passage import Passage

pytestmark = pytest.mark.usefixtures("db")

RECIPE = versions.Recipe("local", "test", 8, 100, 10)
NOW = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)


@pytest.fixture
def version(db: None) -> versions.IndexVersion:
    made = versions.live_or_new(RECIPE)
    versions.freeze_mean_lexemes(made, [4])
    keywords.forget()
    return versions.live()


@pytest.fixture
def site_id(db: None) -> int:
    return sites.ensure("http://site.test").id


def vector(seed: int) -> npt.NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=8).astype(np.float32)


def chunk(text: str, *, seed: int = 0, at: int = 0) -> rows.NewChunk:
    key = kept.key(RECIPE.space, f"{text}{seed}")
    kept.keep({key: vector(seed)})
    return rows.NewChunk(
        public_id=f"{text[:8]}-{at}",
        text=text,
        headings=("Heading",),
        anchor="",
        start=at,
        end=at + len(text),
        fresh=at,
        token_count=len(text.split()),
        lexemes=tuple(text.lower().split()),
        key=key,
    )


def content(site_id: int, post_id: int, *chunks: rows.NewChunk, **given: object) -> index.Content:
    values: dict[str, object] = {
        "type": "post", "url": f"http://site.test/{post_id}", "slug": "s", "title": f"Title {post_id}",
        "language": "en", "author": 1, "categories": (3,), "tags": (), "published_at": NOW, "modified_at": NOW,
        "source": b"{}", "source_checksum": "s", "text": " ".join(c.text for c in chunks), "note": "",
        "checksum": hashlib.sha256("".join(c.public_id for c in chunks).encode()).hexdigest(), "read_at": NOW,
    }  # fmt: skip
    return index.Content(site_id=site_id, post_id=post_id, chunks=chunks, **{**values, **given})  # type: ignore[arg-type]


def find(
    version: versions.IndexVersion, site_id: int, question: str, *, seed: int | None = 0, k: int = 5
) -> list[Passage]:
    asked = keywords.analyse(question, languages=["xx"], version=version.id, site_id=site_id)
    return search.hybrid(
        version,
        site_id=site_id,
        embedding=None if seed is None else vector(seed),
        keywords=asked,
        weights=fusion.Weights(dense=1.0, keyword=0.3),
        k=k,
    )


def texts(passages: Sequence[Passage]) -> list[str]:
    return [passage.text for passage in passages]


def count(table: str) -> int:
    with store.autocommit() as cursor:
        row = cursor.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
    return int(row[0]) if row else -1


def test_a_document_is_found_by_meaning_and_by_words(version: versions.IndexVersion, site_id: int) -> None:
    index.replace(version, content(site_id, 1, chunk("sourdough rests overnight", seed=1)))
    index.replace(version, content(site_id, 2, chunk("parking behind the shop", seed=2)))

    by_meaning = find(version, site_id, "zzz", seed=1)
    by_words = find(version, site_id, "parking", seed=None)

    assert texts(by_meaning)[0] == "sourdough rests overnight"
    assert by_meaning[0].cosine == pytest.approx(1.0, abs=1e-3)
    assert texts(by_words) == ["parking behind the shop"]
    assert by_words[0].coverage == 1.0


def test_replacing_a_document_leaves_none_of_its_old_chunks(version: versions.IndexVersion, site_id: int) -> None:
    index.replace(version, content(site_id, 1, *(chunk(f"old text {n}", seed=n, at=n) for n in range(5))))

    kind = index.replace(version, content(site_id, 1, chunk("new text", seed=9)))

    assert kind == "changed"
    assert count("askpress_chunk") == 1
    assert count(f"vector_{version.id}") == count(f"term_{version.id}") == 1


def test_the_same_content_changes_nothing(version: versions.IndexVersion, site_id: int) -> None:
    first = content(site_id, 1, chunk("text", seed=1))
    index.replace(version, first)
    before = sites.corpus_version(site_id)

    kind = index.replace(version, first)

    assert kind == "unchanged"
    assert sites.corpus_version(site_id) == before


def test_a_new_address_changes_the_version_but_no_chunk(version: versions.IndexVersion, site_id: int) -> None:
    piece = chunk("text", seed=1)
    index.replace(version, content(site_id, 1, piece))
    with store.autocommit() as cursor:
        before = cursor.execute("SELECT id FROM askpress_chunk").fetchall()

    kind = index.replace(version, content(site_id, 1, piece, url="http://site.test/moved"))

    with store.autocommit() as cursor:
        assert cursor.execute("SELECT id FROM askpress_chunk").fetchall() == before
    assert kind == "changed"


def test_an_older_reading_never_overwrites_a_newer_one(version: versions.IndexVersion, site_id: int) -> None:
    index.replace(version, content(site_id, 1, chunk("newer", seed=1)))

    kind = index.replace(version, content(site_id, 1, chunk("older", seed=2), read_at=NOW - dt.timedelta(seconds=1)))

    assert kind == "older"
    assert texts(find(version, site_id, "newer")) == ["newer"]


def test_a_removed_document_is_out_of_search_and_its_text_is_nowhere(
    version: versions.IndexVersion, site_id: int
) -> None:
    index.replace(version, content(site_id, 1, chunk("secret recipe", seed=1)))

    removed = index.remove(site_id, 1, evidence="404")

    assert removed
    assert find(version, site_id, "secret recipe", seed=1) == []
    assert count("askpress_chunk") == count(f"term_{version.id}") == count(f"vector_{version.id}") == 0
    with store.autocommit() as cursor:
        row = cursor.execute("SELECT title, text, source, url FROM askpress_document").fetchone()
    assert row == ("", "", b"", "")


def test_a_post_that_comes_back_is_added_without_embedding(version: versions.IndexVersion, site_id: int) -> None:
    piece = chunk("secret recipe", seed=1)
    index.replace(version, content(site_id, 1, piece))
    index.remove(site_id, 1, evidence="401 rest_forbidden", read_at=NOW)

    index.replace(version, content(site_id, 1, piece, read_at=NOW + dt.timedelta(hours=1)))

    assert kept.known([piece.key]) == {piece.key}
    assert texts(find(version, site_id, "recipe")) == ["secret recipe"]


def test_a_missing_vector_leaves_the_old_chunks(version: versions.IndexVersion, site_id: int) -> None:
    index.replace(version, content(site_id, 1, chunk("old", seed=1)))
    unkept = rows.NewChunk("id", "new", (), "", 0, 3, 0, 1, ("new",), b"never kept")

    with pytest.raises(LookupError, match="1 vectors of post 1"):
        index.replace(version, content(site_id, 1, unkept))

    assert texts(find(version, site_id, "old")) == ["old"]


def test_a_failure_is_recorded_and_what_was_found_stays_found(version: versions.IndexVersion, site_id: int) -> None:
    index.replace(version, content(site_id, 1, chunk("old", seed=1)))

    index.record_failure(site_id, 1, type="post", error="the provider is down")

    assert texts(find(version, site_id, "old")) == ["old"]


def test_a_document_without_chunks_is_remembered_as_indexed(version: versions.IndexVersion, site_id: int) -> None:
    index.replace(version, content(site_id, 1, note="empty"))

    assert count("askpress_indexed") == 1
    assert count("askpress_chunk") == 0


def test_one_document_gives_at_most_three_passages(version: versions.IndexVersion, site_id: int) -> None:
    long = [chunk(f"bread number{n}", seed=n, at=100 * n) for n in range(4)]
    index.replace(version, content(site_id, 1, *long))
    others = [chunk("bread elsewhere", seed=50 + n) for n in range(8)]
    for post_id, piece in enumerate(others, start=2):
        index.replace(version, content(site_id, post_id, piece))

    found = find(version, site_id, "bread", seed=None, k=8)

    assert sum(passage.title == "Title 1" for passage in found) <= search.PER_DOCUMENT
    assert len(found) == 8


def test_a_document_the_question_is_about_gives_all_its_passages(version: versions.IndexVersion, site_id: int) -> None:
    prices = [chunk(f"price list part{n}", seed=n, at=100 * n) for n in range(6)]
    index.replace(version, content(site_id, 1, *prices))
    index.replace(version, content(site_id, 2, chunk("something else entirely", seed=70)))

    found = find(version, site_id, "price list", seed=None, k=6)

    assert len(found) == 6


def test_ties_come_in_one_order(version: versions.IndexVersion, site_id: int) -> None:
    for post_id in range(6):
        index.replace(version, content(site_id, post_id, chunk("same words", seed=1)))

    orders = {tuple(p.document_id for p in find(version, site_id, "same words", seed=1, k=6)) for _ in range(5)}

    assert len(orders) == 1
    assert list(next(iter(orders))) == sorted(next(iter(orders)))


def test_search_equals_a_plain_reference(version: versions.IndexVersion, site_id: int) -> None:
    vectors = {n: vector(n) for n in range(40)}
    for n in vectors:
        index.replace(version, content(site_id, n, chunk(f"word{n}", seed=n)))
    versions.build_ann(version.id)
    query = vector(1000)

    found = find(version, site_id, "zzz", seed=1000, k=10)

    cosines = {n: float(v @ query / np.linalg.norm(v) / np.linalg.norm(query)) for n, v in vectors.items()}
    expected = sorted(cosines, key=cosines.__getitem__, reverse=True)[:10]
    assert [passage.title for passage in found] == [f"Title {n}" for n in expected]


def test_the_live_version_is_made_once(db: None) -> None:
    one = versions.live_or_new(RECIPE)
    two = versions.live_or_new(versions.Recipe("openai", "other", 16, 800, 100))

    assert one == two
    assert two.recipe.model == "test"


def test_an_empty_database_says_what_to_do(db: None) -> None:
    with pytest.raises(errors.NoLiveIndex, match="askpress sync"):
        versions.live()


def test_too_many_dimensions_are_refused_with_the_setting_to_change(db: None) -> None:
    from askpress.providers.contract import EmbeddingTraits

    traits = EmbeddingTraits("openai", "huge", 5000, 800, 100, 8192, 100, 1000, 1, None, frozenset(), None)

    with pytest.raises(errors.SettingsError, match="ASKPRESS_EMBEDDING_DIMENSIONS"):
        versions.recipe_of(traits)


@pytest.mark.parametrize("dimensions", [1, 384, 1536, 3072, 4000])
def test_a_row_of_every_allowed_length_can_be_written(db: None, dimensions: int) -> None:
    recipe = versions.Recipe("local", "test", dimensions, 100, 10)
    made = versions.live_or_new(recipe)
    versions.freeze_mean_lexemes(made, [4])
    key = kept.key(recipe.space, "text")
    kept.keep({key: np.ones(dimensions, dtype=np.float32)})
    site_id = sites.ensure("http://site.test").id
    piece = rows.NewChunk("id", "text", (), "", 0, 4, 0, 1, ("text",), key)

    index.replace(versions.live(), content(site_id, 1, piece))
    versions.build_ann(made.id)

    assert count(f"vector_{made.id}") == 1


def test_odd_lexemes_are_stored_and_found_literally(version: versions.IndexVersion, site_id: int) -> None:
    odd = ["it's", "back\\slash", "a:b", "x" * 300, "'", "c++", "日本"]
    key = kept.key(RECIPE.space, "odd")
    kept.keep({key: vector(1)})
    piece = rows.NewChunk("id", "odd", (), "", 0, 3, 0, 1, tuple(odd), key)

    index.replace(version, content(site_id, 1, piece))

    with store.autocommit() as cursor:
        row = cursor.execute(f"SELECT tsvector_to_array(lexemes) FROM term_{version.id}".encode()).fetchone()
    assert row is not None
    assert sorted(row[0]) == sorted(odd)


def test_a_chunk_is_stored_as_it_was_made(version: versions.IndexVersion, site_id: int) -> None:
    made = [
        chunk("Grüße aus Zürich 🙂", seed=1),
        dataclasses.replace(chunk("none above", seed=2, at=30), headings=(), anchor="", fresh=33),
        dataclasses.replace(
            chunk("many above", seed=3, at=50), headings=('a "b", {c}', "NULL", "日本 \\"), anchor="#x"
        ),
    ]

    index.replace(version, content(site_id, 1, *made))

    fields = ("public_id", "text", "headings", "anchor", "start", "end", "fresh", "token_count", "key")
    columns = ", ".join(f'"{name}"' for name in fields)
    with store.autocommit() as cursor:
        stored = cursor.execute(f"SELECT {columns} FROM askpress_chunk ORDER BY position".encode(), binary=True)
        found = [(row[0], row[1], tuple(row[2]), *row[3:]) for row in stored]
    assert found == [tuple(getattr(one, name) for name in fields) for one in made]
