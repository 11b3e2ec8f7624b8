"""Signs and verifies webhooks as Standard Webhooks 1.0.0 says (github.com/standard-webhooks), over raw bytes. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from askpress import errors

# The scheme leaves it open; its reference libraries take five minutes.
TOLERANCE_SECONDS = 300
PREFIX = "whsec_"
# The scheme's bounds for a secret.
_LEAST_BYTES, _MOST_BYTES = 24, 64
# The bytes that Unix seconds may have: beyond eleven digits no date exists.
_TIMESTAMP = re.compile(r"[0-9]{1,11}")


@dataclass(frozen=True, slots=True)
class Signed:
    """The three headers of a webhook, each as it came, "" where it is missing."""

    # webhook-id: the same for every attempt to deliver one message.
    id: str
    # webhook-timestamp: Unix seconds of this attempt.
    timestamp: str
    # webhook-signature: "v1,<base64>", several with spaces between while a secret is being replaced.
    signatures: str


def new_secret() -> str:
    """Return a fresh secret in the form both sides take: `whsec_` and 32 random bytes as base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def sign(secret: str, *, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the signature for the header: `v1,` and the HMAC-SHA256 over id, timestamp and body."""
    return _signature(secret, Signed(message_id, str(timestamp), ""), body)


def verify(body: bytes, signed: Signed, *, valid: Iterable[str], now: datetime) -> str:
    """Return the one of the `valid` secrets that signed the bytes received; `now` is aware.

    Raises WebhookRefused, and ClockSkew when they are more than five minutes away from `now`: only who holds
    a secret learns that, since the signature is checked first.
    """
    signed_at = _moment(signed)
    secret = _signer(body, signed, valid)
    if abs(now - signed_at).total_seconds() > TOLERANCE_SECONDS:
        raise errors.ClockSkew(signed_at=signed_at, now=now.astimezone(UTC).replace(microsecond=0))
    return secret


def _moment(signed: Signed) -> datetime:
    # A full stop in the id would let the borders between id, timestamp and body be moved.
    if not signed.id or "." in signed.id:
        raise errors.WebhookRefused(f"webhook-id is {signed.id[:80]!r}; it must be there and hold no full stop")
    if not _TIMESTAMP.fullmatch(signed.timestamp):
        raise errors.WebhookRefused(f"webhook-timestamp is {signed.timestamp[:80]!r}; it must be Unix seconds")
    return datetime.fromtimestamp(int(signed.timestamp), UTC)


def _signer(body: bytes, signed: Signed, valid: Iterable[str]) -> str:
    given = [one.encode(errors="backslashreplace") for one in signed.signatures.split() if one.startswith("v1,")]
    if not given:
        raise errors.WebhookRefused("webhook-signature holds no v1 signature")
    matching = [secret for secret in valid if _is_among(_signature(secret, signed, body).encode(), given)]
    if not matching:
        raise errors.WebhookRefused("webhook-signature fits none of the valid secrets; set the same one on both sides")
    return matching[0]


def _is_among(expected: bytes, given: list[bytes]) -> bool:
    return any(hmac.compare_digest(expected, one) for one in given)


def _signature(secret: str, signed: Signed, body: bytes) -> str:
    content = b".".join((signed.id.encode(errors="backslashreplace"), signed.timestamp.encode(), body))
    digest = hmac.digest(key(secret), content, hashlib.sha256)
    return "v1," + base64.b64encode(digest).decode()


def key(secret: str) -> bytes:
    """Return the bytes that a secret stands for; raises UsageError, which does not show it, when it is malformed."""
    try:
        decoded = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if not secret.startswith(PREFIX) or not _LEAST_BYTES <= len(decoded) <= _MOST_BYTES:
        raise errors.UsageError(
            f"The webhook secret must be {PREFIX} and {_LEAST_BYTES} to {_MOST_BYTES} bytes as base64; make a new one"
        )
    return decoded
