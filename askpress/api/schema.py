"""The OpenAPI document: what replies hold. Requests are in serializers.py, errors in problems.py."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any, TypeVar

from django.http.response import HttpResponseBase
from django.urls import URLPattern
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers

from askpress.api import problems
from askpress.api.found import CHECKED_AT, SearchReply
from askpress.api.serializers import AskRequest, AuditRequest, IngestRequest, SearchRequest

Handler = TypeVar("Handler", bound=Callable[..., HttpResponseBase])


class Source(serializers.Serializer[Any]):
    """A document that the answer cites."""

    content = serializers.CharField(help_text="The cited passage.")
    title = serializers.CharField()
    url = serializers.CharField()
    score = serializers.FloatField(min_value=0, max_value=1)
    number = serializers.IntegerField(allow_null=True, help_text="The number its markers have in the answer.")
    heading = serializers.CharField()
    type = serializers.CharField()
    updated_at = serializers.CharField(allow_null=True)


class Citation(serializers.Serializer[Any]):
    """What proves one statement; null but for support and answer_start where nothing does."""

    number = serializers.IntegerField(allow_null=True, help_text="Of the source.")
    url = serializers.CharField(allow_null=True, help_text="Leads to the quote, or to its heading.")
    title = serializers.CharField(allow_null=True)
    quote = serializers.CharField(allow_null=True, help_text="As it stands in the source.")
    chunk_id = serializers.CharField(allow_null=True)
    start = serializers.IntegerField(allow_null=True, help_text="Where the quote begins in the passage, in characters.")
    end = serializers.IntegerField(allow_null=True, help_text="Where it ends.")
    support = serializers.ChoiceField(["verbatim", "close", "none"])
    answer_start = serializers.IntegerField(help_text="Where its statement begins in the answer, in characters.")


class Suggestion(serializers.Serializer[Any]):
    title = serializers.CharField()
    url = serializers.CharField()


class Usage(serializers.Serializer[Any]):
    input_tokens = serializers.IntegerField()
    cached_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cost_usd = serializers.FloatField(allow_null=True)


class AskReply(serializers.Serializer[Any]):
    answer = serializers.CharField(help_text="Text with markers such as [1].")
    cached = serializers.BooleanField(help_text="True when the answer was given before and still holds.")
    sources = Source(many=True)
    retrieved = Source(many=True, required=False, help_text="On request: what was found and is no source.")
    citations = Citation(many=True)
    refused = serializers.BooleanField(help_text="True when the site's content does not answer the question.")
    code = serializers.CharField(allow_null=True, help_text="Why it was refused.")
    suggestions = Suggestion(many=True, help_text="The nearest documents, when it was refused.")
    language = serializers.CharField()
    degraded = serializers.CharField(allow_null=True)
    model = serializers.CharField(help_text="The language model, 'extractive' for quotes.")
    usage = Usage()
    id = serializers.CharField()
    as_of = serializers.CharField(allow_null=True, help_text="When index and site were last proven equal.")
    checked_at = serializers.CharField(required=False, help_text=CHECKED_AT)


class DifferenceBody(serializers.Serializer[Any]):
    """A post of one of the sets."""

    id = serializers.IntegerField(help_text="The post's number on the site.")
    type = serializers.CharField()
    reason = serializers.CharField(help_text="Why it is in the set, for people.")


class AuditBody(serializers.Serializer[Any]):
    """A comparison of the site's complete listing with the index."""

    verdict = serializers.ChoiceField(["equal", "differs", "incomplete"])
    proof = serializers.ChoiceField(
        ["listing", "deep"], help_text="Whether ids and dates were compared, or contents too."
    )
    started_at = serializers.CharField()
    finished_at = serializers.CharField()
    site_digest = serializers.CharField(help_text="SHA-256 of the site's side, '' when it is incomplete.")
    index_digest = serializers.CharField(help_text="Of the index; equal to site_digest when all sets are empty.")
    reason = serializers.CharField(help_text="Why it is incomplete, or ''.")
    missing = DifferenceBody(many=True, help_text="The site shows them, no search finds them.")
    stale = DifferenceBody(many=True, help_text="The site shows another state of them.")
    orphaned = DifferenceBody(many=True, help_text="Searchable, and not on the site any more.")
    leaked = DifferenceBody(many=True, help_text="Searchable, and not for readers.")


class AuditReply(serializers.Serializer[Any]):
    site = serializers.CharField(help_text="The site's short name.")
    audit = AuditBody(allow_null=True, help_text="The last stored audit; null before the first.")
    queued = serializers.BooleanField(help_text="True when one was asked for: it waits for the worker.")


class IngestReply(serializers.Serializer[Any]):
    job = serializers.IntegerField(help_text="The stored job that looks at the post.")
    duplicate = serializers.BooleanField(help_text="True when it was stored before, for an earlier word of the post.")


class FieldErrorBody(serializers.Serializer[Any]):
    pointer = serializers.CharField(help_text="JSON pointer into the request, as a URI fragment.")
    detail = serializers.CharField()


class ProblemBody(serializers.Serializer[Any]):
    """An error (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    code = serializers.ChoiceField([kind.code for kind in problems.KINDS])
    request_id = serializers.CharField()
    retryable = serializers.BooleanField()
    error = serializers.CharField(help_text="The same as code.")
    errors = FieldErrorBody(many=True, required=False)  # type: ignore[assignment]  # a member, named by the RFC


def _described(
    operation: str, reply: type[serializers.Serializer[Any]], *, statuses: tuple[int, ...] = (200,), **more: Any
) -> Callable[[Handler], Handler]:
    refusals = {
        (status, problems.CONTENT_TYPE): OpenApiResponse(ProblemBody, ", ".join(codes))
        for status, codes in _codes().items()
    }
    return extend_schema(
        operation_id=operation,
        responses={**{(status, "application/json"): reply for status in statuses}, **refusals},
        auth=[{"key": []}, {"bearer": []}],  # type: ignore[list-item]  # the stubs know names only
        **more,
    )


def _codes() -> dict[int, list[str]]:
    codes: dict[int, list[str]] = {}
    for kind in problems.KINDS:
        if kind not in (problems.NOT_FOUND, problems.NOT_READY):
            codes.setdefault(kind.status, []).append(kind.code)
    return codes


SEARCH = _described("search", SearchReply, request={"application/json": SearchRequest})
SEARCH_BY_ADDRESS = _described("searchByAddress", SearchReply, parameters=[SearchRequest])
ASK = _described("ask", AskReply, request={"application/json": AskRequest})
INGEST = _described("ingest", IngestReply, statuses=(202,), request={"application/json": IngestRequest})
AUDIT = _described("audit", AuditReply, statuses=(200, 202), parameters=[AuditRequest])

_KEYS = {
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "bearer": {"type": "http", "scheme": "bearer"},
}


@functools.cache
def document(patterns: tuple[URLPattern, ...]) -> bytes:
    """Return the document for these addresses as JSON; it is the same for everybody, so it is made once."""
    generator = SchemaGenerator(patterns=patterns)  # type: ignore[no-untyped-call]
    made = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    made["components"]["securitySchemes"] = _KEYS
    made["paths"] |= {"/healthz": _open("healthz", {200}), "/readyz": _open("readyz", {200, 503})}
    return json.dumps(made, ensure_ascii=False).encode()


def _open(operation: str, statuses: set[int]) -> dict[str, Any]:
    replies = {str(status): {"description": "ok" if status < 400 else "not_ready"} for status in sorted(statuses)}
    return {"get": {"operationId": operation, "security": [{}], "responses": replies}}
