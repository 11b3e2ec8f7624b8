"""Reads a file of questions, one JSON object a line, and says what is wrong in which line."""

from __future__ import annotations

import functools
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from askpress.errors import UsageError

_FIELDS = frozenset({"id", "question", "urls", "patterns", "answerable", "half", "language", "kind"})
_SHOWN_ERRORS = 5


@dataclass(frozen=True, slots=True)
class Question:
    """A question with what is known of its answer."""

    # The question itself where the file gives none.
    id: str
    text: str
    answerable: bool
    # Documents that answer it: whole addresses, or paths below the site's; "*" stands for anything.
    urls: tuple[str, ...] = ()
    # Regular expressions; a right answer holds all of them.
    patterns: tuple[re.Pattern[str], ...] = ()
    # "tuning" for the questions that were looked at, "frozen" for those that never were; "" when not split.
    half: str = ""
    # ISO 639-1, "" when not said.
    language: str = ""
    kind: str = ""


class _Bad(Exception):
    """What is wrong with a line."""


def read(path: Path) -> list[Question]:
    """Return the file's questions; raises UsageError that names the lines it cannot use."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise UsageError(f"the questions cannot be read: {error}") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text (byte {error.start}).") from None
    found: dict[str, Question] = {}
    wrong: list[str] = []
    for number, line in enumerate(lines, start=1):
        try:
            question = _question(line) if line.strip() else None
            if question and question.id in found:
                raise _Bad(f"the id {question.id!r} was used before")
            found |= {question.id: question} if question else {}
        except _Bad as error:
            wrong.append(f"line {number}: {error}")
    if wrong:
        more = [f"and {len(wrong) - _SHOWN_ERRORS} more"] if len(wrong) > _SHOWN_ERRORS else []
        raise UsageError(f"{path} has lines that are no questions:\n  " + "\n  ".join([*wrong[:_SHOWN_ERRORS], *more]))
    if not found:
        raise UsageError(f'{path} is empty: give a line like {{"question": "…", "urls": ["/prices/"]}}.')
    return list(found.values())


def matching(pattern: str, urls: frozenset[str], *, site: str) -> frozenset[str]:
    """Return the addresses that one of a question's `urls` names; "/prices/" is below the site's own address."""
    wanted = pattern if "://" in pattern else site.rstrip("/") + "/" + pattern.lstrip("/")
    expression = re.compile(re.escape(_bare(wanted)).replace(r"\*", ".*"))
    return frozenset(url for url in urls if expression.fullmatch(_bare(url)))


@functools.lru_cache(maxsize=100_000)
def _bare(url: str) -> str:
    """Return the address without what two writings of it differ in: /über/ is stored as /%c3%bcber/."""
    address = unquote(url.partition("#")[0].partition("://")[2].removeprefix("www."))
    return unicodedata.normalize("NFC", address).rstrip("/")


def _question(line: str) -> Question:
    fields = _object(line)
    unknown = sorted(set(fields) - _FIELDS)
    if unknown:
        raise _Bad(f"{', '.join(unknown)} is not known; fields are {', '.join(sorted(_FIELDS))}")
    text = _text(fields, "question")
    if not text:
        raise _Bad('"question" is missing')
    urls, patterns = _texts(fields, "urls"), _texts(fields, "patterns")
    answerable = fields.get("answerable", True)
    if not isinstance(answerable, bool):
        raise _Bad(f'"answerable" is {json.dumps(answerable)}: give true or false')
    if answerable and not (urls or patterns):
        raise _Bad('neither "urls" nor "patterns" says what a right answer is; without one, "answerable": false')
    if not answerable and (urls or patterns):
        raise _Bad('it is not answerable and yet has "urls" or "patterns"')
    return Question(
        id=_text(fields, "id") or text,
        text=text,
        answerable=answerable,
        urls=urls,
        patterns=tuple(_expression(pattern) for pattern in patterns),
        half=_text(fields, "half"),
        language=_text(fields, "language"),
        kind=_text(fields, "kind"),
    )


def _object(line: str) -> Mapping[str, Any]:
    try:
        fields = json.loads(line)
        json.dumps(fields, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise _Bad("holds half of a character: \\ud800 to \\udfff stand for something in pairs alone") from None
    except json.JSONDecodeError as error:
        raise _Bad(f"not JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise _Bad("not JSON that can be read: too deep") from None
    if not isinstance(fields, dict):
        raise _Bad("not a JSON object")
    return fields


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name, "")
    if not isinstance(value, str):
        raise _Bad(f'"{name}" is {json.dumps(value)[:40]}: give a text')
    return value.strip()


def _texts(fields: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = fields.get(name, [])
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(one, str) and one for one in listed):
        raise _Bad(f'"{name}" is {json.dumps(value)[:40]}: give a list of texts')
    return tuple(listed)


def _expression(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise _Bad(f"the pattern {pattern!r} is no regular expression: {error}") from None
