"""Asks services in turns, and notes what each request cost their processes."""

from __future__ import annotations

import contextlib
import http.client
import json
import statistics
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from benchmarks import measure, servers, stores

_CLIENTS = 2


@dataclass
class Side:
    """A service that is measured, and what its rounds cost: milliseconds of CPU a request."""

    name: str
    key: str
    web: int
    port: int
    path: str = "/search"
    web_ms: list[float] = field(default_factory=list)
    postgres_ms: list[float] = field(default_factory=list)
    redis_ms: list[float] = field(default_factory=list)

    @property
    def sums(self) -> list[float]:
        return [web + postgres for web, postgres in zip(self.web_ms, self.postgres_ms, strict=True)]

    def row(self) -> str:
        """Return what it cost as a line of a report."""
        return (
            f"  {self.name:<34} web {measure.spread(self.web_ms)}, Postgres {measure.spread(self.postgres_ms)},"
            f" sum {measure.spread(self.sums)} (Valkey {measure.spread(self.redis_ms)})"
        )


def ask(side: Side, questions: Sequence[str]) -> list[bytes]:
    """Ask every question once, a few at a time, each on a connection of its own, as curl and PHP do."""
    with ThreadPoolExecutor(_CLIENTS) as pool:
        return list(pool.map(lambda question: _reply(side, question), questions))


def run(side: Side, questions: Sequence[str], held: stores.Stores, *, good: Callable[[Sequence[bytes]], bool]) -> None:
    """Ask one round and add what it cost; replies that are not good end the benchmark."""
    roots = (side.web, held.postgres, held.valkey)
    before = [measure.cpu_seconds(root) for root in roots]
    replies = ask(side, questions)
    spent = [(measure.cpu_seconds(root) - start) * 1000 / len(questions)
             for root, start in zip(roots, before, strict=True)]  # fmt: skip
    if not good(replies):
        raise SystemExit(f"{side.name}: not the replies that were expected, such as {replies[0][:200]!r}")
    for values, value in zip((side.web_ms, side.postgres_ms, side.redis_ms), spent, strict=True):
        values.append(value)


def ratios(side: Side, to: Side) -> list[float]:
    """Return how many times what `to` costs the side does, for each round."""
    return [mine / theirs for mine, theirs in zip(side.sums, to.sums, strict=True)]


def verdict(values: Sequence[float], *, most: float) -> str:
    """Return the ratio as a report gives it, and whether it is within its target."""
    met = "met" if statistics.median(values) <= most else "missed"
    return f"{measure.spread(values)} (target {most:g}: {met})"


def _reply(side: Side, question: str) -> bytes:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", side.port, timeout=60)) as connection:
        body = json.dumps({"q": question}).encode()
        url = f"http://127.0.0.1:{side.port}{side.path}"
        return servers.post(url, body=body, key=side.key, connection=connection)
