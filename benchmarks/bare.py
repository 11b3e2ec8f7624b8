"""The least a Django service could do: views that are handed what ours has to find out, under the same web server.

`/search` runs the very statement that our search runs, recorded when the question first comes; `/ask` is a view of the
REST framework with one SELECT and one call of Redis, from where it has the answer. No key, no limit, no checks.
"""

from __future__ import annotations

import json
import threading
from typing import Any
from unittest import mock

import psycopg
import redis
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from benchmarks import cached

settings.MIDDLEWARE = []
settings.ROOT_URLCONF = __name__
application = get_wsgi_application()

from askpress import sites  # noqa: E402  only after Django is set up
from askpress.retrieval import retriever, store  # noqa: E402

_redis = redis.from_url(settings.REDIS_URL)
_recorded: dict[str, tuple[Any, Any]] = {}
_recording = threading.Lock()


def search(request: HttpRequest) -> HttpResponse:
    question = json.loads(request.body)["q"]
    statement, parameters = _recorded.get(question) or _record(question)
    with store.autocommit() as cursor:
        rows = cursor.execute(statement, parameters, binary=True, prepare=True).fetchall()
    body = json.dumps({"results": rows}, ensure_ascii=False, default=str, separators=(",", ":"))
    return HttpResponse(body.encode(), content_type="application/json")


class Ask(APIView):
    """A cached answer the usual way."""

    parser_classes = (JSONParser,)
    renderer_classes = (JSONRenderer,)

    def post(self, request: Request) -> Response:
        with connection.cursor() as cursor:
            cursor.execute("SELECT corpus_version FROM askpress_site WHERE id = %s", [1])
            cursor.fetchone()
        asked: Any = request.data
        stored: Any = _redis.get(cached.answer_name(asked["q"]))
        return Response(json.loads(stored))


def _record(question: str) -> tuple[Any, Any]:
    """Let our search answer once, and keep the last statement it sends."""
    site, sent, me = sites.first(), list[tuple[Any, Any]](), threading.get_ident()
    execute = psycopg.Cursor.execute

    def keep(cursor: Any, query: Any, params: Any = None, **options: Any) -> Any:
        if threading.get_ident() == me:
            sent.append((query, params))
        return execute(cursor, query, params, **options)

    with _recording, mock.patch.object(psycopg.Cursor, "execute", keep):
        retriever.retrieve(question, site_id=site.id, site_language=site.language, k=8)
    return _recorded.setdefault(question, sent[-1])


urlpatterns = [path("search", search), path("ask", Ask.as_view())]
