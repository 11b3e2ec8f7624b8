"""What a request may hold; wrong types and unknown members are refused by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from django.conf import settings
from rest_framework import serializers

from askpress.answer.asked import UNVERIFIED
from askpress.api.fields import MAX_WORD_CHARS, Count, Flag, Moment, Prefix, Question, Strict, Turns, Word, Words
from askpress.api.problems import INVALID_REQUEST, FieldError, Problem
from askpress.retrieval.filters import MODES, Filters

_MAX_K = 50
_DEFAULT_K = 8
_MAX_NAME_CHARS = 60
_MAX_STALENESS = 31_536_000
_HOW_FRESH = "Seconds since when the posts must be known to be as the site shows them; it is asked if need be."
_FILTERS = tuple(field.name for field in dataclasses.fields(Filters))
_SITE = r"\A[a-z0-9-]{1,60}\Z"
_CURSOR = r"\A[A-Za-z0-9_-]{1,200}\Z"
_WHICH_SITE = "The site's short name; without it the first one that the key is for."


class Narrowed(Strict):
    """Which documents are looked at; left out or null, all are."""

    type = Words(default=None, allow_null=True, help_text="Post types, such as post.")
    category = Words(default=None, allow_null=True, help_text="Categories by number, slug or name; any of them.")
    tag = Words(default=None, allow_null=True, help_text="Tags by number, slug or name; any of them.")
    author = Words(default=None, allow_null=True, help_text="Authors by number, slug or name; any of them.")
    language = Words(default=None, allow_null=True, help_text="Languages of documents, ISO 639-1; any of them.")
    after = Moment(default=None, allow_null=True, help_text="Published then or later.")
    before = Moment(default=None, allow_null=True, help_text="Published earlier.")
    url = Prefix(
        default=None,
        allow_null=True,
        max_length=MAX_WORD_CHARS,
        help_text="How the address begins: https://... or, without the host, /...",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Gather the filters in one value, `narrowed`; raises ValidationError for those nothing can fit."""
        given = {name: attrs.pop(name) for name in _FILTERS}
        narrowed = Filters(**{name: value for name, value in given.items() if value is not None})
        if narrowed.contradiction:
            raise serializers.ValidationError({"before": [narrowed.contradiction]})
        return {**attrs, "narrowed": narrowed}


class AskRequest(Narrowed):
    """The body of /ask."""

    q = Question(max_length=settings.QUESTION_MAX_CHARS, help_text="The question, in any language.")
    stream = Flag(default=None, allow_null=True, help_text="True for events; the header Accept decides without it.")
    unverified = serializers.ChoiceField(
        UNVERIFIED, default="drop", help_text="What becomes of a statement that nothing proves: left out, or marked."
    )
    retrieved = Flag(default=False, help_text="True to list what was found and is not used, too.")
    history = Turns(default=(), help_text="What was said before, oldest first: the last twelve turns count.")
    conversation_id = Word(
        r"\A[A-Za-z0-9_-]{1,64}\Z",
        default="",
        help_text="Your name of the conversation, in place of history; where questions are kept.",
    )
    max_staleness = Count(default=None, allow_null=True, min_value=0, max_value=_MAX_STALENESS, help_text=_HOW_FRESH)
    site = Word(_SITE, default="", help_text=_WHICH_SITE)

    def validate_conversation_id(self, value: str) -> str:
        if value and not settings.KEEP_QUESTIONS:
            raise serializers.ValidationError("No questions are kept here (ASKPRESS_KEEP_QUESTIONS): send history.")
        return value


class SearchRequest(Narrowed):
    """The body of /search, or its address's parameters."""

    q = Question(max_length=settings.QUESTION_MAX_CHARS, help_text="What to look for: words or a question.")
    k = Count(default=_DEFAULT_K, min_value=1, max_value=_MAX_K, help_text="How many passages to return at most.")
    mode = serializers.ChoiceField(MODES, default="hybrid", help_text="What is compared: meanings, words or both.")
    cursor = Word(
        _CURSOR,
        default=None,
        allow_null=True,
        help_text="Of the reply before, all other members unchanged: the next page.",
    )
    group = serializers.ChoiceField(
        ["document"], default=None, allow_null=True, help_text="One result for each document, with its best passages."
    )
    neighbours = Flag(default=False, help_text="True to join passages that touch in one document.")
    explain = Flag(default=False, help_text="True for the scores and ranks of both legs, and what was evidence.")
    details = Flag(default=False, help_text="True for image, categories and tags of each document.")
    max_staleness = Count(default=None, allow_null=True, min_value=0, max_value=_MAX_STALENESS, help_text=_HOW_FRESH)
    site = Word(_SITE, default="", help_text=_WHICH_SITE)


class AuditRequest(Strict):
    """The parameters of /audit."""

    run = Flag(default=False, help_text="1 queues an audit; ask again later for what it found.")
    site = Word(_SITE, default="", help_text=_WHICH_SITE)


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
    site = Word(_SITE, default="", help_text="The site's short name, where a key is for several.")


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
        said = "; ".join(f"{field.pointer}: {field.detail.removesuffix('.')}" for field in fields[:3])
        raise Problem(INVALID_REQUEST, f"{said}.", fields=fields) from None
    return values


def _field_errors(found: Mapping[str, Any], within: str = "#") -> Iterator[FieldError]:
    for name, said in found.items():
        step = name[:_MAX_NAME_CHARS].replace("~", "~0").replace("/", "~1")
        pointer = f"{within}/{quote(step, errors='replace')}"
        if isinstance(said, Mapping):
            yield from _field_errors(said, pointer)
        else:
            yield from (FieldError(pointer, str(message)) for message in said)
