"""How fast posts become chunks: loading and building the index, with a provider of no latency and a slow one."""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import corpus, measure, stores

if TYPE_CHECKING:
    from askpress.providers.contract import EmbeddingTraits, Vectors
    from askpress.wordpress.post import Post

DIMENSIONS = 1_536
# Chunks a second with a provider of no latency and with one of 300 ms.
TARGETS = {0: 500, 300: 300}
# Of our CPU a chunk, besides cleaning, splitting and tokenising.
TARGET_CPU_US = 200
_SLICE = 100
_NOW = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Load:
    """One load of all posts, with the build of the index."""

    chunks: int
    load_seconds: float
    build_seconds: float
    # Ours a chunk: all of it, and without what makes posts ready.
    cpu_us: float
    write_us: float
    postgres_us: float

    @property
    def per_second(self) -> float:
        return self.chunks / (self.load_seconds + self.build_seconds)


class Model:
    """An embedding model in this process: made-up vectors after so many milliseconds."""

    def __init__(self, traits: EmbeddingTraits, milliseconds: int) -> None:
        self.traits = traits
        self._seconds = milliseconds / 1_000
        self._pool = np.random.default_rng(1).normal(size=(4_096, traits.dimensions)).astype(np.float32)
        self._next = 0

    def embed(self, texts: Sequence[str]) -> Vectors:
        time.sleep(self._seconds)
        self._next = (self._next + len(texts)) % (len(self._pool) - len(texts))
        return self._pool[self._next : self._next + len(texts)]


def main() -> None:
    """Print a line for each provider."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.ingest", description=__doc__)
    options.add_argument("--chunks", type=int, default=4_000)
    given = options.parse_args()
    print(measure.surroundings(), flush=True)
    for milliseconds, target in TARGETS.items():
        with stores.started() as held:
            os.environ.update(stores.environment(DATABASE_URL=held.database_url, REDIS_URL=held.redis_url))
            pid = os.fork()
            if not pid:
                _tell(_load(given.chunks, milliseconds, held.postgres), milliseconds, target)
                os._exit(0)
            os.waitpid(pid, 0)


def _tell(load: Load, milliseconds: int, target: int) -> None:
    print(
        f"{milliseconds} ms: {load.chunks} chunks, {load.per_second:.0f}/s (target {target}); "
        f"loading {load.load_seconds:.1f} s, building {load.build_seconds:.1f} s; "
        f"CPU a chunk: ours {load.cpu_us:.0f} us, "
        f"{load.write_us:.0f} of it besides cleaning, splitting, tokenising (target {TARGET_CPU_US}); "
        f"Postgres {load.postgres_us:.0f} us",
        flush=True,
    )


def _load(chunks: int, milliseconds: int, postgres: int) -> Load:
    import django

    django.setup()
    from django.core.management import call_command

    from askpress import providers, sites
    from askpress.retrieval import store, versions
    from askpress.sync import ingest, ready

    call_command("migrate", verbosity=0)
    traits = providers.embedding_traits("openai", "text-embedding-3-small", DIMENSIONS)
    version = versions.live_or_new(versions.recipe_of(traits))
    site_id = sites.ensure("http://site.test").id
    posts = _posts(chunks)
    model = Model(dataclasses.replace(traits), milliseconds)
    means = ingest.Means(site_id=site_id, version=version, model=model, on_tokens=lambda tokens: None)
    ready.make(posts[0], site_id=site_id, recipe=version.recipe, read_at=_NOW)
    making = _cpu_of_making(posts, site_id, version.recipe)
    cpu, of_postgres, begun = time.process_time(), measure.cpu_seconds(postgres), time.perf_counter()
    for start in range(0, len(posts), _SLICE):
        ingest.ingest(posts[start : start + _SLICE], means, read_at=store.now())
    ours, loaded = time.process_time() - cpu, time.perf_counter() - begun
    versions.build_ann(version.id)
    built = time.perf_counter() - begun - loaded
    with store.autocommit() as cursor:
        row = cursor.execute(f"SELECT count(*) FROM vector_{version.id}".encode()).fetchone()
    made = row[0] if row else 0
    per_chunk = 1_000_000 / made
    spent = measure.cpu_seconds(postgres) - of_postgres
    return Load(made, loaded, built, ours * per_chunk, (ours - making) * per_chunk, spent * per_chunk)


def _cpu_of_making(posts: Sequence[Post], site_id: int, recipe: object) -> float:
    from askpress.retrieval.versions import Recipe
    from askpress.sync import ready

    assert isinstance(recipe, Recipe)
    count = ready.token_counter(recipe)
    begun = time.process_time()
    for post in posts:
        made = ready.make(post, site_id=site_id, recipe=recipe, read_at=_NOW)
        for text in made.texts.values():
            count(text)
    return time.process_time() - begun


def _posts(chunks: int) -> list[Post]:
    from askpress.wordpress import post

    return [
        post.from_json(
            {
                "id": document.number,
                "type": "post",
                "link": f"http://site.test/{document.number}",
                "slug": "s",
                "title": {"rendered": document.title},
                "content": {"rendered": "".join(f"<h2>Part</h2><p>{text}</p>" for text in document.chunks)},
                "modified_gmt": "2026-05-01T00:00:00",
            }
        )
        for document in corpus.documents(chunks)
    ]


if __name__ == "__main__":
    main()
