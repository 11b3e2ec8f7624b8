"""Index versions: which recipe is live, and the narrow tables each version owns."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from askpress import errors
from askpress.providers.contract import EmbeddingTraits
from askpress.retrieval import store
from askpress.text import chunking, cleaning, terms

# A row that must fit a page: 8,192 bytes less page header, line pointer and room for one tuple.
_PAGE_ROW_BYTES = 8_160
# Tuple header, chunk_id, site_id with padding, and halfvec's own header.
_ROW_OVERHEAD_BYTES = 24 + 8 + 8 + 8
# Up to this size a row's weights stay uncompressed beside its ids, and only the lexemes, which a search does not read,
# are moved out of line. At Postgres's 2 kB half of what a search costs it went into unpacking weights.
_TERM_ROW_BYTES = 4_080
# Largest length HNSW takes for halfvec (pgvector 0.8).
MAX_DIMENSIONS = 4_000


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


def recipe_of(traits: EmbeddingTraits, *, chunk_tokens: int = 0, overlap_tokens: int = -1) -> Recipe:
    """Return the recipe for an embedding model; sizes of 0 and -1 mean the model's own recommendation."""
    if traits.dimensions > MAX_DIMENSIONS:
        raise errors.SettingsError(
            f"{traits.model} gives {traits.dimensions} dimensions; an HNSW index takes at most {MAX_DIMENSIONS}: "
            "set ASKPRESS_EMBEDDING_DIMENSIONS lower."
        )
    recommended = traits.overlap_tokens if not chunk_tokens else min(traits.overlap_tokens, chunk_tokens // 4)
    return Recipe(
        provider=traits.provider,
        model=traits.model,
        dimensions=traits.dimensions,
        chunk_tokens=chunk_tokens or traits.chunk_tokens,
        overlap_tokens=recommended if overlap_tokens < 0 else overlap_tokens,
    )


_COLUMNS = ", ".join(field.name for field in dataclasses.fields(Recipe))
_LIVE = f"SELECT id, mean_lexemes, {_COLUMNS} FROM askpress_indexversion WHERE state = 'live'"  # noqa: S608


def live() -> IndexVersion:
    """Return the live index version, the only truth about the recipe; raises NoLiveIndex before the first sync."""
    with store.autocommit() as cursor:
        row = cursor.execute(_LIVE, prepare=True).fetchone()
    if row is None:
        raise errors.NoLiveIndex("Nothing has been ingested yet: run `askpress sync`.")
    return IndexVersion(id=row[0], mean_lexemes=row[1], recipe=Recipe(*row[2:]))


def live_or_new(recipe: Recipe) -> IndexVersion:
    """Return the live version, made from `recipe` when there is none yet."""
    with store.transaction() as cursor:
        # Two first syncs at once: the second waits and finds the first one's version.
        cursor.execute("LOCK TABLE askpress_indexversion IN SHARE ROW EXCLUSIVE MODE")
        if cursor.execute(_LIVE).fetchone() is None:
            _create(cursor, recipe)
    return live()


def _create(cursor: store.Cursor, recipe: Recipe) -> None:
    values = dataclasses.astuple(recipe)
    places = ", ".join(["%s"] * len(values))
    cursor.execute(
        f"INSERT INTO askpress_indexversion (state, created_at, live_at, {_COLUMNS}) "  # noqa: S608
        f"VALUES ('live', now(), now(), {places}) RETURNING id",
        values,
    )
    (version,) = cursor.fetchone() or (0,)
    _create_tables(cursor, version=version, dimensions=recipe.dimensions)


def _create_tables(cursor: store.Cursor, *, version: int, dimensions: int) -> None:
    plain = 2 * dimensions + _ROW_OVERHEAD_BYTES <= _PAGE_ROW_BYTES
    cursor.execute(
        f"""
        CREATE TABLE vector_{version} (
            chunk_id bigint PRIMARY KEY REFERENCES askpress_chunk ON DELETE CASCADE,
            site_id bigint NOT NULL,
            embedding halfvec({dimensions}) NOT NULL
        );
        ALTER TABLE vector_{version} ALTER embedding SET STORAGE {"PLAIN" if plain else "EXTERNAL"};
        CREATE INDEX ON vector_{version} (site_id);
        CREATE TABLE term_{version} (
            chunk_id bigint PRIMARY KEY REFERENCES askpress_chunk ON DELETE CASCADE,
            site_id bigint NOT NULL,
            lexemes tsvector NOT NULL,
            weights sparsevec NOT NULL
        );
        ALTER TABLE term_{version} ALTER weights SET STORAGE MAIN, SET (toast_tuple_target = {_TERM_ROW_BYTES});
        CREATE INDEX ON term_{version} USING gin (lexemes);
        CREATE INDEX ON term_{version} (site_id);
        """.encode()
    )


def build_ann(version: int) -> None:
    """Build the HNSW index if it is missing: after the first load, which it would slow five times."""
    name = f"vector_{version}_hnsw"
    with store.autocommit() as cursor:
        valid = cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", (name,)).fetchone()
        if valid == (True,):
            return
        cursor.execute("SET statement_timeout = 0; SET client_min_messages = warning")
        try:
            # What an interrupted build leaves behind is marked invalid and never used.
            cursor.execute(f"DROP INDEX IF EXISTS {name}".encode())
            cursor.execute(
                f"CREATE INDEX CONCURRENTLY {name} ON vector_{version} "
                "USING hnsw (embedding halfvec_cosine_ops) WITH (m = 16, ef_construction = 64)".encode()
            )
        finally:
            cursor.execute("RESET statement_timeout; RESET client_min_messages")


def drop(version: int) -> None:
    """Drop a version whole: its tables, chunks and row."""
    with store.transaction() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(f"DROP TABLE IF EXISTS vector_{version}, term_{version}".encode())
        cursor.execute("DELETE FROM askpress_indexed WHERE index_version_id = %s", (version,))
        cursor.execute("DELETE FROM askpress_chunk WHERE index_version_id = %s", (version,))
        cursor.execute("DELETE FROM askpress_indexversion WHERE id = %s", (version,))


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
    with store.autocommit() as cursor:
        every = [row[0] for row in cursor.execute("SELECT id FROM askpress_indexversion")]
    for version in every:
        drop(version)
    with store.transaction() as cursor:
        for name in ("document", "syncrun", "audit", "term", "webhooksecret", "exclusion", "site"):
            cursor.execute(f"DELETE FROM askpress_{name}".encode())  # noqa: S608
