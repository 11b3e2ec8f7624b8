"""Index versions: which recipe is live, and the narrow tables each version owns."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from askpress import errors
from askpress.providers.contract import EmbeddingTraits
from askpress.retrieval import ann, store, tables
from askpress.text import chunking, cleaning, terms

# Largest length HNSW takes for halfvec (pgvector 0.8).
MAX_DIMENSIONS = 4_000
# A title and a sentence.
_LEAST_CHUNK_TOKENS = 20


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that shapes the chunks and their vectors."""

    provider: str
    model: str
    dimensions: int
    chunk_tokens: int
    overlap_tokens: int
    cleaner: int = cleaning.VERSION
    chunker: int = chunking.VERSION
    terms: int = terms.VERSION

    @property
    def space(self) -> str:
        return f"{self.provider}:{self.model}:{self.dimensions}"


@dataclass(frozen=True, slots=True)
class IndexVersion:
    """A row of the table of the same name."""

    id: int
    recipe: Recipe
    # BM25's length normalisation; None until the first chunks were written.
    mean_lexemes: float | None
    # "building", "live", "retired" or "dropping".
    state: str = "live"
    # "hnsw" or "ivfflat", and how wide a search in it goes.
    ann: str = ann.HNSW
    ef_search: int = 80
    probes: int = 1


