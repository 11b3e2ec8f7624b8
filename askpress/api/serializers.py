"""What a request may hold; wrong types and unknown members are refused by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from django.conf import settings
from rest_framework import serializers

from askpress.api.problems import INVALID_REQUEST, FieldError, Problem

_MAX_K = 50
_DEFAULT_K = 8
# A body of thousands of unknown members is not answered with a list as long.
_MAX_ERRORS = 20
_MAX_NAME_CHARS = 60


class Question(serializers.CharField):
    """Text of a person; NUL and halves of characters, which clients that cut strings send, do it no harm."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        whole = data.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        cleaned = whole.replace("\0", " ").strip()
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


class Strict(serializers.Serializer[Any]):
    """Refuses members it does not know: a misspelt one would otherwise be ignored in silence."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = [name for name in data if name not in self.fields]
        if unknown:
            known = ", ".join(self.fields)
            raise serializers.ValidationError(
                {name: [f"is not known here; known are: {known}."] for name in unknown[:_MAX_ERRORS]}
            )
        return super().to_internal_value(data)


class Word(serializers.RegexField):
    """A short name as WordPress writes them."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


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


class AskRequest(Strict):
    """The body of /ask."""

    q = Question(max_length=settings.QUESTION_MAX_CHARS, help_text="The question, in any language.")


class SearchRequest(Strict):
    """The body of /search, or its address's parameters."""

    q = Question(max_length=settings.QUESTION_MAX_CHARS, help_text="What to look for: words or a question.")
    k = Count(default=_DEFAULT_K, min_value=1, max_value=_MAX_K, help_text="How many passages to return at most.")


class AuditRequest(Strict):
    """The parameters of /audit."""

    run = serializers.BooleanField(default=False, help_text="1 queues an audit; ask again later for what it found.")


class IngestRequest(Strict):
    """The body of /ingest: word that a post changed. What became of it is read from the site."""

    post_id = Count(min_value=1, max_value=2**63 - 1, help_text="The post's number on the site.")
    type = Word(r"\A[a-z0-9_-]{1,20}\Z", default="", help_text="Its type, such as post or page.")
    event = serializers.ChoiceField(["upsert", "delete"], default="upsert", help_text="What happened to it.")
    modified_gmt = Moment(
        default=None,
        allow_null=True,
        help_text="When it was edited: the site is asked again while it shows an older state.",
    )
    site = Word(r"\A[a-z0-9-]{1,60}\Z", default="", help_text="The site's short name, where a key is for several.")


# Made once: checking leaves nothing in them, and copying their fields for each request costs more than checking.
SEARCH = SearchRequest()
SEARCH_BY_ADDRESS = SearchRequest(context={"from_address": True})
ASK = AskRequest()
INGEST = IngestRequest()
AUDIT = AuditRequest(context={"from_address": True})


def read(serializer: Strict, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the checked members; raises Problem that names each wrong one."""
    try:
        values: dict[str, Any] = serializer.run_validation(data)
    except serializers.ValidationError as error:
        fields = list(_field_errors(error.detail))  # type: ignore[arg-type]  # of a serializer it is by member
        said = "; ".join(f"{field.pointer}: {field.detail}" for field in fields[:3])
        raise Problem(INVALID_REQUEST, said, fields=fields) from None
    return values


def _field_errors(found: Mapping[str, Any]) -> Iterator[FieldError]:
    for name, messages in found.items():
        step = name[:_MAX_NAME_CHARS].replace("~", "~0").replace("/", "~1")
        for message in messages:
            yield FieldError("#/" + quote(step, errors="replace"), str(message))
