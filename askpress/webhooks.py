"""Webhook secrets of the sites: made, replaced, ended; and which messages have been taken lately."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from askpress import errors, redis_client
from askpress.retrieval import lately, store
from askpress.wordpress import signature

# A message is good for five minutes before and after its time; by then nobody can send it again.
_REMEMBERED_SECONDS = 2 * signature.TOLERANCE_SECONDS + 60
# One that is used, and one that takes its place.
_MOST_VALID = 2


@dataclass(frozen=True, slots=True)
class Secret:
    """A valid secret, without its text."""

    id: int
    created_at: datetime


def create(site_id: int) -> str:
    """Make a secret and return its text; older ones stay valid. Raises UsageError when two are valid already.

    From then on the site's mode is "webhook".
    """
    text = signature.new_secret()
    with store.transaction() as cursor:
        cursor.execute("UPDATE askpress_site SET mode = 'webhook' WHERE id = %s", (site_id,))
        cursor.execute(
            "INSERT INTO askpress_webhooksecret (site_id, secret, created_at) VALUES (%s, %s, now())", (site_id, text)
        )
        (count,) = cursor.execute(
            "SELECT count(*) FROM askpress_webhooksecret WHERE site_id = %s AND retired_at IS NULL", (site_id,)
        ).fetchone() or (0,)
        if count > _MOST_VALID:
            raise errors.UsageError(
                "two secrets are valid already: once the plugin has the newer one, `askpress webhook --retire` ends "
                "the older, and then there is room for another."
            )
    lately.forget()
    return text


def secrets(site_id: int) -> list[Secret]:
    """Return the site's valid secrets, the newest first."""
    with store.autocommit() as cursor:
        rows = cursor.execute(
            "SELECT id, created_at FROM askpress_webhooksecret WHERE site_id = %s AND retired_at IS NULL"
            " ORDER BY id DESC",
            (site_id,),
        )
        return [Secret(*row) for row in rows]


def retire(site_id: int, *, newest_too: bool = False) -> int:
    """End all valid secrets but the newest, or all of them; return how many. Without any the site is polled only."""
    ended = [secret.id for secret in secrets(site_id)][0 if newest_too else 1 :]
    with store.transaction() as cursor:
        cursor.execute("UPDATE askpress_webhooksecret SET retired_at = now() WHERE id = ANY(%s)", (ended,))
        if newest_too:
            cursor.execute("UPDATE askpress_site SET mode = 'polling' WHERE id = %s", (site_id,))
    lately.forget()
    return len(ended)


def _load() -> dict[str, int]:
    with store.autocommit() as cursor:
        return dict(cursor.execute("SELECT secret, site_id FROM askpress_webhooksecret WHERE retired_at IS NULL"))


# Every valid secret's text, with the number of its site; at most a second behind.
valid = lately.Lately(_load)


def taken(site_id: int, message_id: str) -> int | None:
    """Return the job that a message has led to; None when it is new, or Redis does not answer.

    Without Redis a repeated message queues one more look at the post, which changes nothing.
    """
    found = redis_client.call(lambda client: client.get(_name(site_id, message_id)), default=None)
    return int(found) if isinstance(found, bytes | str) and found.isdigit() else None


def remember(site_id: int, message_id: str, *, job: int) -> None:
    """Remember the message for as long as its signature is good; without Redis it is forgotten."""
    name = _name(site_id, message_id)
    redis_client.call(lambda client: client.set(name, job, ex=_REMEMBERED_SECONDS), default=None)


def _name(site_id: int, message_id: str) -> str:
    digest = hashlib.sha256(message_id.encode("utf-8", "replace")).hexdigest()
    return f"askpress:webhook:{site_id}:{digest}"
