"""Reads the vectors of an /embeddings reply.

By pydantic, which came with openai: it takes JSON and base64 apart in a fifth of the time that json and base64 take.
"""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from askpress.errors import BadEmbedding
from askpress.providers.contract import Vectors


class _Item(BaseModel):
    """One vector, and the place of its text among those sent."""

    model_config = ConfigDict(val_json_bytes="base64")

    index: int
    embedding: bytes | list[float]


class _Reply(BaseModel):
    """What we need of a reply."""

    data: list[_Item]


def read(reply: bytes, *, expected: int) -> Vectors:
    """Return the vectors in the order of the texts; raises BadEmbedding."""
    try:
        items = sorted(_Reply.model_validate_json(reply).data, key=lambda item: item.index)
        rows = [_row(item.embedding) for item in items]
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, found["loc"]))
        raise BadEmbedding(f"The embedding reply cannot be read ({where or 'all of it'}: {found['msg']}).") from None
    except ValueError as error:
        raise BadEmbedding(f"The embedding reply cannot be read ({error}).") from None
    if [item.index for item in items] != list(range(expected)):
        raise BadEmbedding(f"The embedding reply does not number its {len(items)} vectors from 0 to {expected - 1}.")
    if len({len(row) for row in rows}) != 1:
        raise BadEmbedding("The embedding reply holds vectors of different lengths.")
    return np.stack(rows)


def _row(embedding: bytes | list[float]) -> Vectors:
    if isinstance(embedding, bytes):
        return np.frombuffer(embedding, dtype="<f4")
    return np.asarray(embedding, dtype=np.float32)
