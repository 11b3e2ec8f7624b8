"""The kinds of members a request may hold, each strict: what is not meant so is refused by name."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from askpress.answer.followup import ROLES, Turn

# A body of thousands of unknown members is not answered with a list as long.
_MAX_ERRORS = 20
# Of one filter: values, and characters of each.
_MAX_WORDS = 20
MAX_WORD_CHARS = 200
# Soft hyphens, blanks of no width, marks of direction: within a word they hide it from search. Joiners stay, since
# Persian and emoji need them.
_HIDDEN = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


class Question(serializers.CharField):
    """Text of a person; NUL, halves of characters, which clients that cut strings send, and hidden ones do no harm."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        cleaned = _HIDDEN.sub("", _whole(data)).strip()
        if not cleaned:
            self.fail("blank")
        return cleaned


class Count(serializers.IntegerField):
    """A whole number: in JSON a number, in an address digits."""

    def to_internal_value(self, data: Any) -> int:
        fitting = str if self.context.get("from_address") else int
        if not isinstance(data, fitting) or isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)


class Flag(serializers.BooleanField):
    """True or false; not "yes", and 1 or 0 only in an address."""

    def to_internal_value(self, data: Any) -> bool:
        if self.context.get("from_address") and isinstance(data, str):
            data = {"1": True, "true": True, "0": False, "false": False}.get(data, data)
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Strict(serializers.Serializer[Any]):
    """Refuses members it does not know: a misspelt one would otherwise be ignored in silence."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = [name for name in data if name not in self.fields]
        if unknown:
            known = ", ".join(self.fields)
            raise serializers.ValidationError(
                {name: [f"is not known here; known are: {known}."] for name in unknown[:_MAX_ERRORS]}
            )
        repeated = [name for name in data if self._is_repeated(name, data[name])]
        if repeated:
            raise serializers.ValidationError({name: ["is there more than once."] for name in repeated})
        return super().to_internal_value(data)

    def _is_repeated(self, name: str, value: Any) -> bool:
        return "from_address" in self.context and isinstance(value, list) and not isinstance(self.fields[name], Words)


class Word(serializers.RegexField):
    """A short name as WordPress writes them."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


@extend_schema_field({"type": "string"})
class Moment(serializers.Field[datetime, str, str, Any]):
    """A date and time in ISO 8601; without a zone it is in UTC, as WordPress's own *_gmt fields are."""

    def to_internal_value(self, data: Any) -> datetime:
        try:
            moment = datetime.fromisoformat(data if isinstance(data, str) else "")
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            detail = "Must be a date and time such as 2026-11-05T09:30:00Z, or null."
            raise serializers.ValidationError(detail) from None

    def to_representation(self, value: datetime) -> str:
        return value.isoformat()


@extend_schema_field(
    {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 20}]}
)
class Words(serializers.Field[tuple[str, ...], Any, Any, Any]):
    """One name or several: in JSON a text or number, or a list of them; in an address repeated or with commas."""

    def to_internal_value(self, data: Any) -> tuple[str, ...]:
        several = data if isinstance(data, list) else [data]
        if self.context.get("from_address"):
            several = [part for value in several for part in value.split(",")]
        words = [self._word(word) for word in several]
        if not 1 <= len(words) <= _MAX_WORDS:
            raise serializers.ValidationError(f"Give 1 to {_MAX_WORDS} of them.")
        return tuple(words)

    def _word(self, value: Any) -> str:
        whole = isinstance(value, int) and not isinstance(value, bool)
        word = _whole(str(value)).strip() if whole or isinstance(value, str) else ""
        if not word or len(word) > MAX_WORD_CHARS:
            raise serializers.ValidationError(f"Must be a text of 1 to {MAX_WORD_CHARS} characters, or a list of such.")
        return word


@extend_schema_field(
    {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"role": {"enum": list(ROLES)}, "content": {"type": "string"}},
            "required": ["role", "content"],
            "additionalProperties": False,
        },
    }
)
class Turns(serializers.Field[tuple[Turn, ...], Any, Any, Any]):
    """What was said before, oldest first; nobody but the two sides of a conversation speaks in it."""

    def to_internal_value(self, data: Any) -> tuple[Turn, ...]:
        if not isinstance(data, list):
            raise serializers.ValidationError('Must be a list of {"role": "user" or "assistant", "content": text}.')
        wrong = {str(place): said for place, given in enumerate(data) if (said := _wrong_turn(given))}
        if wrong:
            raise serializers.ValidationError(dict(itertools.islice(wrong.items(), _MAX_ERRORS)))
        return tuple(Turn(given["role"], _whole(given["content"])) for given in data)


def _wrong_turn(given: Any) -> dict[str, list[str]] | list[str]:
    """Return what is wrong with a turn: with its members by name, or with all of it; empty when nothing is."""
    if not isinstance(given, dict) or set(given) != {"role", "content"}:
        return ["Must have role and content, both texts, and nothing else."]
    if given["role"] not in ROLES:
        return {"role": ["Must be user or assistant."]}
    return {} if isinstance(given["content"], str) else {"content": ["Must be a text."]}


class Prefix(serializers.CharField):
    """The beginning of an address, or of its path."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        prefix = _whole(data).strip()
        if not prefix.lower().startswith(("/", "https://", "http://")):
            raise serializers.ValidationError("Must begin with /, https:// or http://.")
        return prefix


def _whole(text: str) -> str:
    """Return the text with what no client means to send, NUL and halves of characters, replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", " ")
