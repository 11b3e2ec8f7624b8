"""How a question for a language model is written, and its reply read, in each way a server may know; pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from askpress.providers.contract import Usage

JSON = dict[str, Any]

# Reasoning models answer 400 to sampling parameters; "gpt-oss" and other makers' models take them.
_NO_TEMPERATURE = re.compile(r"(^|/)(gpt-[5-9]|gpt-\d\d|o\d)")

# What reasoning models say first, where their server does not take it out.
_THINKS, _HAS_THOUGHT = "<think>", "</think>"
_THOUGHT_OR_BRACE = re.compile(rf"{_THINKS}.*?{_HAS_THOUGHT}|{_THINKS}|\{{", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of the language model."""

    model: str
    instructions: str
    prompt: str
    # JSON schema of the wanted object, strict: every property required, additionalProperties false.
    schema: JSON
    # Opaque hash of the end user, "" for none.
    user: str
    # Reasoning counts.
    max_output_tokens: int
    # None where the model or its server takes none.
    temperature: float | None
    # What chat completions call the limit; models behind a name of the owner's own may want the newer word.
    limit_name: str = "max_tokens"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server sent, in no dialect any more."""

    text: str
    # "complete", "incomplete" (cut by a limit), "refused", or "failed" (the server gave up halfway).
    outcome: str
    usage: Usage
    # Why it failed, "" otherwise.
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One way to ask; `body` writes the request, `read` reads the JSON that came back."""

    name: str
    path: str
    body: Callable[[Order], JSON]
    read: Callable[[JSON], Reply]
    # What the request has besides when the reply shall come in pieces.
    streaming: JSON


def takes_temperature(model: str) -> bool:
    return not _NO_TEMPERATURE.search(model)


def after_thoughts(text: str) -> str:
    """Return the text from its first brace on that is none of a thought; before that, what may still tell which is."""
    end = 0
    for found in _THOUGHT_OR_BRACE.finditer(text):
        if found[0] == "{":
            return text[found.start() :]
        end = found.end()
        if found[0] == _THINKS:
            return _THINKS + text[end:][-len(_HAS_THOUGHT) :]
    return text[end:][-len(_THINKS) :]


def json_object(text: str) -> JSON | None:
    """Return the JSON object in `text`, None when there is none; models without a schema like to fence it.

    What it thinks beforehand is left out, and a line may end within a text.
    """
    text = after_thoughts(text)
    start, end = text.find("{"), text.rfind("}")
    try:
        found = json.loads(text[start : end + 1], strict=False)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _responses_body(order: Order) -> JSON:
    wanted = {"type": "json_schema", "name": "answer", "strict": True, "schema": order.schema}
    return _responses(order, instructions=order.instructions, shape=wanted)


def _responses_json_body(order: Order) -> JSON:
    return _responses(order, instructions=_with_schema(order), shape={"type": "json_object"})


def _responses(order: Order, *, instructions: str, shape: JSON) -> JSON:
    body: JSON = {
        "model": order.model,
        "instructions": instructions,
        "input": order.prompt,
        "max_output_tokens": order.max_output_tokens,
        "store": False,
        "text": {"format": shape},
    }
    if order.user:
        body["safety_identifier"] = order.user
    return body | _sampling(order)


def _chat_body(order: Order, *, instructions: str, response_format: JSON) -> JSON:
    """No `store` and no user: servers without the Responses API may reject what they do not know."""
    messages = [{"role": "system", "content": instructions}, {"role": "user", "content": order.prompt}]
    body: JSON = {
        "model": order.model,
        "messages": messages,
        order.limit_name: order.max_output_tokens,
        "response_format": response_format,
    }
    return body | _sampling(order)


def _sampling(order: Order) -> JSON:
    return {} if order.temperature is None else {"temperature": order.temperature}


def _schema_body(order: Order) -> JSON:
    wanted = {"name": "answer", "strict": True, "schema": order.schema}
    response_format = {"type": "json_schema", "json_schema": wanted}
    return _chat_body(order, instructions=order.instructions, response_format=response_format)


def _json_body(order: Order) -> JSON:
    return _chat_body(order, instructions=_with_schema(order), response_format={"type": "json_object"})


def _with_schema(order: Order) -> str:
    schema = json.dumps(order.schema, ensure_ascii=False)
    return f"{order.instructions}\n\nReply with one JSON object that fits this JSON schema:\n{schema}"


def read_responses(reply: JSON) -> Reply:
    parts = list(_parts(reply))
    text = "".join(str(part.get("text") or "") for part in parts if part.get("type") == "output_text")
    usage = _object(reply, "usage")
    cached = _count(_object(usage, "input_tokens_details"), "cached_tokens")
    return Reply(
        text=text,
        outcome=_responses_outcome(reply, refused=any(part.get("type") == "refusal" for part in parts)),
        usage=Usage(_count(usage, "input_tokens"), cached, _count(usage, "output_tokens")),
        failure=str(_object(reply, "error").get("message") or ""),
    )


def _responses_outcome(reply: JSON, *, refused: bool) -> str:
    if refused or _object(reply, "incomplete_details").get("reason") == "content_filter":
        return "refused"
    status = reply.get("status")
    return str(status) if status in {"incomplete", "failed"} else "complete"


def _parts(reply: JSON) -> Iterator[JSON]:
    for item in _objects(reply.get("output")):
        if item.get("type") == "message":
            yield from _objects(item.get("content"))


def _read_chat(reply: JSON) -> Reply:
    choice = next(_objects(reply.get("choices")), {})
    message = _object(choice, "message")
    usage = _object(reply, "usage")
    cached = _count(_object(usage, "prompt_tokens_details"), "cached_tokens")
    return Reply(
        text=str(message.get("content") or ""),
        outcome=_chat_outcome(choice, refused=bool(message.get("refusal"))),
        usage=Usage(_count(usage, "prompt_tokens"), cached, _count(usage, "completion_tokens")),
    )


def _chat_outcome(choice: JSON, *, refused: bool) -> str:
    if refused or choice.get("finish_reason") == "content_filter":
        return "refused"
    return "incomplete" if choice.get("finish_reason") == "length" else "complete"


def _object(parent: JSON, name: str) -> JSON:
    found = parent.get(name)
    return found if isinstance(found, dict) else {}


def _objects(value: object) -> Iterator[JSON]:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())


def _count(parent: JSON, name: str) -> int:
    found = parent.get(name)
    return found if isinstance(found, int) else 0


_CHAT_STREAM = {"stream": True, "stream_options": {"include_usage": True}}

# The order in which a server is tried.
DIALECTS = (
    Dialect("responses", "/responses", _responses_body, read_responses, {"stream": True}),
    Dialect("responses in JSON mode", "/responses", _responses_json_body, read_responses, {"stream": True}),
    Dialect("chat with a schema", "/chat/completions", _schema_body, _read_chat, _CHAT_STREAM),
    Dialect("chat in JSON mode", "/chat/completions", _json_body, _read_chat, _CHAT_STREAM),
)