def recipe_of(traits: EmbeddingTraits, *, chunk_tokens: int = 0, overlap_tokens: int = -1) -> Recipe:
    """Return the recipe for an embedding model; sizes of 0 and -1 mean the model's own recommendation.

    Raises SettingsError for sizes that would cut texts off or say everything many times.
    """
    if traits.dimensions > MAX_DIMENSIONS:
        raise errors.SettingsError(
            f"{traits.model} gives {traits.dimensions} dimensions; an HNSW index takes at most {MAX_DIMENSIONS}: "
            "set ASKPRESS_EMBEDDING_DIMENSIONS lower."
        )
    recommended = traits.overlap_tokens if not chunk_tokens else min(traits.overlap_tokens, chunk_tokens // 4)
    size, overlap = chunk_tokens or traits.chunk_tokens, recommended if overlap_tokens < 0 else overlap_tokens
    if not _LEAST_CHUNK_TOKENS <= size <= traits.max_tokens:
        raise errors.SettingsError(
            f"chunks of {size} tokens: {traits.model} takes {_LEAST_CHUNK_TOKENS} to {traits.max_tokens}; set "
            "ASKPRESS_CHUNK_TOKENS, or give --chunk-tokens to reindex."
        )
    if 2 * overlap > size:
        raise errors.SettingsError(
            f"an overlap of {overlap} tokens in chunks of {size}: set ASKPRESS_OVERLAP_TOKENS to at most half, or give "
            "--overlap-tokens to reindex."
        )
    return Recipe(traits.provider, traits.model, traits.dimensions, size, overlap)


_COLUMNS = ", ".join(field.name for field in dataclasses.fields(Recipe))
_SELECT = f"SELECT id, mean_lexemes, state, ann, ef_search, probes, {_COLUMNS} FROM askpress_indexversion"  # noqa: S608
_LIVE = _SELECT + " WHERE state = 'live'"


def live() -> IndexVersion:
    """Return the live index version, the only truth about the recipe; raises NoLiveIndex before the first sync."""
    with store.autocommit() as cursor:
        row = cursor.execute(_LIVE, prepare=True).fetchone()
    if row is None:
        raise errors.NoLiveIndex("Nothing has been ingested yet: run `askpress sync`.")
    return _version(row)


def in_state(state: str) -> IndexVersion | None:
    """Return the version that is "building" or "retired", of which there is one at most."""
    with store.autocommit() as cursor:
        row = cursor.execute(_SELECT + " WHERE state = %s ORDER BY id LIMIT 1", (state,), prepare=True).fetchone()
    return _version(row) if row else None


def every() -> list[IndexVersion]:
    """Return all versions, the oldest first."""
    with store.autocommit() as cursor:
        return [_version(row) for row in cursor.execute(_SELECT + " ORDER BY id")]


def _version(row: store.Row) -> IndexVersion:
    number, mean, state, kind, ef_search, probes, *recipe = row
    return IndexVersion(number, Recipe(*recipe), mean, state, kind, ef_search, probes)


def live_or_new(recipe: Recipe, *, kind: str = ann.HNSW) -> IndexVersion:
    """Return the live version, made from `recipe` with an index of `kind` when there is none yet."""
    with store.transaction() as cursor:
        # Two first syncs at once: the second waits and finds the first one's version.
        cursor.execute("LOCK TABLE askpress_indexversion IN SHARE ROW EXCLUSIVE MODE")
        if cursor.execute(_LIVE).fetchone() is None:
            _create(cursor, recipe, state="live", kind=kind)
    return live()


def begin(recipe: Recipe, *, kind: str) -> IndexVersion:
    """Make the version that is to follow the live one, empty; return the one that is being built if there is one."""
    with store.transaction() as cursor:
        cursor.execute("LOCK TABLE askpress_indexversion IN SHARE ROW EXCLUSIVE MODE")
        row = cursor.execute(_SELECT + " WHERE state = 'building'").fetchone()
        if row is None:
            number = _create(cursor, recipe, state="building", kind=kind)
            row = cursor.execute(_SELECT + " WHERE id = %s", (number,)).fetchone()
    assert row is not None
    return _version(row)


def _create(cursor: store.Cursor, recipe: Recipe, *, state: str, kind: str) -> int:
    values = dataclasses.astuple(recipe)
    places = ", ".join(["%s"] * len(values))
    cursor.execute(
        f"INSERT INTO askpress_indexversion (state, ann, created_at, live_at, {_COLUMNS}) "  # noqa: S608
        f"VALUES (%s, %s, now(), CASE WHEN %s = 'live' THEN now() END, {places}) RETURNING id",
        (state, kind, state, *values),
    )
    (version,) = cursor.fetchone() or (0,)
    tables.create(cursor, version=version, dimensions=recipe.dimensions, chunk_tokens=recipe.chunk_tokens)
    return int(version)


def build_ann(version: int, *, on_progress: ann.OnProgress | None = None) -> None:
    """Build the index over the vectors if it is missing, after the first load, which it would slow five times.

    Few rows need none; IVFFlat is built anew when its table has outgrown it.
    """
    with store.autocommit() as cursor:
        row = cursor.execute(
            "SELECT id, ann, dimensions, ann_rows FROM askpress_indexversion WHERE id = %s", (version,)
        ).fetchone()
    assert row is not None
    table = ann.Table(*row)
    rows = ann.build(table, on_progress=on_progress)
    if rows and table.kind == ann.IVFFLAT:
        with store.autocommit() as cursor:
            cursor.execute(
                "UPDATE askpress_indexversion SET ann_rows = %s, probes = %s WHERE id = %s",
                (rows, ann.probes(rows), version),
            )


def drop(version: int) -> None:
    """Drop a version whole: its tables, chunks and row. The live one must be retired first."""
    with store.autocommit() as cursor:
        cursor.execute("UPDATE askpress_indexversion SET state = 'dropping' WHERE id = %s", (version,))
    tables.drop(version)


def freeze_mean_lexemes(version: IndexVersion, lengths: Sequence[int]) -> float:
    """Return the version's mean chunk length in lexemes, fixed by the first chunks that come."""
    if version.mean_lexemes is not None:
        return version.mean_lexemes
    mean = sum(lengths) / len(lengths) if lengths else 1.0
    with store.autocommit() as cursor:
        row = cursor.execute(
            "UPDATE askpress_indexversion SET mean_lexemes = coalesce(mean_lexemes, %s) WHERE id = %s"
            " RETURNING mean_lexemes",
            (mean, version.id),
        ).fetchone()
    return row[0] if row else mean


def reset() -> None:
    """Forget sites, documents and every index version; keys and vectors that were paid for stay."""
    for version in every():
        drop(version.id)
    with store.transaction() as cursor:
        for name in ("document", "syncrun", "audit", "term", "webhooksecret", "exclusion", "site"):
            cursor.execute(f"DELETE FROM askpress_{name}".encode())  # noqa: S608
