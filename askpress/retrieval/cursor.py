"""Cursors: where the next page of a search begins, as a text that nobody can make up or use for another. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from typing import Any

from askpress import errors

# 128 bits: far more than anyone can try.
_SIGNATURE_BYTES = 16
_CONTENT = re.compile(r"([0-9]{1,6}) ([0-9]{1,19}) ([0-9]{1,19}) (keyword|rerank|)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the order of one search."""

    skip: int
    # What the order was made from: the index version, and what the site's part of it held.
    index_version: int
    corpus_version: int
    # What it was made without, as in Retrieval.
    degraded: str


def write(cursor: Cursor, *, secret: bytes, search: Any) -> str:
    """Return the cursor as text for this search alone; `search` is all that decides its order, as JSON knows it.

    `secret` is shared by all processes and lives as long as the database: keys of the settings may not.
    """
    content = f"{cursor.skip} {cursor.index_version} {cursor.corpus_version} {cursor.degraded}".encode()
    return base64.urlsafe_b64encode(_signature(content, secret, search) + content).decode().rstrip("=")


def read(text: str, *, secret: bytes, search: Any) -> Cursor:
    """Return the cursor that `write` made for this search; raises CursorInvalid for anything else."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise errors.CursorInvalid(_INVALID) from None
    signature, content = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
    parts = _CONTENT.fullmatch(content.decode("ascii", "replace"))
    if parts is None or not hmac.compare_digest(signature, _signature(content, secret, search)):
        raise errors.CursorInvalid(_INVALID)
    return Cursor(int(parts[1]), int(parts[2]), int(parts[3]), parts[4])


_INVALID = "The cursor was not made for this search: send the one of the last reply, with all other members unchanged."


def _signature(content: bytes, secret: bytes, search: Any) -> bytes:
    signed = content + b"\0" + json.dumps(search, sort_keys=True).encode()
    return hmac.new(secret, signed, hashlib.sha256).digest()[:_SIGNATURE_BYTES]
