"""Makes passages for tests of what comes after retrieval."""

from __future__ import annotations

import datetime as dt
from typing import Any

from askpress.retrieval.passage import Passage


def passage(text: str, *, start: int = 0, document: int = 1, **given: Any) -> Passage:
    """Return a passage of `text` that begins at `start` in its document."""
    values: dict[str, Any] = {
        "chunk_id": f"c{document}-{start}",
        "text": text,
        "headings": (),
        "anchor": "",
        "start": start,
        "end": start + len(text),
        "position": start,
        "token_count": len(text.split()),
        "document_id": document,
        "document_version": document * 10,
        "type": "post",
        "title": f"Title {document}",
        "url": f"http://site.test/{document}/",
        "language": "en",
        "updated_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        "score": 0.5,
        "cosine": 0.5,
        "bm25": 1.0,
        "coverage": 0.5,
    }
    return Passage(**{**values, **given})
