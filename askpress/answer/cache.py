"""Answers that may be given again: an entry counts only while one statement finds all it used live and unchanged."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from askpress import redis_client
from askpress.retrieval import store

PREFIX = "askpress:answer:"
# An entry past its term may go on counting while nothing changes, but not for ever: rates, models and settings that no
# entry's name holds move on.
KEPT_SECONDS = 30 * 86_400
# What was found less well than it could be, while a reranker or an embedding provider is down: whoever asks the same
# meanwhile pays once, and once it is back nobody waits long for the better answer.
BRIEFLY_SECONDS = 60
# Fifty times the usual answer: one that is larger would only push others out.
MAX_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored answer."""

    # As JSON, ready to be sent.
    body: bytes
    site_id: int
    # Contents the answer rests on; () for a refusal.
    document_versions: tuple[int, ...]
    # The site's corpus version it was given at: when it rises, a new post may answer better.
    corpus_version: int
    index_version: int
    # Unix time until which a better post is not waited for; 0 for a refusal.
    good_until: float


@dataclass(frozen=True, slots=True)
class Looked:
    """What Redis had under the name of an entry; None for nothing."""

    name: str
    raw: object


def key(question: str, **depends_on: object) -> str:
    """Return the name of the entry: the question, folded, and everything else the answer depends on."""
    folded = " ".join(unicodedata.normalize("NFKC", question).casefold().split())
    whole = json.dumps([folded, depends_on], sort_keys=True, default=str, ensure_ascii=True)
    return PREFIX + hashlib.sha256(whole.encode()).hexdigest()


def fetch(name: str, *, site_id: int, looked: Looked | None = None) -> Entry | None:
    """Return the stored entry if it still holds. Redis is never believed alone: a lost or old one revives nothing.

    Redis is not asked again for what was `looked` for already.
    """
    if looked is None or looked.name != name:
        looked = Looked(name, redis_client.call(lambda redis: redis.get(name), default=None))
    entry = read(looked.raw) if isinstance(looked.raw, bytes) else None
    return entry if entry and entry.body and entry.site_id == site_id and _holds(entry) else None


def put(name: str, entry: Entry, *, seconds: int = KEPT_SECONDS) -> None:
    """Store an entry, for `seconds` at most; without Redis, or when it is too large, nothing is stored."""
    raw = _header(entry) + b"\n" + entry.body
    if len(raw) <= MAX_BYTES:
        redis_client.put(redis_client.Put(name, raw, seconds))


def read(raw: bytes) -> Entry | None:
    """Return the entry, None for what is none; of one that is cut within its body the body is b""."""
    about, _, body = raw.partition(b"\n")
    try:
        site, documents, corpus, index, good_until, size = json.loads(about)
        body = body if len(body) == size else b""
        return Entry(body, int(site), _numbers(documents), int(corpus), int(index), float(good_until))
    except (ValueError, TypeError):
        return None


def _header(entry: Entry) -> bytes:
    """What is looked at has a line of its own, so that the body need not be read in order to be sent."""
    about = [
        entry.site_id, entry.document_versions, entry.corpus_version, entry.index_version, entry.good_until,
        len(entry.body),
    ]  # fmt: skip
    return json.dumps(about).encode()


def _numbers(values: Sequence[object]) -> tuple[int, ...]:
    return tuple(int(str(value)) for value in values)


_HOLDS = """
SELECT EXISTS (SELECT FROM askpress_indexversion WHERE id = %s AND state = 'live')
   AND (SELECT count(*) FROM askpress_document WHERE version = ANY(%b::bigint[]) AND gone_at IS NULL) = %s
   AND (extract(epoch FROM now()) < %s OR EXISTS (SELECT FROM askpress_site WHERE id = %s AND corpus_version = %s))
"""


def _holds(entry: Entry) -> bool:
    documents = sorted(set(entry.document_versions))
    asked = (
        entry.index_version, documents, len(documents), entry.good_until, entry.site_id, entry.corpus_version
    )  # fmt: skip
    with store.autocommit() as cursor:
        row = cursor.execute(_HOLDS, asked, prepare=True).fetchone()
    return bool(row and row[0])
