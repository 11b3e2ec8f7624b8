"""Reads a reply that comes in pieces, in each dialect, and makes the same of it as of a whole one; pure."""

from __future__ import annotations

from typing import Any, Protocol

from askpress.providers import dialects
from askpress.providers.contract import Usage
from askpress.providers.dialects import JSON, Reply

_ENDINGS = {"response.completed", "response.incomplete", "response.failed"}


class Listener(Protocol):
    """Hears the events of one reply."""

    def hear(self, event: JSON) -> str:
        """Return the text that an event adds, "" for none."""

    def reply(self) -> Reply | None:
        """Return what came of it, None while it has not ended."""


def listener(dialect: dialects.Dialect) -> Listener:
    return Responses() if dialect.path == "/responses" else Chat(dialect)


class Responses:
    """The Responses API: https://platform.openai.com/docs/api-reference/responses-streaming."""

    def __init__(self) -> None:
        self._heard: list[str] = []
        self._reply: Reply | None = None

    def hear(self, event: JSON) -> str:
        kind = event.get("type")
        if kind == "response.output_text.delta":
            self._heard.append(text(event.get("delta")))
            return self._heard[-1]
        if kind == "error":
            self._reply = Reply("", "failed", Usage(), failure=text(event.get("message")))
        elif kind in _ENDINGS or event.get("object") == "response":
            return self._end(event)
        return ""

    def reply(self) -> Reply | None:
        return self._reply

    def _end(self, event: JSON) -> str:
        whole = event.get("response", event)
        self._reply = dialects.read_responses(whole if isinstance(whole, dict) else {})
        # Some servers stream the frame and send the text in it.
        return "" if self._heard else self._reply.text


class Chat:
    """Chat completions; a whole one, from a server that does not stream, is read as well."""

    def __init__(self, dialect: dialects.Dialect) -> None:
        self._dialect = dialect
        self._text: list[str] = []
        self._refusal = ""
        self._finish: object = None
        self._usage: JSON = {}
        self._whole: Reply | None = None

    def hear(self, event: JSON) -> str:
        self._usage = _object(event.get("usage")) or self._usage
        choices = event.get("choices")
        choice = _object(choices[0]) if isinstance(choices, list) and choices else {}
        self._finish = choice.get("finish_reason") or self._finish
        if "message" in choice:
            self._whole = self._dialect.read(event)
            return self._whole.text
        delta = _object(choice.get("delta"))
        self._refusal += text(delta.get("refusal"))
        self._text.append(text(delta.get("content")))
        return self._text[-1]

    def reply(self) -> Reply | None:
        if self._whole is not None or self._finish is None:
            return self._whole
        message = {"content": "".join(self._text), "refusal": self._refusal}
        choice = {"message": message, "finish_reason": self._finish}
        return self._dialect.read({"choices": [choice], "usage": self._usage})


def text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _object(value: Any) -> JSON:
    return value if isinstance(value, dict) else {}
