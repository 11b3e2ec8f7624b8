"""CPU of one `/search`: ours against the article's way, over the same chunks, with the same embeddings."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
from collections.abc import Sequence

from benchmarks import corpus, embeddings, measure, rounds, servers, stores
from benchmarks.rounds import Side

TARGET = 8.0
_WARM_UP = 60
# Fewer than a process keeps embeddings of.
_REPEATED = 300
# The article's own command line, and ours.
_THEIRS = ["benchmarks.article:application", "-w", "3", "--timeout", "120"]
_OURS = ["-c", "deploy/gunicorn.conf.py", "askpress.wsgi"]


def main() -> None:
    """Print a line for each side and their ratio."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__)
    options.add_argument("--chunks", type=int, default=1000)
    options.add_argument("--requests", type=int, default=600, help="of ours in a round; the article's get a third")
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    print(measure.surroundings())
    with stores.started() as held, contextlib.ExitStack() as ending:
        new, again, *theirs = _start(held, given.chunks, ending)
        questions = corpus.questions(_WARM_UP + _REPEATED + given.requests * given.rounds)
        warm_up, repeated = questions[:_WARM_UP], questions[_WARM_UP:][:_REPEATED]
        for side in (new, *theirs):
            rounds.ask(side, warm_up)
        # Every process has answered every one of them, most likely.
        rounds.ask(again, repeated * 3)
        for turn in range(given.rounds):
            fresh = questions[_WARM_UP + _REPEATED + turn * given.requests :][: given.requests]
            rounds.run(new, fresh, held, good=_found)
            rounds.run(again, repeated, held, good=_found)
            for side in theirs:
                rounds.run(side, fresh[::3], held, good=_found)
    _report(new, again, theirs, given.chunks)


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
    ours = ending.enter_context(servers.gunicorn(_OURS, environment=given, path="/healthz"))
    sides = [Side("askpress, question new", key, *ours), Side("askpress, question repeated", key, *ours)]
    for name, vectors in (("article, vectors as text", "text"), ("article, as published", "list")):
        environment = {**theirs, "ARTICLE_VECTORS": vectors}
        server = servers.gunicorn(_THEIRS, environment=environment, path="/")
        sides.append(Side(name, key, *ending.enter_context(server)))
    return sides


def _fill(chunks: int) -> str:
    from benchmarks import filling

    documents = corpus.documents(chunks)
    key = filling.ours(documents)
    filling.articles(documents)
    filling.settle()
    return key


def _found(replies: Sequence[bytes]) -> bool:
    """Nearly always eight passages: a document may not give more than three."""
    return statistics.mean(len(json.loads(reply)["results"]) for reply in replies) >= 7


def _report(new: Side, again: Side, theirs: Sequence[Side], chunks: int) -> None:
    print(f"/search over {chunks} chunks x 3,072; CPU ms a request, least / median of {len(new.web_ms)} rounds")
    print("  new: the query embedding is asked of the model; repeated: it is cached, the search itself is not")
    for side in (new, again, *theirs):
        print(side.row())
    for side in theirs:
        for ours in (new, again):
            ratios = rounds.ratios(side, ours)
            verdict = "met" if statistics.median(ratios) >= TARGET else "missed"
            print(f"  {side.name} / {ours.name}: {measure.spread(ratios, 1)} (target {TARGET:.0f}: {verdict})")


if __name__ == "__main__":
    main()
