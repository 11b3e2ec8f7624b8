"""A language model that takes its time: each answer quotes its first source truly and is written over 20 seconds."""

from __future__ import annotations

import argparse
import asyncio
import functools
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

SECONDS = 20.0
# Some fifteen words a second, as models write.
_PIECES = 200
_WORDS = 300


def main() -> None:
    """Print the address and serve until the process ends."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.writer", description=__doc__)
    options.add_argument("--seconds", type=float, default=SECONDS)
    options.add_argument("--pieces", type=int, default=_PIECES)
    given = options.parse_args()
    asyncio.run(_serve(functools.partial(_answer, seconds=given.seconds, count=given.pieces)))


async def _serve(answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> None:
    server = await asyncio.start_server(answer, "127.0.0.1", 0, limit=1_000_000, backlog=1_000)
    port = server.sockets[0].getsockname()[1]
    print(f"http://127.0.0.1:{port}/v1")
    sys.stdout.flush()
    await server.serve_forever()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, seconds: float, count: int) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            sizes = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            body = json.loads(await reader.readexactly(int(sizes[0].split(b":")[1])))
            text = _text(json.loads(body["input"])["sources"][0]["text"])
            await _stream(writer, text, body["model"], seconds=seconds, count=count)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


def _text(source: str) -> str:
    words = [word for word in source.split() if word.isalpha()] or ["so"]
    said = " ".join((words * _WORDS)[:_WORDS])[:1_100] + "."
    return json.dumps({"found": True, "claims": [{"source": 1, "quote": source[:80], "numbers": [], "text": said}]})


async def _stream(writer: asyncio.StreamWriter, text: str, model: str, *, seconds: float, count: int) -> None:
    size = max(1, len(text) // count)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
    begun = asyncio.get_running_loop().time()
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    for number, piece in enumerate(pieces):
        _write(writer, {"type": "response.output_text.delta", "delta": piece})
        await writer.drain()
        due = begun + seconds * (number + 1) / len(pieces)
        await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
    message = {"type": "message", "content": [{"type": "output_text", "text": text}]}
    reply = {"object": "response", "status": "completed", "model": model, "output": [message], "usage": {}}
    _write(writer, {"type": "response.completed", "response": reply})
    writer.write(b"0\r\n\r\n")
    await writer.drain()


def _write(writer: asyncio.StreamWriter, event: dict[str, Any]) -> None:
    part = f"data: {json.dumps(event)}\n\n".encode()
    writer.write(b"%x\r\n%s\r\n" % (len(part), part))


if __name__ == "__main__":
    main()
