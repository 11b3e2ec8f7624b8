"""Everything that happens to a post in WordPress, as rows: what the post is before, and what is done to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from askpress.retrieval import store
from tests.wordpress.plugin import Plugin
from tests.wordpress.test_plugin import DRAFT, FAR, LOCKED, PRIVATE, PUBLIC, quick_edit

Act = Callable[[Plugin, int], object]
# What a stranger can see of a post, or we hold of it; None: nothing.
Seen = tuple[str, str, tuple[int, ...]] | None


def trashed(plugin: Plugin) -> int:
    post = plugin.create(status="publish")
    plugin.delete(post)
    return post


def scheduled(plugin: Plugin) -> int:
    post = plugin.create(status="draft")
    plugin.edit(post, status="future", date=FAR)
    return post


def cron_publishes(plugin: Plugin, post: int) -> None:
    plugin.act(("due", post))
    plugin.run_cron()


def in_a_state(**fields: Any) -> Callable[[Plugin], int]:
    return lambda plugin: plugin.create(**fields)


def edited(**fields: Any) -> Act:
    return lambda plugin, post: plugin.edit(post, **fields)


CHANGES: dict[str, tuple[Callable[[Plugin], int], Act]] = {
    "publish": (in_a_state(**DRAFT), edited(status="publish")),
    "update": (in_a_state(**PUBLIC), edited(title="Another")),
    "update without a change": (in_a_state(**PUBLIC), edited()),
    "quick edit": (in_a_state(**PUBLIC), quick_edit),
    "trash": (in_a_state(**PUBLIC), lambda plugin, post: plugin.delete(post)),
    "untrash": (trashed, lambda plugin, post: plugin.act(("untrash", post))),
    "untrash and publish": (trashed, lambda plugin, post: plugin.act(("untrash", post), publish(post))),
    "delete for good": (in_a_state(**PUBLIC), lambda plugin, post: plugin.delete(post, force=True)),
    "schedule": (in_a_state(**PUBLIC), edited(status="future", date=FAR)),
    "its time comes": (scheduled, cron_publishes),
    "set a password": (in_a_state(**PUBLIC), edited(password="sesame")),
    "clear the password": (in_a_state(**LOCKED), edited(password="")),
    "make private": (in_a_state(**PUBLIC), edited(status="private")),
    "make public": (in_a_state(**PRIVATE), edited(status="publish")),
    "back to draft": (in_a_state(**PUBLIC), edited(status="draft")),
    "other categories or tags": (
        in_a_state(**PUBLIC),
        lambda plugin, post: plugin.act(("set_terms", post, "post_tag", [plugin.create_term("tags")])),
    ),
}


def publish(post: int) -> tuple[str, dict[str, Any]]:
    return "update", {"ID": post, "post_status": "publish"}


def prepared(plugin: Plugin) -> dict[str, int]:
    """Make a post for each row, last touched long ago; return their ids."""
    posts = {name: before(plugin) for name, (before, _) in CHANGES.items()}
    plugin.act(*(("age", post) for post in posts.values()))
    return posts


def shown(plugin: Plugin, post: int) -> Seen:
    """Return what a stranger sees of the post."""
    reply = plugin.desk.get("/", params={"rest_route": f"/wp/v2/posts/{post}"})
    said = reply.json()
    if reply.status_code != 200 or said["content"]["protected"]:
        return None
    return said["title"]["rendered"], said["modified_gmt"], tuple(said["tags"])


def held(post: int) -> Seen:
    """Return what a search can find of it."""
    with store.autocommit() as cursor:
        row = cursor.execute(
            "SELECT d.title, to_char(d.modified_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS'), d.tags"
            " FROM askpress_document d JOIN askpress_indexed i ON i.document_id = d.id"
            " WHERE d.post_id = %s AND d.gone_at IS NULL",
            (post,),
        ).fetchone()
    return (row[0], row[1], tuple(row[2])) if row else None
