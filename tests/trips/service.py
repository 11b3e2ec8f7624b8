"""A whole service in one process: a site with faults, a provider with faults, real Postgres and Valkey."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.test import override_settings

from askpress import providers, sites
from askpress.answer import ask
from askpress.answer.asked import Asked
from askpress.retrieval import keywords, retriever, store
from askpress.retrieval.passage import Passage
from askpress.sync import runs
from askpress.sync import site as site_trip
from tests.fakes.openai import KEY, FakeOpenAI
from tests.fakes.wordpress import FakeWordPress


@dataclass
class Service:
    """What a test drives."""

    site: FakeWordPress
    openai: FakeOpenAI

    def sync(self, **options: Any) -> runs.Run:
        keywords.forget()
        return site_trip.sync(sleep=lambda seconds: None, **options)

    def search(self, question: str, k: int = 8) -> list[Passage]:
        keywords.forget()
        site = sites.first()
        return list(retriever.retrieve(question, site_id=site.id, site_language=site.language, k=k).nearest)

    def titles(self, question: str) -> list[str]:
        return [passage.title for passage in self.search(question)]

    def finds(self, text: str) -> bool:
        """True when a search for the text finds a passage that holds it."""
        return any(text in passage.text for passage in self.search(text))

    def ask(self, question: str) -> dict[str, Any]:
        keywords.forget()
        return ask.ask(Asked(question, site=sites.first(), user="tests")).body

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with store.autocommit() as cursor:
            return cursor.execute(query.encode()).fetchall()

    @property
    def embeddings(self) -> int:
        """Texts the provider was paid to embed, questions included."""
        return len(self.openai.embedded)


@contextlib.contextmanager
def served(site: FakeWordPress, openai: FakeOpenAI) -> Iterator[Service]:
    """The service for a site, with a language model that is scripted by the test."""
    with override_settings(
        WP_URL=site.url,
        EMBEDDING_PROVIDER="openai",
        EMBEDDING_MODEL="text-embedding-3-small",
        EMBEDDING_DIMENSIONS=64,
        EMBEDDING_BASE_URL=openai.url,
        EMBEDDING_API_KEY=KEY,
        LANGUAGE_PROVIDER="openai",
        LANGUAGE_BASE_URL=openai.url,
        LANGUAGE_API_KEY=KEY,
        CHUNK_TOKENS=60,
        OVERLAP_TOKENS=12,
        PROVIDER_TIMEOUT_SECONDS=10,
        ANSWER_TIMEOUT_SECONDS=10,
        PROVIDER_RETRY_SECONDS=1,
        # Nothing waits for it to pass; a busy machine may take a second for a reply.
        WORDPRESS_TIMEOUT_SECONDS=10,
        WORDPRESS_MAX_BYTES=3_000_000,
    ):
        yield Service(site, openai)
    providers.close()
