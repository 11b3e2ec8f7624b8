"""The plugin in a real WordPress: exactly one event for each change that a reader would notice."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.wordpress.plugin import Plugin
from tests.wordpress.receiver import Receiver

pytestmark = pytest.mark.wordpress

PUBLIC: dict[str, Any] = {"status": "publish"}
DRAFT: dict[str, Any] = {"status": "draft"}
LOCKED: dict[str, Any] = {"status": "publish", "password": "sesame"}
PRIVATE: dict[str, Any] = {"status": "private"}

FAR = "2099-01-01T00:00:00"

Action = Callable[[Plugin, int], object]
# What the post is before, what happens to it, and what the service is told.
ROWS: dict[str, tuple[dict[str, Any], Action, list[str]]] = {
    "publish": (DRAFT, lambda plugin, post: plugin.edit(post, status="publish"), ["upsert"]),
    "update": (PUBLIC, lambda plugin, post: plugin.edit(post, title="Another"), ["upsert"]),
    "update without change": (PUBLIC, lambda plugin, post: plugin.edit(post), ["upsert"]),
    "autosave": (PUBLIC, lambda plugin, post: autosave(plugin, post), []),
    "opening the editor": (PUBLIC, lambda plugin, post: open_editor(plugin, post), []),
    "quick edit": (PUBLIC, lambda plugin, post: quick_edit(plugin, post), ["upsert"]),
    "bulk edit": (PUBLIC, lambda plugin, post: bulk_edit(plugin, post), ["upsert"]),
    "edit of a draft": (DRAFT, lambda plugin, post: plugin.edit(post, title="Another"), []),
    "trash": (PUBLIC, lambda plugin, post: plugin.delete(post), ["delete"]),
    "force delete": (PUBLIC, lambda plugin, post: plugin.delete(post, force=True), ["delete"]),
    "password set": (PUBLIC, lambda plugin, post: plugin.edit(post, password="sesame"), ["delete"]),
    "password changed": (LOCKED, lambda plugin, post: plugin.edit(post, password="other"), []),
    "password cleared": (LOCKED, lambda plugin, post: plugin.edit(post, password=""), ["upsert"]),
    "made private": (PUBLIC, lambda plugin, post: plugin.edit(post, status="private"), ["delete"]),
    "made public": (PRIVATE, lambda plugin, post: plugin.edit(post, status="publish"), ["upsert"]),
    "back to draft": (PUBLIC, lambda plugin, post: plugin.edit(post, status="draft"), ["delete"]),
    "put off": (
        PUBLIC,
        lambda plugin, post: plugin.edit(post, status="future", date="2099-01-01T00:00:00"),
        ["delete"],
    ),
    "sticky": (PUBLIC, lambda plugin, post: plugin.edit(post, sticky=True), ["upsert"]),
}


def autosave(plugin: Plugin, post: int) -> None:
    plugin.api.post(f"/wp-json/wp/v2/posts/{post}/autosaves", json={"title": "Half a title"}).raise_for_status()


def open_editor(plugin: Plugin, post: int) -> None:
    plugin.desk.get("/wp-admin/post.php", params=f"post={post}&action=edit").raise_for_status()


def nonce(page: str, name: str) -> str:
    return page.split(f'name="{name}" value="')[1].split('"')[0]


def quick_edit(plugin: Plugin, post: int) -> None:
    page = plugin.desk.get("/wp-admin/edit.php").raise_for_status().text
    fields = {"post_ID": post, "post_type": "post", "post_title": "Quick", "post_name": "quick", "_status": "publish"}
    form = {**fields, "action": "inline-save", "screen": "edit-post", "_inline_edit": nonce(page, "_inline_edit")}
    assert "Quick" in plugin.desk.post("/wp-admin/admin-ajax.php", data=form).raise_for_status().text


def bulk_edit(plugin: Plugin, post: int) -> None:
    page = plugin.desk.get("/wp-admin/edit.php").raise_for_status().text
    unchanged = dict.fromkeys(("_status", "post_author", "post_parent", "post_format"), "-1")
    button = {"action": "edit", "bulk_edit": "Update", "_wpnonce": nonce(page, "_wpnonce")}
    form = {**unchanged, **button, "post_type": "post", "post[]": str(post), "comment_status": "closed"}
    done = plugin.desk.get("/wp-admin/edit.php", params=form)
    assert "updated=1" in done.headers["location"]
    done.read()


@pytest.mark.parametrize(("before", "action", "told"), ROWS.values(), ids=ROWS)
def test_what_happens_to_a_post_is_told_once(
    plugin: Plugin, receiver: Receiver, before: dict[str, Any], action: Action, told: list[str]
) -> None:
    post = plugin.create(**before)
    receiver.forget()

    action(plugin, post)

    assert receiver.events == [(post, event) for event in told]


def test_a_trashed_post_is_told_of_no_more(plugin: Plugin, receiver: Receiver) -> None:
    deleted, untrashed = plugin.create_trashed(), plugin.create_trashed()
    receiver.forget()

    plugin.delete(deleted, force=True)
    plugin.act(("untrash", untrashed))

    assert receiver.events == []


def test_a_scheduled_post_is_told_of_when_cron_publishes_it(plugin: Plugin, receiver: Receiver) -> None:
    post = plugin.create(status="future", date=FAR)
    before = list(receiver.events)
    plugin.act(("due", post))

    plugin.run_cron()

    assert (before, receiver.events) == ([], [(post, "upsert")])


def test_an_event_says_what_the_service_needs_and_no_more(plugin: Plugin, receiver: Receiver) -> None:
    post = plugin.create(status="publish", route="pages")
    modified = plugin.api.get(f"/wp-json/wp/v2/pages/{post}").json()["modified_gmt"]

    [delivery] = receiver.deliveries

    assert delivery.path == "/ingest"
    assert delivery.said == {"post_id": post, "type": "page", "event": "upsert", "modified_gmt": f"{modified}Z"}
    assert delivery.headers["content-type"] == "application/json"
    assert re.match(r"askpress-plugin/0\.1\.0 WordPress/\d+\.\d", delivery.headers["user-agent"])


def test_only_the_types_that_were_ticked_are_told_of(fresh_plugin: Plugin, receiver: Receiver) -> None:
    plugin = fresh_plugin
    plugin.connect(receiver.url, receiver.secret, types=("page", "revision", "attachment", "wp_block"))

    plugin.create(status="publish")
    plugin.create(status="publish", route="blocks")
    page = plugin.create(status="publish", route="pages")

    assert receiver.events == [(page, "upsert")]


def test_other_terms_are_told_of_once_and_the_same_ones_not(plugin: Plugin, receiver: Receiver) -> None:
    post, draft = plugin.create(status="publish"), plugin.create(status="draft")
    tag = plugin.create_term("tags")
    receiver.forget()

    plugin.act(("set_terms", post, "post_tag", [tag]), ("set_terms", draft, "post_tag", [tag]))
    first = list(receiver.events)
    plugin.act(("set_terms", post, "post_tag", [tag]))

    assert (first, receiver.events) == ([(post, "upsert")], [(post, "upsert")])


TERM_CHANGES: dict[str, tuple[Action, bool]] = {
    "renamed": (lambda plugin, term: plugin.edit(term, route="categories", name=f"Repairs {term}"), True),
    "described": (lambda plugin, term: plugin.edit(term, route="categories", description="Shop talk"), False),
    "deleted": (lambda plugin, term: plugin.delete(term, route="categories", force=True), True),
}


@pytest.mark.parametrize(("change", "told"), TERM_CHANGES.values(), ids=TERM_CHANGES)
def test_a_changed_term_has_its_posts_read_anew(plugin: Plugin, receiver: Receiver, change: Action, told: bool) -> None:
    term = plugin.create_term("categories")
    posts = [plugin.create(status="publish", categories=[term]) for _ in range(2)]
    plugin.create(status="draft", categories=[term])
    plugin.create(status="publish")
    receiver.forget()

    change(plugin, term)

    assert sorted(receiver.events) == [(post, "upsert") for post in posts if told]


def test_several_changes_in_one_request_are_one_event(plugin: Plugin, receiver: Receiver) -> None:
    post = plugin.create(status="publish")
    receiver.forget()

    plugin.act(*[("update", {"ID": post, "post_title": f"Title {n}"}) for n in range(3)], ("delete", post))

    assert receiver.events == [(post, "delete")]


def test_a_plugin_without_settings_keeps_no_events(fresh_plugin: Plugin, receiver: Receiver) -> None:
    fresh_plugin.connect("", receiver.secret)

    fresh_plugin.create(status="publish")

    assert fresh_plugin.waiting() == (0, 0)
