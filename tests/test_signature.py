"""Webhook signatures: the scheme's own example, and whatever was changed on the way is refused."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askpress import errors
from askpress.wordpress import signature
from askpress.wordpress.signature import Signed

OLD, NEW, STRANGE = (signature.PREFIX + base64.b64encode(bytes([fill]) * 32).decode() for fill in (1, 2, 3))
NOW = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)
BODY = b'{"post_id":7,"event":"upsert"}'


def signed(
    *secrets: str, body: bytes = BODY, message_id: str = "msg_1", at: datetime = NOW, timestamp: str = ""
) -> Signed:
    seconds = int(at.timestamp())
    made = [signature.sign(one, message_id=message_id, timestamp=seconds, body=body) for one in secrets]
    return Signed(message_id, timestamp or str(seconds), " ".join(made))


def test_the_published_example_has_the_published_signature() -> None:
    """From the test vectors of the scheme's reference libraries."""
    made = signature.sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )

    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.binary(max_size=200), st.integers(-300, 300))
def test_what_was_signed_within_five_minutes_is_accepted(body: bytes, seconds: int) -> None:
    headers = signed(NEW, body=body, at=NOW + timedelta(seconds=seconds))

    assert signature.verify(body, headers, valid=[OLD, NEW], now=NOW) == NEW


@given(st.integers(0, len(BODY) - 1), st.integers(1, 255))
def test_one_changed_byte_of_the_body_is_refused(position: int, change: int) -> None:
    changed = bytearray(BODY)
    changed[position] ^= change

    with pytest.raises(errors.WebhookRefused, match="fits none"):
        signature.verify(bytes(changed), signed(NEW), valid=[OLD, NEW], now=NOW)


def test_the_same_json_encoded_otherwise_is_refused() -> None:
    with pytest.raises(errors.WebhookRefused, match="fits none"):
        signature.verify(b'{"post_id": 7, "event": "upsert"}', signed(NEW), valid=[NEW], now=NOW)


def test_one_right_signature_among_several_is_enough() -> None:
    headers = signed(STRANGE, OLD)

    assert signature.verify(BODY, headers, valid=[OLD, NEW], now=NOW) == OLD


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        (signed(STRANGE), "fits none"),
        (signed(), "holds no v1"),
        (Signed("msg_1", str(int(NOW.timestamp())), "v1a,AAAA v2,BBBB"), "holds no v1"),
        (Signed("msg_1", str(int(NOW.timestamp())), "v1, v1,\udcff v1,é"), "fits none"),
        (Signed("", str(int(NOW.timestamp())), "v1,AAAA"), "webhook-id"),
        (signed(NEW, message_id="msg.1"), "webhook-id"),
        (signed(NEW, timestamp="soon"), "webhook-timestamp"),
        (signed(NEW, timestamp="-5"), "webhook-timestamp"),
        (signed(NEW, timestamp="1e9"), "webhook-timestamp"),
        (signed(NEW, timestamp="١٧٧٧٦٣٦٨٠٠"), "webhook-timestamp"),
        (signed(NEW, timestamp="9" * 5000), "webhook-timestamp"),
        (Signed("msg_1", "", "v1,AAAA"), "webhook-timestamp"),
    ],
)
def test_headers_that_prove_nothing_are_refused(headers: Signed, reason: str) -> None:
    with pytest.raises(errors.WebhookRefused, match=reason):
        signature.verify(BODY, headers, valid=[OLD, NEW], now=NOW)


@pytest.mark.parametrize("seconds", [-3600, -301, 301, 3600])
def test_another_time_is_refused_naming_both(seconds: int) -> None:
    at = NOW + timedelta(seconds=seconds)

    with pytest.raises(errors.ClockSkew) as refused:
        signature.verify(BODY, signed(NEW, at=at), valid=[NEW], now=NOW)

    assert (refused.value.signed_at, refused.value.now) == (at, NOW)
    assert at.isoformat() in str(refused.value)
    assert NOW.isoformat() in str(refused.value)


def test_a_stranger_is_not_told_of_the_clock() -> None:
    with pytest.raises(errors.WebhookRefused) as refused:
        signature.verify(BODY, signed(STRANGE, at=NOW - timedelta(hours=1)), valid=[NEW], now=NOW)

    assert not isinstance(refused.value, errors.ClockSkew)


def test_an_old_message_with_a_fresh_time_is_refused() -> None:
    kept = signed(NEW, at=NOW - timedelta(hours=1))

    with pytest.raises(errors.WebhookRefused, match="fits none"):
        signature.verify(BODY, Signed(kept.id, str(int(NOW.timestamp())), kept.signatures), valid=[NEW], now=NOW)


def test_nothing_is_valid_without_a_secret() -> None:
    with pytest.raises(errors.WebhookRefused, match="fits none"):
        signature.verify(BODY, signed(NEW), valid=[], now=NOW)


def test_new_secrets_are_32_random_bytes() -> None:
    first, second = signature.new_secret(), signature.new_secret()

    assert first != second
    assert [len(signature.key(one)) for one in (first, second)] == [32, 32]


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_###", NEW.removeprefix("whsec_"), "é"])
def test_a_malformed_secret_is_named_but_not_shown(secret: str) -> None:
    with pytest.raises(errors.UsageError, match="must be whsec_") as refused:
        signature.sign(secret, message_id="msg_1", timestamp=0, body=BODY)

    assert not secret.removeprefix("whsec_") or secret.removeprefix("whsec_") not in str(refused.value)
