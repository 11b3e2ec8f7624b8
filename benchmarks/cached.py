"""What askpress adds where all that is costly is cached: against bare views that are handed the same, in one run.

`/search` with its query embedding cached against a view that runs the same statement; a cached `/ask` against a view of
the REST framework that does one SELECT and one call of Redis.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor

import redis

from benchmarks import corpus, embeddings, measure, rounds, servers, stores
from benchmarks.rounds import Side

SEARCH_TARGET = 1.5
ASK_TARGET = 1.5
GROWTH_TARGET = 4.0
DIMENSIONS = 384
# Fewer than a process keeps embeddings of.
_QUESTIONS = 300
_PASSAGES = 8
_PASSES = 5
_OURS = ["-c", "deploy/gunicorn.conf.py", "askpress.wsgi"]
_BARE = ["-c", "deploy/gunicorn.conf.py", "benchmarks.bare:application"]


def main() -> None:
    """Print a line for each side, their ratios, and how the cost grows with the index."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.cached", description=__doc__)
    options.add_argument(
        "--chunks", type=int, nargs="+", default=[10_000], help="e.g. 10000 100000; the second is slow"
    )
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    print(measure.surroundings())
    costs = []
    for chunks in given.chunks:
        # Django keeps to the database that it was set up for.
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            costs.append(pool.submit(_measure, chunks, given.rounds).result())
    for chunks, cost in zip(given.chunks[1:], costs[1:], strict=True):
        growth = rounds.verdict([cost / costs[0]], most=GROWTH_TARGET)
        print(f"/search at {chunks} chunks costs {growth} times what it costs at {given.chunks[0]}")


def answer_name(question: str) -> str:
    """Return where in Redis the bare view finds the body for a question."""
    return "bare:" + hashlib.sha256(question.encode()).hexdigest()


def _measure(chunks: int, count: int) -> float:
    """Measure both over so many chunks; return what one of our searches cost at least."""
    with stores.started() as held, contextlib.ExitStack() as ending:
        ours, bare = _start(held, chunks, ending)
        questions = corpus.questions(_QUESTIONS)
        searches, asks = (ours("/search"), bare("/search")), (ours("/ask"), bare("/ask"))
        _hand_over(asks[0], held, questions)
        for side in (*searches, *asks):
            # Every process sees every question, most likely.
            rounds.ask(side, questions * 3)
        for _ in range(count):
            for side in searches:
                rounds.run(side, questions, held, good=_found)
            for side in asks:
                rounds.run(side, questions, held, good=_cached)
    print(f"{chunks} chunks x {DIMENSIONS}; CPU ms a request, least / median of {count} rounds")
    for (mine, theirs), most in ((searches, SEARCH_TARGET), (asks, ASK_TARGET)):
        print(f"{mine.row()}\n{theirs.row()}\n  ratio {rounds.verdict(rounds.ratios(mine, theirs), most=most)}")
    return min(searches[0].sums)


def _start(held: stores.Stores, chunks: int, ending: contextlib.ExitStack) -> list[Callable[[str], Side]]:
    """Fill the index and start ours and the bare views; each is a function from a path to its side."""
    given = stores.environment(
        DATABASE_URL=held.database_url,
        REDIS_URL=held.redis_url,
        OPENAI_API_KEY=embeddings.KEY,
        ASKPRESS_LANGUAGE_PROVIDER="extractive",
        ASKPRESS_DATA_DIR="/nonexistent",
        ASKPRESS_REQUESTS_PER_MINUTE="1000000",
        # The stub's vectors are far apart.
        ASKPRESS_EVIDENCE_COSINE="-1",
    )
    given["OPENAI_BASE_URL"] = ending.enter_context(servers.printing_url("benchmarks.embeddings", environment=given))
    os.environ.clear()
    os.environ.update(given)
    from benchmarks import filling

    key = filling.ours(corpus.documents(chunks), dimensions=DIMENSIONS)
    filling.settle()
    ours = ending.enter_context(servers.gunicorn(_OURS, environment=given, path="/healthz"))
    bare = ending.enter_context(servers.gunicorn(_BARE, environment=given, path="/healthz"))
    return [
        lambda path: Side(f"askpress {path}", key, *ours, path=path),
        lambda path: Side(f"bare {path}", key, *bare, path=path),
    ]


def _hand_over(ours: Side, held: stores.Stores, questions: Sequence[str]) -> None:
    """Leave our answers where the bare view looks for them."""
    server = redis.from_url(held.redis_url)
    left = list(questions)
    for _ in range(_PASSES):
        # What is cached at the second time; on a busy machine Redis may have been given up for some seconds.
        rounds.ask(ours, left)
        replies = dict(zip(left, rounds.ask(ours, left), strict=True))
        left = [question for question, reply in replies.items() if not _cached([reply])]
        for question, reply in replies.items():
            server.set(answer_name(question), reply)
        if not left:
            return
    raise SystemExit(f"{len(left)} answers are not cached, such as that to {left[0]!r}")


def _found(replies: Sequence[bytes]) -> bool:
    return all(len(json.loads(reply)["results"]) == _PASSAGES for reply in replies)


def _cached(replies: Sequence[bytes]) -> bool:
    return sum(json.loads(reply)["cached"] is True for reply in replies) >= 0.98 * len(replies)


if __name__ == "__main__":
    main()
