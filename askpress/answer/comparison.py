"""What became of an answer's passages, and what the same question finds today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from askpress import sites
from askpress.answer import record
from askpress.answer.asked import Asked
from askpress.answer.record import Record
from askpress.retrieval import retriever, store
from askpress.retrieval.filters import Filters


@dataclass(frozen=True, slots=True)
class Seen:
    """A passage that the answer was made from, as it is today."""

    document: int
    chunk: str
    version: int
    checksum: str
    # Times the answer quotes it.
    quoted: int
    # "unchanged", "changed" (the document is, the passage is not in it any more), "moved" (the document is changed
    # elsewhere), "gone" (nobody can read the document any more).
    state: str
    # Of today's document, "" when it is gone.
    title: str
    url: str
    # "" unless the very text is still public.
    text: str


@dataclass(frozen=True, slots=True)
class Again:
    """The same question, searched for today."""

    is_evidence: bool
    # Passages by chunk: found in both, only today, only then.
    same: tuple[str, ...]
    new: tuple[str, ...]
    lost: tuple[str, ...]
    # The passages that both found are in the same order.
    same_order: bool


_TODAY = """
SELECT document.id, document.version, document.title, document.url, chunk.public_id, chunk.text
FROM askpress_document AS document
LEFT JOIN askpress_chunk AS chunk
    ON chunk.document_id = document.id AND chunk.public_id = ANY(%s)
    AND chunk.index_version_id = (SELECT id FROM askpress_indexversion WHERE state = 'live')
WHERE document.id = ANY(%s) AND document.site_id = %s AND document.gone_at IS NULL
"""


def passages(made: Record) -> list[Seen]:
    """Return the answer's passages as they are today, best first as they were."""
    chunks, documents = [one["chunk"] for one in made.passages], [one["document"] for one in made.passages]
    with store.autocommit() as cursor:
        rows = cursor.execute(_TODAY, (chunks, documents, made.site_id)).fetchall()
    held = {row[0]: row[1:4] for row in rows}
    texts = {(row[0], row[4]): row[5] for row in rows if row[4]}
    quoted = [citation["chunk_id"] for citation in made.checks["citations"]]
    return [_seen(one, held, texts, quoted=quoted.count(one["chunk"])) for one in made.passages]


def again(made: Record, question: str, site: sites.Site) -> Again:
    """Search for the question as it was searched for then; the embedding of it may cost a little."""
    narrowed = Filters(**{name: _value(name, given) for name, given in made.made_with["filters"].items()})
    found = retriever.retrieve(
        question,
        site_id=site.id,
        site_language=site.language,
        k=max(1, len(made.passages)),
        narrowed=narrowed,
        operators=False,
    )
    then, now = [one["chunk"] for one in made.passages], [passage.chunk_id for passage in found.nearest]
    same = tuple(chunk for chunk in then if chunk in now)
    return Again(
        is_evidence=bool(found.passages),
        same=same,
        new=tuple(chunk for chunk in now if chunk not in then),
        lost=tuple(chunk for chunk in then if chunk not in now),
        same_order=same == tuple(chunk for chunk in now if chunk in then),
    )


def differences(made: Record, site: sites.Site) -> dict[str, tuple[Any, Any]]:
    """Return what an answer would be made with today and was not then: name -> (then, now)."""
    found = retriever.retrieve("", site_id=site.id, site_language=site.language, k=1, mode="keyword")
    today = record.made_with(Asked("", site, ""), found, corpus=sites.corpus_version(site.id))
    of_the_question = {"filters", "is_evidence", "rephrasing"}
    return {
        name: (made.made_with.get(name), now)
        for name, now in today.items()
        if name not in of_the_question and made.made_with.get(name) != now
    }


def _seen(
    one: dict[str, Any], held: dict[int, tuple[Any, ...]], texts: dict[tuple[int, str], str], *, quoted: int
) -> Seen:
    document, chunk = int(one["document"]), str(one["chunk"])
    version, title, url = held.get(document, (0, "", ""))
    text = texts.get((document, chunk), "")
    stands = bool(text) and record.checksum(text) == one["checksum"]
    if document not in held:
        state = "gone"
    elif not stands:
        state = "changed"
    else:
        state = "unchanged" if version == one["version"] else "moved"
    shown = text if stands else ""
    return Seen(document, chunk, one["version"], one["checksum"], quoted, state, title, url, shown)


def _value(name: str, given: list[str]) -> Any:
    if name in ("after", "before"):
        return datetime.fromisoformat(given[0])
    return given[0] if name == "url" else tuple(given)
