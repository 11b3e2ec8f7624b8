"""Real prose that stands wherever Python does: what its library and the installed packages say of themselves."""

from __future__ import annotations

import random
import re
import sysconfig
from collections.abc import Iterator
from pathlib import Path

_LEAST_CHARS = 200
_DOCSTRING = re.compile(r'"""(.+?)"""', re.DOTALL)


def passages(count: int, *, chars: int) -> list[str]:
    """Return so many passages of so many characters; where there is not enough to read, the rest mix the others."""
    found: list[str] = []
    seen: set[str] = set()
    pending = ""
    for text in _docstrings():
        if text in seen:
            continue
        seen.add(text)
        pending = f"{pending}\n\n{text}" if pending else text
        while len(pending) >= chars:
            found.append(pending[:chars])
            pending = pending[chars:]
        if len(found) >= count:
            return found[:count]
    return found + list(_mixed(found, count - len(found), chars // 3))


def _docstrings() -> Iterator[str]:
    for name in ("stdlib", "purelib"):
        folder = Path(sysconfig.get_path(name))
        for path in sorted(folder.rglob("*.py")):
            # The library's folder holds another's packages where there is no virtual environment.
            if name == "purelib" or "site-packages" not in path.parts:
                text = path.read_text(encoding="utf-8", errors="replace")
                yield from (said for said in _DOCSTRING.findall(text) if len(said) >= _LEAST_CHARS)


def _mixed(found: list[str], count: int, third: int) -> Iterator[str]:
    chance = random.Random(4)
    for _ in range(count):
        starts = [(chance.choice(found), chance.randrange(2 * third)) for _ in range(3)]
        yield "\n\n".join(text[start : start + third] for text, start in starts)
