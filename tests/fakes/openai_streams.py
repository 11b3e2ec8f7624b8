"""The fake OpenAI's answers in pieces: the events of either API, whole or spoiled halfway."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

JSON = dict[str, Any]

STALL = b"stall"
TEAR = b"tear"
HUGE_BYTES = 10_000_000


def events(reply: JSON, *, piece_chars: int) -> list[JSON]:
    """Return the events that make up a whole reply."""
    if reply["object"] == "response":
        return _responses(reply, piece_chars)
    return _chat(reply, piece_chars)


def _responses(reply: JSON, piece_chars: int) -> list[JSON]:
    parts = [part for item in reply["output"] for part in item.get("content", ())]
    text = "".join(part.get("text", "") for part in parts)
    kind = {"completed": "response.completed", "failed": "response.failed"}.get(reply["status"], "response.incomplete")
    begun = {**reply, "status": "in_progress", "output": [], "usage": None, "error": None}
    made: list[JSON] = [
        {"type": "response.created", "response": begun},
        {"type": "response.output_item.added", "output_index": 0, "item": {"type": "reasoning"}},
        *({"type": "response.output_text.delta", "delta": piece} for piece in _pieces(text, piece_chars)),
        {"type": kind, "response": reply},
    ]
    return [{**event, "sequence_number": number} for number, event in enumerate(made)]


def _chat(reply: JSON, piece_chars: int) -> list[JSON]:
    choice = reply["choices"][0]
    refusal = choice["message"]["refusal"]
    deltas = [{"content": piece} for piece in _pieces(choice["message"]["content"] or "", piece_chars)]
    deltas = [{"role": "assistant", "content": ""}, *deltas, *([{"refusal": refusal}] if refusal else [])]
    frame = {"id": reply["id"], "object": "chat.completion.chunk", "model": reply["model"]}
    return [
        *({**frame, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas),
        {**frame, "choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]},
        {**frame, "choices": [], "usage": reply["usage"]},
    ]


def _pieces(text: str, chars: int) -> list[str]:
    return [text[at : at + chars] for at in range(0, len(text), chars)]


def parts(made: list[JSON], fault: str) -> Iterator[bytes]:
    """Yield what goes over the wire; STALL and TEAR are orders to the server."""
    if fault not in _SPOILT:
        yield from map(_wire, made)
        if "choices" in made[0]:
            yield b"data: [DONE]\n\n"
        return
    half = made[: len(made) // 2]
    yield from map(_wire, half)
    yield from _SPOILT[fault](half)


def _wire(event: JSON) -> bytes:
    name = f"event: {event['type']}\n" if "type" in event else ""
    return f"{name}data: {json.dumps(event)}\n\n".encode()


def _huge(half: list[JSON]) -> Iterator[bytes]:
    yield b"data: " + b"x" * HUGE_BYTES + b"\n\n"


_SPOILT: dict[str, Any] = {
    "stalled": lambda half: iter([STALL]),
    "torn": lambda half: iter([TEAR]),
    "garbled": lambda half: iter([b"data: {nothing} of this is JSON\n\n"]),
    "endless": lambda half: itertools.repeat(_wire(half[-1])),
    "huge": _huge,
    "unending": lambda half: iter(()),
}
