"""Checksums of what posts hold and what is made of them. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

_encoder = json.JSONEncoder(ensure_ascii=False)


def of(values: Sequence[object]) -> str:
    """Return the SHA-256, in hexadecimal, of what json.dumps(values, ensure_ascii=False) gives."""
    # It takes 4 MB, so only in a process that reads posts.
    from pydantic_core import to_json

    # With one curly quote in a text json needs six times as long for it. The two write lists differently.
    written = [
        _encoder.encode(value).encode() if isinstance(value, (list, tuple)) else to_json(value) for value in values
    ]
    return hashlib.sha256(b"[" + b", ".join(written) + b"]").hexdigest()
