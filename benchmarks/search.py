"""CPU of one `/search`: ours against the article's way, over the same chunks, with the same embeddings."""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import statistics
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from benchmarks import corpus, embeddings, measure, servers, stores

TARGET = 8.0
_CLIENTS = 2
_WARM_UP = 60
# The article's own command line, and ours.
_THEIRS = ["benchmarks.article:application", "-w", "3", "--timeout", "120"]
_OURS = ["-c", "deploy/gunicorn.conf.py", "askpress.wsgi"]


@dataclass
class Side:
    """One of the two services, and what its rounds cost: milliseconds of CPU a request."""

    name: str
    key: str
    web: int
    port: int
    web_ms: list[float] = field(default_factory=list)
    postgres_ms: list[float] = field(default_factory=list)
    redis_ms: list[float] = field(default_factory=list)

    @property
    def sums(self) -> list[float]:
        return [web + postgres for web, postgres in zip(self.web_ms, self.postgres_ms, strict=True)]


def main() -> None:
    """Print a line for each side and their ratio."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__)
    options.add_argument("--chunks", type=int, default=1000)
    options.add_argument("--requests", type=int, default=600, help="of ours in a round; the article's get a third")
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    print(measure.surroundings())
    with stores.started() as held, contextlib.ExitStack() as ending:
        sides = _start(held, given.chunks, ending)
        questions = corpus.questions(given.requests)
        for side in sides:
            ask(side, questions[:_WARM_UP])
        for _ in range(given.rounds):
            for side in sides:
                _round(side, questions if side is sides[0] else questions[::3], held)
    _report(sides, given.chunks)


def ask(side: Side, questions: Sequence[str]) -> list[int]:
    """Ask every question once, a few at a time; return how many passages each brought."""
    with ThreadPoolExecutor(_CLIENTS) as pool:
        return list(pool.map(lambda question: _found(side, question), questions))


def _start(held: stores.Stores, chunks: int, ending: contextlib.ExitStack) -> list[Side]:
    given = stores.environment(
        DATABASE_URL=held.database_url,
        REDIS_URL=held.redis_url,
        OPENAI_API_KEY=embeddings.KEY,
        ASKPRESS_DATA_DIR="/nonexistent",
        ASKPRESS_REQUESTS_PER_MINUTE="1000000",
        # Both return all eight: the stub's vectors are far apart, and the article has no floor.
        ASKPRESS_EVIDENCE_COSINE="-1",
    )
    given["OPENAI_BASE_URL"] = ending.enter_context(servers.printing_url("benchmarks.embeddings", environment=given))
    os.environ.clear()
    os.environ.update(given)
    key = _fill(chunks)
    theirs = {**given, "API_KEY": key, "ARTICLE_REQUESTS_PER_MINUTE": "1000000"}
    theirs.pop("DJANGO_SETTINGS_MODULE")
    sides = [("ours", servers.gunicorn(_OURS, environment=given, path="/healthz"))]
    for name, vectors in (("article, vectors as text", "text"), ("article, as published", "list")):
        environment = {**theirs, "ARTICLE_VECTORS": vectors}
        sides.append((name, servers.gunicorn(_THEIRS, environment=environment, path="/")))
    return [Side(name, key, *ending.enter_context(server)) for name, server in sides]


def _fill(chunks: int) -> str:
    from benchmarks import filling

    documents = corpus.documents(chunks)
    key = filling.ours(documents)
    filling.articles(documents)
    filling.settle()
    return key


def _round(side: Side, questions: Sequence[str], held: stores.Stores) -> None:
    roots = (side.web, held.postgres, held.valkey)
    before = [measure.cpu_seconds(root) for root in roots]
    found = ask(side, questions)
    spent = [(measure.cpu_seconds(root) - start) * 1000 / len(questions)
             for root, start in zip(roots, before, strict=True)]  # fmt: skip
    if statistics.mean(found) < 7:
        raise SystemExit(f"{side.name}: {statistics.mean(found):.1f} passages a question; 8 were expected")
    for values, value in zip((side.web_ms, side.postgres_ms, side.redis_ms), spent, strict=True):
        values.append(value)


def _found(side: Side, question: str) -> int:
    """Ask on a connection of its own, as curl and PHP do."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", side.port, timeout=60)) as connection:
        body = json.dumps({"q": question}).encode()
        reply = servers.post(f"http://127.0.0.1:{side.port}/search", body=body, key=side.key, connection=connection)
    return len(json.loads(reply)["results"])


def _report(sides: list[Side], chunks: int) -> None:
    print(f"/search over {chunks} chunks x 3,072; CPU ms a request, least / median of {len(sides[0].web_ms)} rounds")
    for side in sides:
        print(
            f"  {side.name:<25} web {measure.spread(side.web_ms)}, Postgres {measure.spread(side.postgres_ms)},"
            f" sum {measure.spread(side.sums)} (Valkey {measure.spread(side.redis_ms)})"
        )
    ours, *others = sides
    for side in others:
        ratios = [theirs / mine for mine, theirs in zip(ours.sums, side.sums, strict=True)]
        verdict = "met" if statistics.median(ratios) >= TARGET else "missed"
        print(f"  {side.name} / ours: {measure.spread(ratios, 1)} (target {TARGET:.0f}: {verdict})")


if __name__ == "__main__":
    main()
