"""The least a Django service could do: views that are handed what ours has to find out, under the same web server.

`/search` runs the very statement that our search runs, made when the question first comes; `/ask` is a view of the
REST framework with one SELECT and one call of Redis, from where it has the answer. No key, no limit, no checks.
"""

from __future__ import annotations

import json
from typing import Any

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
from askpress.retrieval import fusion, keywords, queries, retriever, search, store, versions  # noqa: E402

_redis = redis.from_url(settings.REDIS_URL)
_PASSAGES = 8
_recorded: dict[str, tuple[Any, Any]] = {}


def find(request: HttpRequest) -> HttpResponse:
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
    """Find out what our search sends, and keep it; the benchmark's site and its questions are in English."""
    version, site = versions.live(), sites.first()
    model = retriever.embedding_model(version.recipe)
    embedding = queries.embed(
        question, model, base_url=settings.EMBEDDING_BASE_URL, seconds=settings.QUERY_CACHE_SECONDS
    )
    asked = keywords.analyse(question, languages=("en",), version=version.id, site_id=site.id)
    weights = fusion.weights(model.traits, "en", question)
    statement = search.statement(version, chunks=asked.chunks, formula=settings.FUSION)
    parameters = search.parameters(site_id=site.id, embedding=embedding, keywords=asked, weights=weights, k=_PASSAGES)
    return _recorded.setdefault(question, (statement, parameters))


urlpatterns = [path("search", find), path("ask", Ask.as_view())]
