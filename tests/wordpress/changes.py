"""Everything that happens to a post in WordPress, as rows: what the post is before, and what is done to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from askpress.retrieval import store
from tests.wordpress.plugin import Plugin
from tests.wordpress.test_plugin import DRAFT, FAR, LOCKED, PRIVATE, PUBLIC, autosave, quick_edit

Act = Callable[[Plugin, int], object]
# What a stranger can see of a post, or we hold of it; None: nothing.
Seen = tuple[str, str, tuple[int, ...], list[str]] | None
# Of posts that are not there before.
IMPORTED, DRAFTED = 700_001, 700_002
OLD = "2015-03-04 05:06:07"


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


def tagged(plugin: Plugin) -> int:
    return plugin.create(status="publish", tags=[plugin.create_term("tags")])


def rename_tag(plugin: Plugin, post: int) -> None:
    (tag,) = read(plugin, f"posts/{post}")["tags"]
    plugin.edit(tag, route="tags", name=f"Renamed {tag}")


def insert(**fields: Any) -> Act:
    """By wp_insert_post, as importers do it."""
    return lambda plugin, post: plugin.act(("insert", {"import_id": post, "post_title": "Inserted", **fields}))


def in_a_state(**fields: Any) -> Callable[[Plugin], int]:
    return lambda plugin: plugin.create(**fields)


def edited(**fields: Any) -> Act:
    return lambda plugin, post: plugin.edit(post, **fields)


CHANGES: dict[str, tuple[Callable[[Plugin], int], Act]] = {
    "create a draft": (lambda plugin: DRAFTED, insert(post_status="draft")),
    "import with an old date": (
        lambda plugin: IMPORTED,
        insert(post_status="publish", post_date=OLD, post_date_gmt=OLD),
    ),
    "publish": (in_a_state(**DRAFT), edited(status="publish")),
    "update": (in_a_state(**PUBLIC), edited(title="Another")),
    "update without a change": (in_a_state(**PUBLIC), edited()),
    "quick edit": (in_a_state(**PUBLIC), quick_edit),
    "autosave": (in_a_state(**PUBLIC), autosave),
    "trash": (in_a_state(**PUBLIC), lambda plugin, post: plugin.delete(post)),
    "untrash": (trashed, lambda plugin, post: plugin.act(("untrash", post))),
    "untrash and publish": (trashed, lambda plugin, post: plugin.act(("untrash", post), publish(post))),
    "delete from the trash": (trashed, lambda plugin, post: plugin.delete(post, force=True)),
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
    "rename a tag": (tagged, rename_tag),
}


def publish(post: int) -> tuple[str, dict[str, Any]]:
    return "update", {"ID": post, "post_status": "publish"}


def prepared(plugin: Plugin) -> dict[str, int]:
    """Make a post for each row, last touched long ago; return their ids."""
    posts = {name: before(plugin) for name, (before, _) in CHANGES.items()}
    plugin.act(*(("age", post) for post in posts.values()))
    return posts


def read(plugin: Plugin, route: str, **query: str) -> Any:
    """Return what the REST API tells a stranger."""
    return plugin.desk.get("/", params={"rest_route": f"/wp/v2/{route}", **query}).json()


def shown(plugin: Plugin, post: int) -> Seen:
    """Return what a stranger sees of the post."""
    said = read(plugin, f"posts/{post}")
    if "id" not in said or said["content"]["protected"]:
        return None
    tags = read(plugin, "tags", include=",".join(map(str, said["tags"]))) if said["tags"] else []
    names = sorted(tag["name"] for tag in tags)
    return said["title"]["rendered"], said["modified_gmt"], tuple(said["tags"]), names


def held(post: int) -> Seen:
    """Return what a search can find of it."""
    with store.autocommit() as cursor:
        row = cursor.execute(
            "SELECT d.title, to_char(d.modified_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS'), d.tags, ARRAY("
            "     SELECT name FROM askpress_term t"
            "     WHERE t.site_id = d.site_id AND taxonomy = 'tag' AND term_id = ANY(d.tags) ORDER BY name"
            " ) FROM askpress_document d JOIN askpress_indexed i ON i.document_id = d.id"
            " WHERE d.post_id = %s AND d.gone_at IS NULL",
            (post,),
        ).fetchone()
    return (row[0], row[1], tuple(row[2]), row[3]) if row else None
