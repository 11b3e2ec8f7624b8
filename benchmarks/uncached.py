"""What a new answer costs beside the model's time, and how soon its first proven word is passed on."""

from __future__ import annotations

import argparse
import asyncio
import contextlib

from benchmarks import corpus, measure, stores, streams

TARGET_CPU_SECONDS = 0.01
TARGET_FIRST_SECONDS = 0.05
# Between the first proven word and the rest: whoever waits for the rest is seen.
_PAUSE_SECONDS = 0.5


def main() -> None:
    """Print both."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.uncached", description=__doc__)
    options.add_argument("--questions", type=int, default=200)
    given = options.parse_args()
    print(measure.surroundings())
    with stores.started() as held, contextlib.ExitStack() as ending:
        key, pid, port = streams.start(held, ending, writer=["benchmarks.writer", "--seconds", "0", "--pieces", "20"])
        questions = corpus.questions(3 * given.questions + 20)
        asyncio.run(_ask(port, key, "/ask", questions[:20]))
        print(f"{given.questions} questions, one after another; CPU of the web server, ms each")
        for path, some in (
            ("/search", questions[20 : given.questions + 20]),
            ("/ask", questions[given.questions + 20 : 2 * given.questions + 20]),
        ):
            before = measure.cpu_seconds(pid)
            asyncio.run(_ask(port, key, path, some))
            print(f"  {path}: {(measure.cpu_seconds(pid) - before) / len(some) * 1000:.1f}")


async def _ask(port: int, key: str, path: str, questions: list[str]) -> None:
    for question in questions:
        status = await streams.request(port, key, path, {"q": question})
        if status != 200:
            raise SystemExit(f"{path} answered {status}")


if __name__ == "__main__":
    main()
