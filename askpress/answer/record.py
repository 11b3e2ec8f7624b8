"""How each answer came about, kept for a term so that it can be looked at again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from psycopg.types.json import Jsonb

from askpress import errors, logs
from askpress.answer import followup, prompt, redaction
from askpress.answer.asked import Asked
from askpress.answer.means import Means
from askpress.retrieval import retriever, store
from askpress.retrieval.passage import Passage

# Hex digits of a checksum that are kept: two texts that share 128 bits do not exist.
_CHECKSUM_CHARS = 32
_KEEP = """
INSERT INTO askpress_answer (id, site_id, key, created_at, question, conversation, follow_up, language, code, degraded,
    model, made_with, passages, checks, usage)
VALUES (%(id)s, %(site)s, %(key)s, now(), %(question)s, '', %(follow_up)s, %(language)s, %(code)s, %(degraded)s,
    %(model)s, %(made_with)b, %(passages)b, %(checks)b, %(usage)b)
ON CONFLICT (id) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Record:
    """A row of askpress_answer."""

    id: UUID
    site_id: int
    key: int | None
    created_at: datetime
    # Understood without the turns before it; "" where questions are not kept.
    question: str
    follow_up: bool
    language: str
    code: str
    degraded: str
    model: str
    made_with: dict[str, Any]
    passages: list[dict[str, Any]]
    checks: dict[str, Any]
    usage: dict[str, Any]


_COLUMNS = (
    "id, site_id, key, created_at, question, follow_up, language, code, degraded, model, made_with, passages, checks,"
    " usage"
)


def keep(
    asked: Asked, alone: Asked, written: dict[str, Any], found: retriever.Retrieval, given: Means, *, dropped: int
) -> None:
    """Store how the answer came about, and count what is on the tab; without Postgres, or the site, it is not recorded.

    `alone` is what was asked as retrieval saw it.
    """
    if not settings.ANSWER_LOG_DAYS:
        return
    row = {
        "id": UUID(written["id"]), "site": asked.site.id, "key": asked.key, "follow_up": bool(asked.history),
        "question": redaction.redact(alone.question) if settings.KEEP_QUESTIONS else "",
        "language": written["language"], "code": written["code"] or "", "degraded": written["degraded"] or "",
        "model": written["model"], "made_with": Jsonb(made_with(asked, found, corpus=given.corpus_version)),
        "passages": Jsonb([_passage(passage) for passage in found.nearest]),
        "checks": Jsonb(_checks(asked, written, dropped=dropped)), "usage": Jsonb(written["usage"]),
    }  # fmt: skip
    try:
        with store.autocommit() as cursor:
            given.tab.count(cursor, _KEEP, row)
    except (errors.StoreUnavailable, errors.SiteRemoved) as error:
        logs.warning("answer not recorded", reason=str(error))


def made_with(asked: Asked, found: retriever.Retrieval, *, corpus: int) -> dict[str, Any]:
    """Return what decides an answer beside its question and its passages."""
    return {
        "prompt": prompt.VERSION,
        "rephrasing": followup.VERSION if asked.history else None,
        "embedding_model": found.model.traits.model,
        "index_version": found.index_version,
        "corpus_version": corpus,
        "evidence_cosine": settings.EVIDENCE_COSINE,
        "evidence_coverage": settings.EVIDENCE_COVERAGE,
        "context_tokens": settings.CONTEXT_TOKENS,
        "language_model": "" if settings.LANGUAGE_PROVIDER == "extractive" else settings.LANGUAGE_MODEL,
        "filters": asked.narrowed.texts,
        "is_evidence": bool(found.passages),
    }


def find(identifier: str) -> Record:
    """Return the record of an answer; raises UsageError when there is none (any more)."""
    try:
        wanted = UUID(identifier)
    except ValueError:
        raise errors.UsageError(f"{identifier!r} is not an answer's id: it stands in the answer, as `id`.") from None
    with store.autocommit() as cursor:
        row = cursor.execute(f"SELECT {_COLUMNS} FROM askpress_answer WHERE id = %s", (wanted,)).fetchone()  # noqa: S608
    if row is None:
        raise errors.UsageError(
            f"nothing is known of answer {wanted}: it is older than ASKPRESS_ANSWER_LOG_DAYS, or of another database."
        )
    # Django's connections leave JSON as the text that it is.
    return Record(*row[:10], *(json.loads(text) for text in row[10:]))


def questions(site_id: int) -> list[str]:
    """Return the kept questions that say all themselves, the newest first, each once."""
    with store.autocommit() as cursor:
        rows = cursor.execute(
            "SELECT question FROM askpress_answer WHERE site_id = %s AND question <> '' AND conversation = ''"
            " AND NOT follow_up GROUP BY question ORDER BY max(created_at) DESC",
            (site_id,),
        ).fetchall()
    return [text for (text,) in rows if redaction.is_whole(text)]


def purge(*, days: int) -> int:
    """Forget what is older; and the questions themselves as soon as they are not to be kept. Return how many rows."""
    with store.autocommit() as cursor:
        cursor.execute("DELETE FROM askpress_answer WHERE created_at < now() - make_interval(days => %s)", (days,))
        forgotten = cursor.rowcount
        if not settings.KEEP_QUESTIONS:
            cursor.execute("UPDATE askpress_answer SET question = '', conversation = '' WHERE question <> ''")
        # A day's spend is asked for on that day; a month of it answers questions about the bill.
        cursor.execute("DELETE FROM askpress_spend WHERE day < (now() AT TIME ZONE 'UTC')::date - 30")
    return forgotten


def checksum(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_CHECKSUM_CHARS]


def _passage(passage: Passage) -> dict[str, Any]:
    return {
        "document": passage.document_id,
        "version": passage.document_version,
        "chunk": passage.chunk_id,
        "checksum": checksum(passage.text),
        **{name: round(getattr(passage, name), 4) for name in ("score", "cosine", "bm25", "coverage")},
    }


def _checks(asked: Asked, written: dict[str, Any], *, dropped: int) -> dict[str, Any]:
    wanted: Sequence[str] = ("number", "chunk_id", "start", "end", "support")
    proven = [{name: citation[name] for name in wanted} for citation in written["citations"]]
    return {"unverified": asked.options.unverified, "citations": proven, "dropped": dropped}
