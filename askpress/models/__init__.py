"""The tables, no logic. Vectors and terms live in narrow tables made per index version (retrieval/versions.py)."""

from askpress.models.index import Chunk, Document, Embedding, Indexed, IndexVersion
from askpress.models.site import Audit, Exclusion, Site, SyncRun, Term, WebhookSecret
from askpress.models.use import Answer, ApiKey, Spend

__all__ = [
    "Answer",
    "ApiKey",
    "Audit",
    "Chunk",
    "Document",
    "Embedding",
    "Exclusion",
    "IndexVersion",
    "Indexed",
    "Site",
    "Spend",
    "SyncRun",
    "Term",
    "WebhookSecret",
]
