"""A client of the HTTP interface, in this process; and a small index for it to ask."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.http import HttpResponse
from django.test import Client

from askpress import keys, providers, sites
from askpress.retrieval import index, kept, keywords, rows, versions
from askpress.text import terms

NOW = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
PRICES = "A puncture repair costs 12 pounds and takes an hour."
# Strangers are limited by address: each visitor comes from one of his own.
_addresses = (f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in itertools.count(1))


@dataclass(frozen=True)
class Visitor:
    """Sends requests the way a careless client does; headers by their HTTP names."""

    key: str = ""
    address: str = field(default_factory=lambda: next(_addresses))

    def post(self, path: str, body: object = None, **headers: str) -> HttpResponse:
        return self.send("POST", path, body if isinstance(body, bytes) else json.dumps(body).encode(), headers)

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.send("GET", path, b"", headers)

    def send(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> HttpResponse:
        client = Client(raise_request_exception=False, SERVER_NAME="localhost", REMOTE_ADDR=self.address)
        given = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        if self.key:
            given.setdefault("X-API-Key", self.key)
        kind = given.pop("Content-Type", "application/json")
        reply: HttpResponse = client.generic(method, path, body, content_type=kind, headers=given)  # type: ignore[assignment]
        return reply


def body(reply: HttpResponse) -> dict[str, Any]:
    """Return the reply's JSON, whatever its type."""
    read: dict[str, Any] = json.loads(reply.content)
    return read


def with_key(*scopes: str) -> Visitor:
    """Return a visitor with a key for the scopes, all when none is named."""
    return Visitor(keys.create("test", scopes or keys.SCOPES))


def index_a_price() -> sites.Site:
    """Make a site whose index holds one page about a price."""
    site = sites.ensure("http://site.test")
    traits = providers.embedding_traits("local", "all-MiniLM-L6-v2-int8", 384)
    version = versions.live_or_new(versions.recipe_of(traits))
    keywords.forget()
    versions.freeze_mean_lexemes(version, [8])
    key = kept.key(version.recipe.space, PRICES)
    kept.keep({key: np.full(384, 0.05, dtype=np.float32)})
    chunk = rows.NewChunk(
        public_id="price-1", text=PRICES, headings=("Prices", "Repairs"), anchor="repairs", start=0, end=len(PRICES),
        fresh=0, token_count=12, lexemes=tuple(terms.lexemes(PRICES, language="en")), key=key,
    )  # fmt: skip
    content = index.Content(
        site_id=site.id, post_id=7, type="page", url="http://site.test/prices", slug="prices", title="Prices",
        language="en", author=1, categories=(), tags=(), published_at=NOW, modified_at=NOW, source=b"{}",
        source_checksum="s", text=PRICES, note="", checksum="c", read_at=NOW, chunks=(chunk,),
    )  # fmt: skip
    index.replace(versions.live(), content)
    sites.reconciled(site.id, at=dt.datetime.now(dt.UTC))
    return sites.first()
