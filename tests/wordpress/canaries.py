"""Looks everywhere we keep something for words that nobody may find: tables, Valkey, logs, replies."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import redis
from django.conf import settings

from askpress.retrieval import keywords, store
from tests import visitor
from tests.wordpress.running import Running, rows

# A canary is asked for by what surrounds it: asked for by name, the question itself would hold it.
QUESTIONS = ("Where is the treasure of the cellar?", "treasure", "What is kept in the cellar behind the barrels?")
GET = ("/readyz", "/healthz", "/metrics", "/audit", "/v1/openapi.json", "/docs/api")


def text_about(canary: str) -> str:
    return f"<p>The treasure {canary} is kept in the cellar behind the barrels.</p>"


def replies() -> str:
    """Return all that our endpoints say to the owner, who may see most."""
    owner = visitor.with_key()
    keywords.forget()
    said = [owner.get(path).content.decode() for path in GET]
    for question in QUESTIONS:
        said.append(owner.post("/search", {"q": question, "k": 50}).content.decode())
        said.append(owner.post("/ask", {"q": question}).content.decode())
    return "\n".join(said)


def in_tables() -> Iterator[tuple[str, str]]:
    """Yield each row of each table with the table's name, its packed columns unpacked."""
    for (name,) in rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        with store.autocommit() as cursor:
            for row in cursor.execute(f'SELECT * FROM "{name}"'.encode()).fetchall():
                yield name, " ".join(_readable(value) for value in row)


def in_valkey() -> Iterator[tuple[str, str]]:
    """Yield each key with what it holds."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    try:
        for key in client.scan_iter():
            read: dict[Any, Any] = {
                b"string": lambda name: client.get(name),
                b"hash": lambda name: client.hgetall(name),
                b"list": lambda name: client.lrange(name, 0, -1),
                b"set": lambda name: client.smembers(name),
                b"zset": lambda name: client.zrange(name, 0, -1),
            }
            yield "valkey", _readable(key) + str(read[client.type(key)](key))
    finally:
        client.close()


def places_of(canaries: Iterable[str], running: Running, *, logs: bool = True) -> dict[str, set[str]]:
    """Return where each canary stands, as {canary: places}."""
    written = [("replies", replies()), *([("logs", running.logs())] if logs else [])]
    everywhere = [*written, *in_tables(), *in_valkey()]
    found = {canary: {place for place, text in everywhere if canary in text.lower()} for canary in canaries}
    return {canary: places for canary, places in found.items() if places}


def _readable(value: object) -> str:
    if isinstance(value, memoryview):
        value = bytes(value)
    if not isinstance(value, bytes):
        return json.dumps(value, ensure_ascii=False, default=str)
    try:
        value = zlib.decompress(value)
    except zlib.error:
        pass
    return value.decode("utf-8", "replace")
