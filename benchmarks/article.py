"""The article's `/search`, its code as published where it works; a Django project in one file, served by gunicorn.

Mended are only what the web page's typography broke (the operator <=> had vanished) and the index, which pgvector
refuses for 3,072 dimensions: without one every search is the exact scan. The limit is a variable, not 60.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from typing import Any

import psycopg
import redis
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from openai import OpenAI

DATABASE_URL = os.environ["DATABASE_URL"]
API_KEY = os.environ["API_KEY"]
LIMIT = int(os.environ["ARTICLE_REQUESTS_PER_MINUTE"])
AS_TEXT = os.environ["ARTICLE_VECTORS"] == "text"

r = redis.from_url(os.environ["REDIS_URL"])
client = OpenAI(api_key=os.environ["OPENAI_API_KEY"], base_url=os.environ["OPENAI_BASE_URL"])


class SimpleAuthRateLimit:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = request.headers.get("X-API-Key")
        if not key or key != API_KEY:
            return JsonResponse({"error": "unauthorized"}, status=401)
        bucket = f"rl:{key}:{int(time.time() // 60)}"
        count: Any = r.incr(bucket)
        if count == 1:
            r.expire(bucket, 70)
        if count > LIMIT:
            return JsonResponse({"error": "rate_limited"}, status=429)
        return self.get_response(request)


def embed(q: str) -> list[float]:
    return client.embeddings.create(model="text-embedding-3-large", input=q).data[0].embedding


def top_k(query_emb: list[float], k: int = 8) -> list[dict[str, Any]]:
    # Published: the list itself, which psycopg turns into an array number by number. As text it is cheaper.
    vector = str(query_emb) if AS_TEXT else query_emb
    with psycopg.connect(DATABASE_URL) as conn:
        cur = conn.cursor()
        cur.execute(
            """
            SELECT c.content, d.title, d.url, 1 - (c.embedding <=> %s::vector) AS score
            FROM chunks c
            JOIN documents d ON d.id = c.doc_id
            ORDER BY c.embedding <=> %s::vector
            LIMIT %s
            """,
            (vector, vector, k),
        )
        rows = cur.fetchall()
    return [{"content": row[0], "title": row[1], "url": row[2], "score": float(row[3])} for row in rows]


@csrf_exempt
def search_view(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return JsonResponse({"error": "POST only"}, status=405)
    body = json.loads(request.body.decode("utf-8"))
    q = body.get("q", "").strip()
    if not q:
        return JsonResponse({"error": "missing q"}, status=400)
    return JsonResponse({"results": top_k(embed(q), k=8)})


urlpatterns = [path("search", search_view)]

if not settings.configured:
    settings.configure(
        SECRET_KEY="of no use here",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        MIDDLEWARE=[f"{__name__}.SimpleAuthRateLimit"],
        INSTALLED_APPS=["rest_framework"],
    )
    application = get_wsgi_application()
