"""What a new answer costs beside the model's time, and how soon its first proven word is passed on."""

from __future__ import annotations

import argparse
import asyncio
import collections
import contextlib
import itertools
import json
import statistics
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import openai

from benchmarks import corpus, measure, stores, streams

TARGET_CPU_SECONDS = 0.01
TARGET_FIRST_SECONDS = 0.05
# Between the first proven word and the rest: whoever waits for the rest is seen.
_PAUSE_SECONDS = 0.5
_STREAMS = 40
_WARMING = 20
# An answer of 170 words; one of three claims of 30 words, as they are usual, also token by token. Of these ten are
# asked at once: a process that does something every two seconds finds its caches taken by others.
_USUAL = ("--claims", "3", "--chars", "540")
_AT_ONCE = 10
_MANNERS = {
    "1,100 letters in 20 pieces at once": (1, ("--seconds", "0", "--pieces", "20")),
    "3 claims, 540 letters in 20 pieces at once": (1, ("--seconds", "0", "--pieces", "20", *_USUAL)),
    f"3 claims, 540 letters in 200 pieces over 2 s, {_AT_ONCE} together": (
        _AT_ONCE,
        ("--seconds", "2", "--pieces", "200", *_USUAL),
    ),
}


def main() -> None:
    """Print both."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.uncached", description=__doc__)
    options.add_argument("--questions", type=int, default=200)
    given = options.parse_args()
    print(measure.surroundings())
    with stores.started() as held, contextlib.ExitStack() as ending:
        environment, key = streams.filled(held, ending)
        questions = iter(corpus.questions((len(_MANNERS) + 2) * (given.questions + _WARMING)))
        print(f"{given.questions} questions; CPU of the web server, ms each")
        with _serving(environment) as (pid, port, _):
            print(f"  /search: {_cpu(pid, port, key, '/search', questions, given.questions) * 1000:.1f}")
        for manner, (at_once, words) in _MANNERS.items():
            with _serving(environment, *words) as (pid, port, model):
                seconds = _cpu(pid, port, key, "/ask", questions, given.questions, at_once=at_once)
                bare = _reading_alone(model, given.questions, at_once=at_once)
            print(f"  /ask, {manner}: {seconds * 1000:.1f}; {_judged(seconds, TARGET_CPU_SECONDS)};"
                  f" reading that reply alone, with the openai package: {bare * 1000:.1f}")  # fmt: skip
        with _serving(environment, "--seconds", "0", "--pause", str(_PAUSE_SECONDS), *_USUAL) as (_, port, model):
            waited = asyncio.run(_first(port, key, model, list(itertools.islice(questions, _STREAMS + _WARMING))))
        print(f"{len(waited)} streams, one after another; from the first word after a quote to the client's first, ms: "
              f"{statistics.median(waited) * 1000:.1f} in the median, {streams.p95(waited) * 1000:.1f} p95; "
              f"{_judged(streams.p95(waited), TARGET_FIRST_SECONDS)}")  # fmt: skip


def _judged(seconds: float, target: float) -> str:
    return f"target {target * 1000:.0f}: {'kept' if seconds <= target else 'MISSED'}"


@contextlib.contextmanager
def _serving(environment: dict[str, str], *manner: str) -> Iterator[tuple[int, int, str]]:
    with contextlib.ExitStack() as ending:
        yield streams.serve(environment, ending, *manner)


def _cpu(pid: int, port: int, key: str, path: str, questions: Iterator[str], count: int, *, at_once: int = 1) -> float:
    asyncio.run(_ask(port, key, path, itertools.islice(questions, _WARMING), at_once=at_once))
    before = measure.cpu_seconds(pid)
    asyncio.run(_ask(port, key, path, itertools.islice(questions, count), at_once=at_once))
    return (measure.cpu_seconds(pid) - before) / count


def _reading_alone(model: str, count: int, *, at_once: int) -> float:
    """Return what a reply costs a program that reads its events and does nothing with them, CPU seconds."""
    client = openai.OpenAI(base_url=model, api_key="none", max_retries=0)
    prompt = json.dumps({"sources": [{"text": "so it is with bread " * 100}]})

    def read(_: int) -> None:
        collections.deque(client.responses.create(model="gpt-5-mini", input=prompt, stream=True), maxlen=0)

    with ThreadPoolExecutor(at_once) as pool, client:
        list(pool.map(read, range(_WARMING)))
        before = time.process_time()
        list(pool.map(read, range(count)))
        return (time.process_time() - before) / count


async def _ask(port: int, key: str, path: str, questions: Iterator[str], *, at_once: int) -> None:
    while some := list(itertools.islice(questions, at_once)):
        replies = await asyncio.gather(*(streams.request(port, key, path, {"q": question}) for question in some))
        if set(replies) != {200}:
            raise SystemExit(f"{path} answered {replies}")


async def _first(port: int, key: str, model: str, questions: list[str]) -> list[float]:
    """Return how long each first word was on its way, those of the warming left out."""
    arrived = [await _first_delta(port, key, question) for question in questions]
    with urllib.request.urlopen(model) as reply:
        sent: list[float] = json.loads(reply.read())
    return [there - here for here, there in zip(sent, arrived, strict=True)][_WARMING:]


async def _first_delta(port: int, key: str, question: str) -> float:
    """Return the moment at which the first word was there."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(streams.head("/ask", key, {"q": question, "stream": True}))
    received, moment = b"", 0.0
    while piece := await reader.read(65_536):
        received += piece
        moment = moment or (time.monotonic() if b"event: delta" in received else 0.0)
    writer.close()
    if b"event: done" not in received or b'"degraded":null' not in received:
        raise SystemExit("a stream was not whole")
    return moment


if __name__ == "__main__":
    main()
