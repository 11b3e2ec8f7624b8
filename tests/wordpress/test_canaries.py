"""Words that no stranger can read on the site: nothing we keep or say holds them, before and after a post is hidden."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from askpress import edits, providers, sites
from askpress.answer import sweeping
from askpress.sync import repair
from tests.trips.workers import wait_until
from tests.wordpress.canaries import places_of, text_about
from tests.wordpress.running import Running, nothing_waits, rows, running
from tests.wordpress.site import WordPress

pytestmark = pytest.mark.wordpress

FUTURE = "2099-01-01 00:00:00"
HIDDEN: dict[str, dict[str, Any]] = {
    "draft": {"post_status": "draft"},
    "pending": {"post_status": "pending"},
    "private": {"post_status": "private"},
    "future": {"post_status": "future", "post_date": FUTURE, "post_date_gmt": FUTURE},
    "autodraft": {"post_status": "auto-draft"},
    "password": {"post_password": "sesame"},
    "privatepage": {"post_type": "page", "post_status": "private"},
    "block": {"post_type": "wp_block"},
}
FLIPS = ("draft", "pending", "private", "future", "password", "trash", "delete")


@pytest.fixture(params=["", "admin"], ids=["as a stranger", "with a login"])
def service(
    request: pytest.FixtureRequest, db: None, wordpress: WordPress, tmp_path: Path
) -> Iterator[tuple[Running, WordPress]]:
    """Our service in processes of its own, and in this one for its endpoints."""
    login = {"WORDPRESS_USER": request.param, "WORDPRESS_PASSWORD": wordpress.password} if request.param else {}
    named = {f"ASKPRESS_{name}": value for name, value in login.items()}
    offline = {"EMBEDDING_PROVIDER": "local", "LANGUAGE_PROVIDER": "extractive"}
    with override_settings(WP_URL=wordpress.url, **offline, **login), running(wordpress.url, tmp_path, **named) as here:
        yield here, wordpress
    providers.close()


def canary(name: str) -> str:
    return f"zanzi{name}quark"


def plant(wordpress: WordPress, name: str, **fields: Any) -> int:
    """Make a post that holds the canary in all that is read of a post."""
    word = canary(name)
    told = {"post_excerpt": f"About {word}.", "post_name": f"about-{word}", **fields}
    return wordpress.insert(f"Treasure {word}", text_about(word), **told)


def read_everything(here: Running, posts: list[int]) -> None:
    """Every way in: a sync, words of single posts that the worker follows, an audit of the contents."""
    here.command("sync", "--allow-mass-removal")
    for post in posts:
        edits.queue(edits.Edit(sites.first().id, post))
    repair.audit(deep=True)
    wait_until(nothing_waits, seconds=60)


def test_what_was_never_public_is_nowhere(service: tuple[Running, WordPress]) -> None:
    here, wordpress = service
    posts = [plant(wordpress, name, **fields) for name, fields in HIDDEN.items()]
    posts.append(plant(wordpress, "trash"))
    wordpress.trash(posts[-1])
    posts.append(plant(wordpress, "revision"))
    wordpress.update(posts[-1], post_title="Open", post_content=text_about("open"), post_name="open", post_excerpt="")

    read_everything(here, posts)

    names = [*HIDDEN, "trash", "revision"]
    assert rows("SELECT title FROM askpress_document WHERE gone_at IS NULL") == [("Open",)]
    assert places_of(map(canary, names), here) == {}


def test_what_is_public_no_longer_is_nowhere_any_more(service: tuple[Running, WordPress]) -> None:
    here, wordpress = service
    wordpress.insert_many([{"post_title": f"Open {n}", "post_content": text_about(f"open{n}")} for n in range(9)])
    posts = {name: plant(wordpress, name) for name in FLIPS}
    read_everything(here, [])
    before = places_of(map(canary, FLIPS), here, logs=False)
    for name, post in posts.items():
        if name in ("trash", "delete"):
            wordpress.act((name, post))
        else:
            wordpress.update(post, edit_date=True, **HIDDEN[name])

    read_everything(here, list(posts.values()))
    sweeping.sweep()

    assert before.keys() == {canary(name) for name in FLIPS}
    assert {"replies", "askpress_document", "askpress_chunk", "valkey"} <= set.union(*before.values())
    assert places_of(map(canary, FLIPS), here) == {}
