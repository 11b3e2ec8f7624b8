"""Answers that may be given again: an entry counts only while one statement finds all it used live and unchanged."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from askpress import redis_client
from askpress.retrieval import store

_PREFIX = "askpress:answer:"


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored answer."""

    # As JSON, ready to be sent.
    body: bytes
    # Contents the answer rests on; () for a refusal.
    document_versions: tuple[int, ...]
    # The site's corpus version a refusal was given at; a new post may answer it. -1 for an answer.
    corpus_version: int
    index_version: int


def key(question: str, **depends_on: object) -> str:
    """Return the name of the entry: the question, folded, and everything else the answer depends on."""
    folded = " ".join(unicodedata.normalize("NFKC", question).casefold().split())
    whole = json.dumps([folded, depends_on], sort_keys=True, default=str, ensure_ascii=True)
    return _PREFIX + hashlib.sha256(whole.encode()).hexdigest()


def fetch(name: str, *, site_id: int) -> bytes | None:
    """Return the stored body if it still holds. Redis is never believed alone: a lost or old one revives nothing."""
    raw = redis_client.call(lambda redis: redis.get(name), default=None)
    entry = _read(raw) if isinstance(raw, bytes) else None
    return entry.body if entry and _holds(entry, site_id) else None


def put(name: str, entry: Entry, *, seconds: int) -> None:
    """Store an entry for at most `seconds`; without Redis nothing is stored."""
    if seconds <= 0:
        return
    # What is looked at has a line of its own, so that the body need not be read in order to be sent.
    about = json.dumps([entry.document_versions, entry.corpus_version, entry.index_version, len(entry.body)])
    raw = about.encode() + b"\n" + entry.body
    redis_client.call(lambda redis: redis.set(name, raw, ex=seconds), default=None)


def _read(raw: bytes) -> Entry | None:
    about, _, body = raw.partition(b"\n")
    try:
        documents, corpus, index, size = json.loads(about)
        return Entry(body, _numbers(documents), int(corpus), int(index)) if len(body) == size else None
    except (ValueError, TypeError):
        return None


def _numbers(values: Sequence[object]) -> tuple[int, ...]:
    return tuple(int(str(value)) for value in values)


_HOLDS = """
SELECT EXISTS (SELECT FROM askpress_indexversion WHERE id = %s AND state = 'live')
   AND CASE WHEN %s >= 0
       THEN EXISTS (SELECT FROM askpress_site WHERE id = %s AND corpus_version = %s)
       ELSE (SELECT count(*) FROM askpress_document WHERE version = ANY(%b::bigint[]) AND gone_at IS NULL) = %s
   END
"""


def _holds(entry: Entry, site_id: int) -> bool:
    documents = sorted(set(entry.document_versions))
    with store.autocommit() as cursor:
        row = cursor.execute(
            _HOLDS,
            (
                entry.index_version,
                entry.corpus_version,
                site_id,
                entry.corpus_version,
                documents,
                len(documents),
            ),
            prepare=True,
        ).fetchone()
    return bool(row and row[0])
