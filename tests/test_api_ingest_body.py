"""What the body of a webhook may hold; for anything else nothing is stored, and what is wrong is pointed at."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests import visitor
from tests.test_api_ingest import EDITED, POST_7, queued, signed, told
from tests.test_api_ingest import secret as secret
from tests.test_api_ingest import site as site

pytestmark = pytest.mark.usefixtures("db")


@pytest.mark.parametrize("size", [262_145, 5_000_000])
def test_an_oversized_webhook_is_refused(secret: str, size: int) -> None:
    assert told(signed(secret, b" " * size)) == (413, "too_large")


@pytest.mark.parametrize(
    "body", [b"", b"post_id=7", b"\xff", b"[7]", b"7", b"null", b'{"post_id": 7', b'{"a":' * 20_000]
)
def test_a_webhook_that_is_no_json_object_is_refused(secret: str, body: bytes) -> None:
    assert told(signed(secret, body)) == (400, "invalid_json")
    assert queued() == []


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "post_id"),
    ({"post_id": None}, "post_id"),
    ({"post_id": 0}, "post_id"),
    ({"post_id": -7}, "post_id"),
    ({"post_id": 2**63}, "post_id"),
    ({"post_id": 10**400}, "post_id"),
    ({"post_id": 7.0}, "post_id"),
    ({"post_id": "7"}, "post_id"),
    ({"post_id": True}, "post_id"),
    ({"post_id": [7]}, "post_id"),
    ({**POST_7, "type": 7}, "type"),
    ({**POST_7, "type": "po\0st"}, "type"),
    ({**POST_7, "type": "x" * 21}, "type"),
    ({**POST_7, "event": "drop"}, "event"),
    ({**POST_7, "event": None}, "event"),
    ({**POST_7, "modified_gmt": "yesterday"}, "modified_gmt"),
    ({**POST_7, "modified_gmt": 1_790_000_000}, "modified_gmt"),
    ({**POST_7, "modified_gmt": "0000-00-00T00:00:00"}, "modified_gmt"),
    ({**POST_7, "modified_gmt": "0001-01-01T00:00:00+14:00"}, "modified_gmt"),
    ({**POST_7, "site": 1}, "site"),
    ({**POST_7, "post": 8}, "post"),
]


@pytest.mark.parametrize(("body", "member"), WRONG, ids=lambda part: str(part)[:40])
def test_a_wrong_member_is_pointed_at(secret: str, body: dict[str, Any], member: str) -> None:
    reply = signed(secret, body)

    assert told(reply) == (400, "invalid_request")
    assert {error["pointer"] for error in visitor.body(reply)["errors"]} == {f"#/{member}"}
    assert queued() == []


def test_a_secret_speaks_for_its_own_site_alone(secret: str) -> None:
    assert told(signed(secret, {**POST_7, "site": "other"})) == (403, "missing_scope")
    assert queued() == []


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2026-11-05T09:30:00Z", EDITED),
        ("2026-11-05T09:30:00", EDITED),
        ("2026-11-05 10:30:00+01:00", EDITED),
        ("0999-01-01T00:00:00", dt.datetime(999, 1, 1, tzinfo=dt.UTC)),
        (None, None),
    ],
)
def test_a_moment_is_read_in_any_zone(secret: str, said: str | None, meant: dt.datetime | None) -> None:
    signed(secret, {**POST_7, "modified_gmt": said})

    assert [edit.modified_at for edit in queued()] == [meant]


def test_the_largest_number_is_stored(secret: str) -> None:
    assert signed(secret, {"post_id": 2**63 - 1}).status_code == 202
