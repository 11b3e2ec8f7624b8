"""`python -m askpress.sample --port N`: the sample site on its own."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from askpress.sample.server import serve
from askpress.sample.site import CONTENT, SampleSite


def main() -> None:
    """Serve the sample site until TERM or Ctrl-C."""
    options = argparse.ArgumentParser(prog="python -m askpress.sample", description=__doc__)
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, default=8001)
    options.add_argument("--content", type=Path, default=CONTENT, help="folder with site.json and items/")
    given = options.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with serve(SampleSite.load(given.content), given.host, given.port) as server:
        sys.stdout.write(server.url + "\n")
        sys.stdout.flush()
        stop.wait()


if __name__ == "__main__":
    main()
