"""`python -m benchmarks.site COUNT`: a site of short posts, served as WordPress serves it; prints its address."""

from __future__ import annotations

import signal
import sys
import threading
from datetime import UTC, datetime, timedelta

from askpress.sample import SampleSite, serve

_FIRST = datetime(2020, 1, 1, tzinfo=UTC)


def made(count: int) -> SampleSite:
    """Return a site of `count` posts, written an hour apart."""
    site = SampleSite.empty()
    for number in range(1, count + 1):
        site.add(f"Post number {number}", _html(number), date=_FIRST + timedelta(hours=number))
    return site


def _html(number: int) -> str:
    return (
        f"<p>Order {number} left the workshop on a rainy day and came back {number % 17 + 1} weeks later.</p>"
        f"<h2>What was done</h2><p>A new chain of {number % 40 + 90} links, and oil.</p>"
        f"<ul><li>Hours: {number % 7 + 1}</li><li>Price: {number % 90 + 10} pounds</li></ul>"
    )


def main() -> None:
    """Answer until TERM or Ctrl-C."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with serve(made(int(sys.argv[1]))) as server:
        print(server.url, flush=True)
        stop.wait()


if __name__ == "__main__":
    main()
