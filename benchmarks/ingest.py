"""How fast posts become chunks: the whole trip, and loading and building alone; providers quick and slow."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

from benchmarks import corpus, drawer, measure, servers, stores

if TYPE_CHECKING:
    from askpress.retrieval.versions import Recipe
    from askpress.sync.intake import Intake
    from askpress.wordpress.client import WordPress
    from askpress.wordpress.post import Post

DIMENSIONS = 1_536
# Chunks a second with a provider of no latency and with one of 300 ms.
TARGETS = {0: 500, 300: 300}
# Of our CPU a chunk, besides cleaning, splitting and tokenising.
TARGET_CPU_US = 200
_TOKENISING = ("cleaning", "splitting", "lexemes", "counting tokens")
_NOW = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Load:
    """One load of all posts, with the build of the index."""

    chunks: int
    load_seconds: float
    build_seconds: float
    # CPU seconds, of ours while loading.
    ours: float
    postgres_loading: float
    postgres_building: float
    provider: float
    # Cores that were busy with something else meanwhile.
    others: float

    @property
    def per_second(self) -> float:
        return self.chunks / (self.load_seconds + self.build_seconds)


def main() -> None:
    """Print our CPU by stage, then two lines for each provider."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.ingest", description=__doc__)
    options.add_argument("--chunks", type=int, default=4_000)
    given = options.parse_args()
    print(measure.surroundings(), flush=True)
    for milliseconds in TARGETS:
        for whole in (False, True):
            _in_a_child(given.chunks, milliseconds, whole)


def _in_a_child(chunks: int, milliseconds: int, whole: bool) -> None:
    with stores.started() as held:
        given = stores.environment(
            DATABASE_URL=held.database_url, REDIS_URL=held.redis_url, WP_URL="http://site.test",
            OPENAI_API_KEY=drawer.KEY, ASKPRESS_DATA_DIR="/nonexistent", ASKPRESS_EMBEDDING_DIMENSIONS=str(DIMENSIONS),
        )  # fmt: skip
        words = (str(milliseconds), str(DIMENSIONS))
        with servers.printing_url("benchmarks.drawer", *words, environment=given) as url:
            os.environ.update(given, OPENAI_BASE_URL=url)
            pid = os.fork()
            if not pid:
                _run(chunks, milliseconds, whole, held.postgres, url)
                os._exit(0)
            if os.waitpid(pid, 0)[1]:
                raise SystemExit("the measuring process failed")


def _run(chunks: int, milliseconds: int, whole: bool, postgres: int, url: str) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from askpress.sync import ready

    call_command("migrate", verbosity=0)
    posts = _posts(chunks)
    intake = _intake(posts)
    ready.warm_up(intake.version.recipe)
    stages = {} if whole or milliseconds else _stages(posts, intake.version.recipe)
    load = _load(_bring_all(posts, intake) if whole else _write_all(posts, intake), intake, postgres, url)
    if stages:
        _tell_stages(stages, load)
    _tell(load, milliseconds, "all of it" if whole else "load and build")


def _intake(posts: Sequence[Post]) -> Intake:
    from askpress import providers, sites
    from askpress.retrieval import retriever, versions
    from askpress.sync import intake, rules, runs

    recipe = versions.recipe_of(providers.embedding_traits("openai", "text-embedding-3-small", DIMENSIONS))
    site = sites.ensure("http://site.test")
    options = intake.Options(("post",), rules.Rules(), mass_removal_percent=20, tombstone_days=30)
    held = cast("WordPress", _Held(posts))
    run = runs.start(site.id, kind="reconcile")
    version = versions.live_or_new(recipe)
    return intake.Intake(site, held, retriever.embedding_model(recipe), version, options, run, lambda: False)


class _Held:
    """A site whose posts are at hand: what reading them costs depends on the site."""

    def __init__(self, posts: Sequence[Post]) -> None:
        self._posts = {post.id: post for post in posts}

    def posts(self, kind: str, ids: Sequence[int]) -> Iterator[Post]:
        return (self._posts[number] for number in ids)


def _bring_all(posts: Sequence[Post], intake: Intake) -> Callable[[], None]:
    """As a sync does: the next posts are made ready while others are embedded and written."""
    from askpress.sync import plan

    listed = [plan.Listed(post.id, "post", post.modified_at) for post in posts]
    return lambda: intake.read(listed)


