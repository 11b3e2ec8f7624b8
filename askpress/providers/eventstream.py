"""Takes the JSON objects out of server-sent events, however the bytes are cut; pure.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation; names, ids and times to
retry mean nothing here. The openai package does the same in five times the CPU: a stream has hundreds of events.
"""

from __future__ import annotations

import contextlib
import json
from typing import Any

import jiter

_END = b"[DONE]"


class Objects:
    """Those of one stream."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._data: list[bytes] = []
        self._skips_newline = False
        # True once the stream said that nothing follows.
        self.ended = False

    def feed(self, part: bytes) -> list[dict[str, Any]]:
        """Return the objects that are complete now; raises ValueError for data that is not JSON."""
        if self._skips_newline and part:
            self._skips_newline = False
            part = part.removeprefix(b"\n")
        end = max(part.rfind(b"\n"), part.rfind(b"\r")) + 1
        if not end:
            self._line += part
            return []
        lines = (bytes(self._line) + part[:end]).splitlines()
        self._line[:] = part[end:]
        # Half of what ends a line may still be on its way.
        self._skips_newline = part.endswith(b"\r")
        found: list[dict[str, Any]] = []
        for line in lines:
            if not line:
                found += self._complete()
            elif line.startswith(b"data:"):
                self._data.append(line[5:].removeprefix(b" "))
        return found

    def _complete(self) -> list[dict[str, Any]]:
        data = b"\n".join(self._data)
        self._data.clear()
        self.ended = self.ended or data.startswith(_END)
        if self.ended or not data:
            return []
        value = _read(data)
        return [value] if isinstance(value, dict) else []


def _read(data: bytes) -> Any:
    with contextlib.suppress(ValueError):
        return jiter.from_json(data)
    # It takes no half of a character, which some servers send when they cut a reply between two halves.
    try:
        return json.loads(data)
    except RecursionError:
        raise ValueError("the JSON is too deep") from None
