"""The plugin's field in the REST API, and the client that reads it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from askpress.wordpress import client
from askpress.wordpress.post import Post
from tests.wordpress.plugin import Plugin
from tests.wordpress.receiver import Receiver
from tests.wordpress.site import PHP

pytestmark = pytest.mark.wordpress

NOBODY_KNOWS = {"noindex": None, "lang": None, "translations": None}

RANK_MATH_PAGES = {"pt_page_custom_robots": "on", "pt_page_robots": ["noindex"]}
SEOPRESS_PAGES = {"seopress_titles_single_titles": {"page": {"noindex": "1"}}}


@pytest.fixture(scope="module")
def pretender(active_plugin: Plugin) -> Iterator[Plugin]:
    """The plugin on a site where other plugins can be made believe."""
    folder = active_plugin.wordpress.folder / "site/wp-content/mu-plugins"
    folder.mkdir(exist_ok=True)
    shutil.copy(PHP / "pretend.php", folder)
    yield active_plugin
    (folder / "pretend.php").unlink()
    active_plugin.act(("forget", "pretend_"))


def pretend(plugin: Plugin, /, *actions: tuple[Any, ...], **options: Any) -> None:
    set_options = [("option", f"pretend_{name}", value) for name, value in options.items()]
    plugin.act(("forget", "pretend_"), *set_options, *actions)


def field(plugin: Plugin, item: int, route: str = "posts") -> Any:
    return plugin.desk.get(f"/wp-json/wp/v2/{route}/{item}").raise_for_status().json()["askpress"]


@pytest.mark.parametrize("route", ["posts", "pages"])
def test_without_other_plugins_the_field_says_that_nobody_knows(plugin: Plugin, route: str) -> None:
    post = plugin.create(status="publish", route=route)

    assert field(plugin, post, route) == NOBODY_KNOWS


def test_meta_of_a_plugin_that_is_gone_says_nothing(pretender: Plugin) -> None:
    post = pretender.create(status="publish")
    pretend(pretender, ("call", "update_post_meta", post, "_yoast_wpseo_meta-robots-noindex", "1"))

    assert field(pretender, post)["noindex"] is None


@pytest.mark.parametrize(
    ("constant", "key", "value", "noindex"),
    [
        ("WPSEO_VERSION", "_yoast_wpseo_meta-robots-noindex", "1", True),
        ("WPSEO_VERSION", "_yoast_wpseo_meta-robots-noindex", "2", False),
        ("WPSEO_VERSION", "_yoast_wpseo_title", "no word of it", False),
        ("RANK_MATH_VERSION", "rank_math_robots", ["noindex", "nofollow"], True),
        ("RANK_MATH_VERSION", "rank_math_robots", ["index"], False),
        ("SEOPRESS_VERSION", "_seopress_robots_index", "yes", True),
        ("SEOPRESS_VERSION", "_seopress_robots_index", "", False),
        ("THE_SEO_FRAMEWORK_VERSION", "_genesis_noindex", "1", True),
        ("THE_SEO_FRAMEWORK_VERSION", "_genesis_noindex", "-1", False),
    ],
)
def test_the_mark_for_search_engines_is_read_where_each_plugin_keeps_it(
    pretender: Plugin, constant: str, key: str, value: Any, noindex: bool
) -> None:
    post = pretender.create(status="publish")

    pretend(pretender, ("call", "update_post_meta", post, key, value), constants=[constant])

    assert field(pretender, post)["noindex"] is noindex


@pytest.mark.parametrize(
    ("constant", "option", "value"),
    [
        ("WPSEO_VERSION", "wpseo_titles", {"noindex-page": True}),
        ("RANK_MATH_VERSION", "rank-math-options-titles", RANK_MATH_PAGES),
        ("SEOPRESS_VERSION", "seopress_titles_option_name", SEOPRESS_PAGES),
        ("THE_SEO_FRAMEWORK_VERSION", "autodescription-site-settings", {"noindex_post_types": {"page": 1}}),
    ],
)
def test_a_type_that_search_engines_leave_out_marks_its_posts(
    pretender: Plugin, constant: str, option: str, value: Any
) -> None:
    page, post = pretender.create(status="publish", route="pages"), pretender.create(status="publish")

    pretend(pretender, ("option", option, value), constants=[constant])

    assert field(pretender, page, "pages")["noindex"] is True
    assert field(pretender, post)["noindex"] is False


@pytest.mark.parametrize(("default", "noindex", "said"), [(0, 1, True), (0, 0, False), (1, 1, None)])
def test_a_table_of_marks_is_read(pretender: Plugin, default: int, noindex: int, said: bool | None) -> None:
    post = pretender.create(status="publish")
    row = {"post_id": post, "robots_default": default, "robots_noindex": noindex}

    pretend(pretender, ("row", "aioseo_posts", row), constants=["AIOSEO_VERSION"])

    assert field(pretender, post)["noindex"] is said


def test_a_mark_that_is_set_without_a_save_is_told_of(pretender: Plugin, receiver: Receiver) -> None:
    post = pretender.create(status="publish")
    receiver.forget()

    pretend(pretender, ("call", "update_post_meta", post, "rank_math_robots", ["noindex"]))
    pretend(pretender, ("call", "update_post_meta", post, "_edit_last", "1"))

    assert receiver.events == [(post, "upsert")]


@pytest.mark.parametrize("other", ["Polylang", "WPML"])
def test_language_and_public_translations_are_told(pretender: Plugin, other: str) -> None:
    english, german, draft = (pretender.create(status=status) for status in ("publish", "publish", "draft"))

    pretend(pretender, plugin=other, languages={"en": english, "de": german, "fr": draft})

    assert field(pretender, german) == {"noindex": None, "lang": "de", "translations": {"en": english, "de": german}}


def test_the_client_reads_the_field(pretender: Plugin) -> None:
    post = pretender.create(status="publish")
    mark = ("call", "update_post_meta", post, "_seopress_robots_index", "yes")
    pretend(pretender, mark, plugin="Polylang", languages={"de": post}, constants=["SEOPRESS_VERSION"])

    with client.WordPress(pretender.wordpress.url, allow_private=True, sleep=lambda seconds: None) as site:
        [read] = site.posts("post", [post])

    assert isinstance(read, Post)
    assert (read.noindex, read.language) == (True, "de")
