"""A language model that takes its time: each answer quotes its first source truly and is written over 20 seconds.

`GET` returns the moments at which it began to send the first words after a quote, by the clock all processes share.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import json
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

SECONDS = 20.0
# Some fifteen words a second, as models write.
_PIECES = 200
_CHARS = 1_100
_QUOTE_CHARS = 80
_BEFORE_TEXT = '"text": "'
_moments: list[float] = []


@dataclass(frozen=True, slots=True)
class Manner:
    """How it writes."""

    # From the first piece to the last.
    seconds: float
    pieces: int
    claims: int
    # Of the text of all of them.
    chars: int
    # Seconds it stops after the first word that follows the first quote.
    pause: float


def main() -> None:
    """Print the address and serve until the process ends."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.writer", description=__doc__)
    options.add_argument("--seconds", type=float, default=SECONDS)
    options.add_argument("--pieces", type=int, default=_PIECES)
    options.add_argument("--claims", type=int, default=1)
    options.add_argument("--chars", type=int, default=_CHARS)
    options.add_argument("--pause", type=float, default=0.0)
    asyncio.run(_serve(functools.partial(_answer, manner=Manner(**vars(options.parse_args())))))


async def _serve(answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> None:
    server = await asyncio.start_server(answer, "127.0.0.1", 0, limit=1_000_000, backlog=1_000)
    port = server.sockets[0].getsockname()[1]
    print(f"http://127.0.0.1:{port}/v1")
    sys.stdout.flush()
    await server.serve_forever()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, manner: Manner) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            if head.startswith(b"GET "):
                _reply(writer, json.dumps(_moments).encode())
                continue
            sizes = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            body = json.loads(await reader.readexactly(int(sizes[0].split(b":")[1])))
            text = _text(json.loads(body["input"])["sources"][0]["text"], manner)
            await _stream(writer, text, body["model"], manner)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


def _reply(writer: asyncio.StreamWriter, content: bytes) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(content), content))


def _text(source: str, manner: Manner) -> str:
    words = [word for word in source.split() if word.isalpha()] or ["so"]
    size = manner.chars // manner.claims
    claims = [
        {
            "source": 1,
            "quote": source[number * _QUOTE_CHARS :][:_QUOTE_CHARS],
            "numbers": [],
            "text": " ".join((words[number:] * size)[:size])[:size] + ".",
        }
        for number in range(manner.claims)
    ]
    return json.dumps({"found": True, "claims": claims})


async def _stream(writer: asyncio.StreamWriter, text: str, model: str, manner: Manner) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
    begun = asyncio.get_running_loop().time()
    before, first, after = _pieces(text, manner.pieces)
    pieces = [*before, first, *after]
    for number, piece in enumerate(pieces):
        moment = time.monotonic()
        _write(writer, {"type": "response.output_text.delta", "delta": piece})
        await writer.drain()
        if number == len(before):
            _moments.append(moment)
            await asyncio.sleep(manner.pause)
        due = begun + manner.seconds * (number + 1) / len(pieces)
        await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
    message = {"type": "message", "content": [{"type": "output_text", "text": text}]}
    reply = {"object": "response", "status": "completed", "model": model, "output": [message], "usage": {}}
    _write(writer, {"type": "response.completed", "response": reply})
    writer.write(b"0\r\n\r\n")
    await writer.drain()


def _pieces(text: str, count: int) -> tuple[list[str], str, list[str]]:
    """Return what comes before the first word after the quote, that word with its blank, and the rest."""
    start = text.index(_BEFORE_TEXT) + len(_BEFORE_TEXT)
    end = text.index(" ", start) + 1
    size = max(1, len(text) // count)
    return _cut(text[:start], size), text[start:end], _cut(text[end:], size)


def _cut(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def _write(writer: asyncio.StreamWriter, event: dict[str, Any]) -> None:
    part = f"data: {json.dumps(event)}\n\n".encode()
    writer.write(b"%x\r\n%s\r\n" % (len(part), part))


if __name__ == "__main__":
    main()
