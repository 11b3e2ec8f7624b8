"""Puts documents with chosen words, vectors and terms straight into an index, for tests of search."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np

from askpress import providers, sites
from askpress.retrieval import index, kept, keywords, lately, rows, store, versions
from askpress.text import terms

NOW = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
DIMENSIONS = 384


def site() -> sites.Site:
    """Make a site with an empty index of the offline model."""
    made = sites.ensure("http://site.test")
    versions.live_or_new(versions.recipe_of(providers.embedding_traits("local", "all-MiniLM-L6-v2-int8", DIMENSIONS)))
    keywords.forget()
    lately.forget()
    return made


def add(number: int, *texts: str, vectors: Sequence[np.ndarray] = (), **given: Any) -> None:
    """Add a document of one chunk for each text; its vector is even unless one is given."""
    site_id = sites.first().id
    version = versions.live()
    code = given.get("language", "en")
    chunks = [
        rows.NewChunk(
            public_id=f"c{number}-{place}", text=text, headings=(), anchor="", start=1_000 * place,
            end=1_000 * place + len(text), fresh=1_000 * place, token_count=12,
            lexemes=tuple(terms.lexemes(f"{given.get('title', '')}\n{text}", language=code)),
            key=kept.key(f"{number}-{place}", text),
        )
        for place, text in enumerate(texts)
    ]  # fmt: skip
    even = np.full(DIMENSIONS, 0.05, dtype=np.float32)
    kept.keep({chunk.key: vectors[place] if len(vectors) else even for place, chunk in enumerate(chunks)})
    versions.freeze_mean_lexemes(version, [len(chunk.lexemes) for chunk in chunks])
    values: dict[str, Any] = {
        "site_id": site_id, "post_id": number, "type": "post", "url": f"http://site.test/{number}/", "slug": "s",
        "title": f"Post {number}", "language": "en", "author": 1, "categories": (), "tags": (), "published_at": NOW,
        "modified_at": NOW, "source": b"{}", "source_checksum": "s", "text": "".join(texts), "note": "",
        "checksum": f"c{number}", "chunks": tuple(chunks), "read_at": NOW,
    }  # fmt: skip
    index.replace(versions.live(), index.Content(**{**values, **given}))


def add_term(taxonomy: str, number: int, *, name: str, slug: str) -> None:
    """Add a category, tag or author of the site."""
    with store.autocommit() as cursor:
        cursor.execute(
            "INSERT INTO askpress_term (site_id, taxonomy, term_id, name, slug) VALUES (%s, %s, %s, %s, %s)",
            (sites.first().id, taxonomy, number, name, slug),
        )