def _write_all(posts: Sequence[Post], intake: Intake) -> Callable[[], None]:
    """Only what is left when all posts are ready: embed and write, one slice after the other."""
    from askpress.sync import ingest, plan

    means = ingest.Means(intake.site.id, intake.version, intake.model, lambda tokens: None)
    listed = [plan.Listed(post.id, "post", post.modified_at) for post in posts]
    held = {post.id: post for post in posts}
    slices = [[held[one.id] for one in piece] for piece in plan.slices(listed)]
    prepared = [ingest.prepare(piece, means, read_at=_NOW) for piece in slices]

    def load() -> None:
        for one in prepared:
            ingest.write(one, means)

    return load


def _load(load: Callable[[], None], intake: Intake, postgres: int, url: str) -> Load:
    from askpress.retrieval import store, versions

    cpu, of_postgres, provider = time.process_time(), measure.cpu_seconds(postgres), _cost(url)
    busy, begun = measure.busy_seconds(), time.perf_counter()
    load()
    ours, loaded = time.process_time() - cpu, time.perf_counter() - begun
    loading, provider = measure.cpu_seconds(postgres) - of_postgres, _cost(url) - provider
    versions.build_ann(intake.version.id)
    both = time.perf_counter() - begun
    building = measure.cpu_seconds(postgres) - of_postgres - loading
    all_ours = time.process_time() - cpu + loading + building + provider
    with store.autocommit() as cursor:
        row = cursor.execute(f"SELECT count(*) FROM vector_{intake.version.id}".encode()).fetchone()
    others = max(0.0, measure.busy_seconds() - busy - all_ours) / both
    return Load(row[0] if row else 0, loaded, both - loaded, ours, loading, building, provider, others)


def _cost(url: str) -> float:
    with urllib.request.urlopen(url) as reply:
        return float(reply.read())


def _stages(posts: Sequence[Post], recipe: Recipe) -> dict[str, float]:
    """Return the CPU seconds of each stage; post by post, so that load from outside meets all."""
    from askpress.sync import ready
    from askpress.text import chunking, cleaning, language, terms

    count = ready.token_counter(recipe)
    spent: dict[str, float] = {}

    def timed(stage: str, work: Callable[..., T], *arguments: Any, **named: Any) -> T:
        begun = time.process_time()
        done = work(*arguments, **named)
        spent[stage] = spent.get(stage, 0.0) + time.process_time() - begun
        return done

    def lexemes(texts: Sequence[str], code: str) -> list[tuple[str, ...]]:
        return [tuple(terms.lexemes(text, language=code)) for text in texts]

    sizes = {"chunk_tokens": recipe.chunk_tokens, "overlap_tokens": recipe.overlap_tokens}
    for place, post in enumerate(posts):
        # Whoever comes second finds the post's text in the processor's caches.
        if place % 2:
            timed("all of making", ready.make, post, site_id=1, recipe=recipe, read_at=_NOW)
        cleaned = timed("cleaning", cleaning.clean, post.html)
        code = timed("language", language.detect, cleaned.text)
        chunks = timed("splitting", chunking.split, cleaned, title=post.title, count=count, **sizes)
        texts = [chunk.embedded_text(post.title) for chunk in chunks]
        timed("lexemes", lexemes, texts, code)
        timed("counting tokens", list, map(count, texts))
        if not place % 2:
            timed("all of making", ready.make, post, site_id=1, recipe=recipe, read_at=_NOW)
    parts = ("cleaning", "language", "splitting", "lexemes")
    spent["keys, checksums, source"] = spent.pop("all of making") - sum(spent[part] for part in parts)
    return spent


def _tell_stages(spent: dict[str, float], load: Load) -> None:
    spent = {**spent, "embedding, packing, writing": load.ours - spent["counting tokens"]}
    told = ", ".join(f"{stage} {seconds / load.chunks * 1e6:.0f}" for stage, seconds in spent.items())
    besides = sum(seconds for stage, seconds in spent.items() if stage not in _TOKENISING) / load.chunks * 1e6
    print(
        f"our CPU, us a chunk: {told}\n"
        f"besides cleaning, splitting, tokenising (lexemes, tokens): {besides:.0f} (target {TARGET_CPU_US})",
        flush=True,
    )


def _tell(load: Load, milliseconds: int, what: str) -> None:
    each = 1e6 / load.chunks
    print(
        f"{milliseconds} ms, {what}: {load.chunks} chunks, {load.per_second:.0f}/s (target {TARGETS[milliseconds]}); "
        f"loading {load.load_seconds:.1f} s, building {load.build_seconds:.1f} s, others had {load.others:.1f} cores; "
        f"CPU us a chunk: ours {load.ours * each:.0f}, Postgres loading {load.postgres_loading * each:.0f}, "
        f"building {load.postgres_building * each:.0f}, provider {load.provider * each:.0f}",
        flush=True,
    )


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
