"""Every change that WordPress knows: heard of by the webhook alone, and found without the plugin; then an audit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from askpress import providers, sites, webhooks
from askpress.sync import repair
from askpress.sync import site as site_trip
from tests.trips.workers import wait_until
from tests.wordpress.changes import CHANGES, Seen, held, prepared, shown
from tests.wordpress.plugin import FILE, Plugin
from tests.wordpress.running import nothing_waits, running
from tests.wordpress.site import PLAIN, WordPress

pytestmark = pytest.mark.wordpress

DOCS = Path(__file__).resolve().parents[2] / "docs/webhooks.md"
BY_ITSELF, BY_NUMBER, NOT = "yes", "by the number of posts", "no"
WAYS: dict[str, dict[str, Any]] = {"pretty": {}, "plain": {"rewrites": False}, "in a folder": {"folder": "/blog"}}


# In the other two a row more or less shows nothing new.
in_the_usual_way = pytest.mark.parametrize("url", ["pretty"], indirect=True)
in_other_ways = pytest.mark.parametrize("url", ["plain", "in a folder"], indirect=True)


@pytest.fixture(params=WAYS)
def url(request: pytest.FixtureRequest, db: None, wordpress: WordPress) -> Iterator[str]:
    """The address of the WordPress, in each of the ways to install it; our settings are for it."""
    with ExitStack() as ending:
        if request.param == "plain":
            wordpress.act(("permalinks", PLAIN))
        options = WAYS[request.param]
        address = ending.enter_context(wordpress.served(**options)) if options else wordpress.url
        offline = {"EMBEDDING_PROVIDER": "local", "LANGUAGE_PROVIDER": "extractive"}
        ending.enter_context(override_settings(WP_URL=address, **offline))
        ending.callback(providers.close)
        yield address


@pytest.fixture
def plugin(wordpress: WordPress, installed_plugin: Plugin) -> Plugin:
    """Installed and not active: what does the same to posts as an editor."""
    return installed_plugin


def both(plugin: Plugin, posts: dict[str, int]) -> tuple[dict[str, Seen], dict[str, Seen]]:
    return {name: held(post) for name, post in posts.items()}, {
        name: shown(plugin, post) for name, post in posts.items()
    }


def assert_proven() -> None:
    for deep in (False, True):
        found = repair.audit(deep=deep)
        assert (found.verdict, found.differences) == ("equal", ())
        assert found.site_digest == found.index_digest != ""


def test_the_webhook_alone_brings_every_change(url: str, plugin: Plugin, tmp_path: Path) -> None:
    posts = prepared(plugin)
    site_trip.sync()
    secret = webhooks.create(sites.first().id)
    with running(url, tmp_path) as service:
        plugin.call("activate_plugin", FILE)
        plugin.connect(service.url, secret)
        try:
            for name, (_, act) in CHANGES.items():
                act(plugin, posts[name])
            waiting, _ = plugin.waiting()
            wait_until(nothing_waits, seconds=60)
        finally:
            plugin.call("deactivate_plugins", FILE)

    ours, theirs = both(plugin, posts)
    assert waiting == 0
    assert ours == theirs
    assert_proven()


def seen_by_the_poll(plugin: Plugin, name: str, post: int) -> str:
    """Do what the row says, poll, and say how the poll noticed; reconcile if that is what it asks for."""
    CHANGES[name][1](plugin, post)
    found = site_trip.poll()
    if found.recounted:
        site_trip.sync(allow_mass_removal=True)
        return BY_NUMBER
    return BY_ITSELF if held(post) == shown(plugin, post) else NOT


def documented() -> dict[str, str]:
    """Return the table of docs/webhooks.md, without the rows' remarks."""
    section = DOCS.read_text().split("## What the poll sees by itself")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| ([a-z ]+?) \| ([a-z ]+?) \|", section, re.MULTILINE)[1:])


@in_the_usual_way
def test_without_the_plugin_poll_and_reconciliation_find_every_change(url: str, plugin: Plugin) -> None:
    posts = prepared(plugin)
    site_trip.sync()
    site_trip.poll()

    seen = {name: seen_by_the_poll(plugin, name, post) for name, post in posts.items()}
    site_trip.sync()

    ours, theirs = both(plugin, posts)
    assert ours == theirs
    assert seen == documented()
    assert_proven()


@in_other_ways
def test_without_the_plugin_a_reconciliation_finds_every_change(url: str, plugin: Plugin) -> None:
    posts = prepared(plugin)
    site_trip.sync()
    for name, (_, act) in CHANGES.items():
        act(plugin, posts[name])

    site_trip.sync(allow_mass_removal=True)

    ours, theirs = both(plugin, posts)
    assert ours == theirs
    assert_proven()
