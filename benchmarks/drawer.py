"""`python -m benchmarks.drawer MILLISECONDS DIMENSIONS`: an embedding model that only hands out ready vectors.

It prints its base URL. It costs next to nothing, in a process of its own; each reply takes so many milliseconds. GET
says what it has cost.
"""

from __future__ import annotations

import base64
import itertools
import json
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

KEY = "sk-benchmark"
_VECTORS = 4_096


class Server(ThreadingHTTPServer):
    """Hands out its vectors by turns, whatever the texts are."""

    daemon_threads = True

    def __init__(self, milliseconds: int, dimensions: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seconds = milliseconds / 1_000
        made = np.random.default_rng(1).normal(size=(_VECTORS, dimensions)).astype("<f4")
        self._packed = itertools.cycle([base64.b64encode(vector.tobytes()) for vector in made])
        self._drawing = threading.Lock()

    def draw(self, count: int) -> bytes:
        with self._drawing:
            drawn = list(itertools.islice(self._packed, count))
        items = (b'{"object":"embedding","index":%d,"embedding":"%b"}' % pair for pair in enumerate(drawn))
        usage = b'"usage":{"prompt_tokens":1,"total_tokens":1}'
        return b'{"object":"list","model":"drawer","data":[%b],%b}' % (b",".join(items), usage)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Server

    def do_POST(self) -> None:
        texts = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["input"]
        body = self.server.draw(len(texts))
        time.sleep(self.server.seconds)
        self._reply(body)

    def do_GET(self) -> None:
        self._reply(str(time.process_time()).encode())

    def _reply(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def main() -> None:
    """Answer until TERM or Ctrl-C."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    server = Server(int(sys.argv[1]), int(sys.argv[2]))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}/v1", flush=True)
    stop.wait()


if __name__ == "__main__":
    main()
