"""What a search result holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from askpress.retrieval import snippets
from askpress.retrieval.passage import Passage


def passage(found: Passage, idfs: Mapping[str, float]) -> dict[str, Any]:
    """The article's four fields first; `url` is the document's, `link` leads to the heading in it."""
    return {
        "content": found.text,
        "title": found.title,
        "url": found.url,
        "score": round(found.score, 4),
        "chunk_id": found.chunk_id,
        "heading": " > ".join(found.headings),
        "snippet": snippets.of(found.text, idfs, language=found.language).html,
        "link": link(found),
        "anchor": found.anchor or None,
        "type": found.type,
        "language": found.language,
        "updated_at": found.updated_at.isoformat() if found.updated_at else None,
    }


def link(found: Passage) -> str:
    """Return the address of the heading; one that has a place of its own already keeps it."""
    return f"{found.url}#{found.anchor}" if found.anchor and "#" not in found.url else found.url
