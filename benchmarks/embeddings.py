"""`python -m benchmarks.embeddings`: an embedding model on loopback, fast and always the same; prints its base URL.

Texts that share words are alike, as with the tests' fake. Unlike there no number is zero, as with every real model:
thousands of zeros would make text vectors, the article's way, cheaper than they are.
"""

from __future__ import annotations

import base64
import hashlib
import json
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import numpy.typing as npt

from tests.fakes import openai_replies

KEY = "sk-benchmark"
_NATIVE_DIMENSIONS = 3072
# Length of what every text has for itself, beside its words' 1.
_NOISE = 0.3


def vector(text: str, dimensions: int = _NATIVE_DIMENSIONS) -> npt.NDArray[np.float32]:
    """Return the text's unit vector."""
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
    noise = np.random.default_rng(seed).standard_normal(dimensions, dtype=np.float32)
    made = openai_replies.embedding(text, dimensions) + noise * np.float32(_NOISE / np.sqrt(dimensions))
    unit: npt.NDArray[np.float32] = made / np.linalg.norm(made)
    return unit


class Server(ThreadingHTTPServer):
    """Counts the requests it answers."""

    daemon_threads = True
    requests = 0

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Server

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests += 1
        body = json.dumps(_reply(asked)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def _reply(asked: dict[str, object]) -> dict[str, object]:
    texts, dimensions = asked["input"], asked.get("dimensions", _NATIVE_DIMENSIONS)
    assert isinstance(dimensions, int)
    vectors = [vector(text, dimensions) for text in ([texts] if isinstance(texts, str) else list(texts))]  # type: ignore[call-overload]
    as_floats = asked.get("encoding_format") == "float"
    data = [
        {"object": "embedding", "index": place, "embedding": made.tolist() if as_floats else _packed(made)}
        for place, made in enumerate(vectors)
    ]
    usage = {"prompt_tokens": len(data), "total_tokens": len(data)}
    return {"object": "list", "data": data, "model": asked["model"], "usage": usage}


def _packed(made: npt.NDArray[np.float32]) -> str:
    return base64.b64encode(made.astype("<f4").tobytes()).decode()


def main() -> None:
    """Answer until TERM or Ctrl-C."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    print(Server().url, flush=True)
    stop.wait()


if __name__ == "__main__":
    main()
