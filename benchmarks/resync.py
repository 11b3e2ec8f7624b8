"""What a sync costs us: the first one, and one that finds nothing changed; small sites and large."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from benchmarks import embeddings, measure, servers, stores

TARGET_CPU_SECONDS = 1.5
TARGET_MB = 100.0
_DIMENSIONS = "256"


@dataclass(frozen=True, slots=True)
class Sync:
    """What one sync did and cost our process."""

    cpu_seconds: float
    wall_seconds: float
    # Resident: when all is imported, when the models are loaded too, and at most during the sync.
    started_mb: float
    idle_mb: float
    peak_mb: float
    added: int
    unchanged: int
    failed: int
    error: str
    # Requests to the embedding model, and CPU of Postgres.
    embedding_calls: int
    postgres_seconds: float


def main() -> None:
    """Print a line for each sync, then what the targets say."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.resync", description=__doc__)
    options.add_argument("--posts", type=int, nargs="+", default=[1000, 5000])
    options.add_argument("--again", type=int, default=5, help="how often the unchanged site is synced")
    given = options.parse_args()
    print(measure.surroundings(), flush=True)
    for posts in given.posts:
        first, again = _trial(posts, given.again)
        _report(posts, first, again)


def _trial(posts: int, times: int) -> tuple[Sync, list[Sync]]:
    with stores.started() as held, embeddings.Server() as fake:
        given = stores.environment(
            DATABASE_URL=held.database_url,
            REDIS_URL=held.redis_url,
            OPENAI_API_KEY=embeddings.KEY,
            OPENAI_BASE_URL=fake.url,
            ASKPRESS_DATA_DIR="/nonexistent",
            ASKPRESS_ALLOW_PRIVATE_ADDRESSES="1",
            # Long enough to be real, short enough that making them up takes no time.
            ASKPRESS_EMBEDDING_DIMENSIONS=_DIMENSIONS,
        )
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
            cwd=servers.ROOT,
            env={**given, "WP_URL": "http://site.test"},
            check=True,
        )
        with servers.printing_url("benchmarks.site", str(posts), environment=given) as url:
            given["WP_URL"] = url
            first = _sync(given, held, fake)
            return first, [_sync(given, held, fake) for _ in range(times)]


def _sync(given: dict[str, str], held: stores.Stores, fake: embeddings.Server) -> Sync:
    calls, postgres = fake.requests, measure.cpu_seconds(held.postgres)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.one_sync"], cwd=servers.ROOT, env=given, capture_output=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr.decode()[-2000:])
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    made = Sync(
        **said,
        embedding_calls=fake.requests - calls,
        postgres_seconds=measure.cpu_seconds(held.postgres) - postgres,
    )
    if made.error or made.failed:
        raise SystemExit(f"the sync failed: {made}")
    return made


def _report(posts: int, first: Sync, again: list[Sync]) -> None:
    print(f"{posts} posts")
    print(
        f"  first sync      our CPU {first.cpu_seconds:.2f} s ({first.cpu_seconds / posts * 1000:.2f} ms a post),"
        f" Postgres {first.postgres_seconds:.2f} s, {first.embedding_calls} embedding calls,"
        f" memory {first.started_mb:.0f} MB started, {first.idle_mb:.0f} MB idle,"
        f" {first.peak_mb - first.idle_mb:+.0f} MB at most"
    )
    cpu, calls = [sync.cpu_seconds for sync in again], sum(sync.embedding_calls for sync in again)
    rise = statistics.median(sync.peak_mb - sync.idle_mb for sync in again)
    met = calls == 0 and min(cpu) <= TARGET_CPU_SECONDS and max(rise, first.peak_mb - first.idle_mb) <= TARGET_MB
    print(
        f"  unchanged       our CPU {measure.spread(cpu)} s (least / median of {len(cpu)}),"
        f" Postgres {measure.spread([sync.postgres_seconds for sync in again])} s, {calls} embedding calls,"
        f" {rise:+.0f} MB at most, {again[0].unchanged} unchanged\n"
        f"  targets: 0 calls, {TARGET_CPU_SECONDS} s, {TARGET_MB:.0f} MB: {'met' if met else 'missed'}",
        flush=True,
    )


if __name__ == "__main__":
    main()
