"""Puts the same chunks and vectors into our index and into the article's tables."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

import psycopg

from benchmarks import embeddings
from benchmarks.corpus import Document

if TYPE_CHECKING:
    from askpress.retrieval.index import Content
    from askpress.retrieval.versions import IndexVersion

DIMENSIONS = 3072
_TOGETHER = 50
_NOW = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)

# The article's, without the index that pgvector refuses for so many dimensions.
TABLES = """
CREATE TABLE documents (
    id UUID PRIMARY KEY,
    wp_id INTEGER UNIQUE,
    slug TEXT,
    title TEXT,
    url TEXT,
    updated_at TIMESTAMPTZ,
    checksum TEXT
);
CREATE TABLE chunks (
    id UUID PRIMARY KEY,
    doc_id UUID REFERENCES documents (id) ON DELETE CASCADE,
    ord INTEGER,
    content TEXT,
    embedding vector(3072),
    token_count INTEGER
);
"""


def ours(documents: Sequence[Document], *, dimensions: int = DIMENSIONS) -> str:
    """Fill our index and return an API key; Django is set up here, for the stores the environment names."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from askpress import keys, providers, sites
    from askpress.retrieval import versions

    call_command("migrate", verbosity=0)
    site = sites.ensure("http://site.test")
    sites.describe(site.id, api_root="", title="Site", language="en")
    # Answers are cached once the whole site was read.
    sites.reconciled(site.id, at=_NOW)
    traits = providers.embedding_traits("openai", "text-embedding-3-large", dimensions)
    version = versions.live_or_new(versions.recipe_of(traits))
    for start in range(0, len(documents), _TOGETHER):
        _index(version, site.id, documents[start : start + _TOGETHER])
    versions.build_ann(version.id)
    key = keys.create("benchmark")
    connection.close_pool()  # type: ignore[attr-defined]
    return key


def articles(documents: Sequence[Document]) -> None:
    """Fill the article's tables."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection, connection.cursor() as cursor:
        cursor.execute(TABLES)
        for document in documents:
            owner = uuid.uuid5(uuid.NAMESPACE_URL, document.title)
            cursor.execute(
                "INSERT INTO documents VALUES (%s, %s, %s, %s, %s, %s, %s)",
                (owner, document.number, "s", document.title, f"http://site.test/{document.number}", _NOW, "c"),
            )
            cursor.executemany(
                "INSERT INTO chunks VALUES (%s, %s, %s, %s, %s, %s)",
                [(uuid.uuid4(), owner, n, text, str(embeddings.vector(text, DIMENSIONS).tolist()), 800)
                 for n, text in enumerate(document.chunks)],
            )  # fmt: skip


def settle() -> None:
    """Let Postgres gather its statistics now and not in the middle of a round."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def _index(version: object, site_id: int, documents: Sequence[Document]) -> None:
    from askpress.retrieval import index, kept, versions

    assert isinstance(version, versions.IndexVersion)
    contents = [_content(version, site_id, document) for document in documents]
    chunks = [chunk for content in contents for chunk in content.chunks]
    kept.keep({chunk.key: embeddings.vector(chunk.text, version.recipe.dimensions) for chunk in chunks})
    versions.freeze_mean_lexemes(version, [len(chunk.lexemes) for chunk in chunks])
    index.replace_all(versions.live(), contents)


def _content(version: IndexVersion, site_id: int, document: Document) -> Content:
    from askpress.retrieval import index, kept, rows
    from askpress.text import terms

    chunks, start = [], 0
    for position, text in enumerate(document.chunks):
        chunks.append(
            rows.NewChunk(
                public_id=hashlib.sha256(f"{document.number}.{position}".encode()).hexdigest()[:20],
                text=text, headings=("Use", f"Part {position + 1}"), anchor="use", start=start,
                end=start + len(text), fresh=start, token_count=800,
                lexemes=tuple(terms.lexemes(f"{document.title}\n{text}", language="en")),
                key=kept.key(version.recipe.space, text),
            )
        )  # fmt: skip
        start += len(text)
    return index.Content(
        site_id=site_id, post_id=document.number, type="post", url=f"http://site.test/{document.number}",
        slug="s", title=document.title, language="en", author=1, categories=(), tags=(), published_at=_NOW,
        modified_at=_NOW, source=b"{}", source_checksum="s", text="".join(document.chunks), note="",
        checksum=document.title, chunks=tuple(chunks), read_at=_NOW,
    )  # fmt: skip
