"""Our plugin in the tests' WordPress: installed once, and connected to a receiver for the tests that are about it."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.wordpress.receiver import Receiver
from tests.wordpress.site import WordPress

SOURCE = Path(__file__).resolve().parents[2] / "plugin"
FILE = "askpress/askpress.php"
HOOK = "askpress_deliver"
SETTINGS = "askpress_settings"
ADMINISTRATOR = "admin"


@dataclass(frozen=True)
class Plugin:
    """The plugin as the site's people use it: `api` as the editor does, `desk` is the administrator's browser."""

    wordpress: WordPress
    api: httpx2.Client
    desk: httpx2.Client

    def send(self, method: str, route: str, *, json: Any = None, **query: str) -> httpx2.Response:
        """Ask the REST API, in the form that it has with any permalinks."""
        reply = self.api.request(method, "/", params={"rest_route": f"/wp/v2/{route}", **query}, json=json)
        return reply.raise_for_status()

    def create(self, *, route: str = "posts", **fields: Any) -> int:
        reply = self.send("POST", route, json={"title": "Title", "content": "Text", **fields})
        return int(reply.json()["id"])

    def create_trashed(self) -> int:
        post = self.create(status="publish")
        self.delete(post)
        return post

    def create_term(self, route: str) -> int:
        reply = self.send("POST", route, json={"name": f"Term {secrets.token_hex(4)}"})
        return int(reply.json()["id"])

    def edit(self, item: int, *, route: str = "posts", **fields: Any) -> None:
        self.send("POST", f"{route}/{item}", json=fields)

    def delete(self, item: int, *, route: str = "posts", force: bool = False) -> None:
        self.send("DELETE", f"{route}/{item}", **({"force": "true"} if force else {}))

    def act(self, *actions: tuple[Any, ...]) -> list[Any]:
        return self.wordpress.act(*actions)

    def call(self, function: str, *arguments: Any) -> Any:
        """Call any function of WordPress, in a process of its own that ends before this returns."""
        return self.act(("call", function, *arguments))[0]

    def connect(self, address: str, secret: str, *, types: tuple[str, ...] = ("post", "page")) -> None:
        """Save settings and forget what waits."""
        settings = {"address": address, "secret": secret, "types": types}
        removals = [("forget", f"askpress_{name}") for name in ("event_", "state")]
        self.act(*removals, ("option", SETTINGS, settings), ("call", "wp_clear_scheduled_hook", HOOK))

    def waiting(self) -> tuple[int, float]:
        """Return how many posts wait, and in how many seconds the next try is due: 0 when none is."""
        names, due = self.act(("options", "askpress_event_"), ("call", "wp_next_scheduled", HOOK))
        return len(names), due and due - time.time()

    def run_cron(self) -> None:
        self.desk.get("/wp-cron.php").raise_for_status()

    def run_delivery(self) -> None:
        """Have the scheduled delivery run, as if its time had come."""
        due = int(time.time()) - 1
        self.act(("call", "wp_clear_scheduled_hook", HOOK), ("call", "wp_schedule_single_event", due, HOOK))
        self.run_cron()


def log_in(browser: httpx2.Client, name: str) -> None:
    browser.get("/wp-login.php").raise_for_status()
    reply = browser.post("/wp-login.php", data={"log": name, "pwd": "password", "testcookie": "1"})
    assert reply.status_code == 302, f"{name} was not let in"


@pytest.fixture(scope="session")
def installed_plugin(installed_wordpress: WordPress) -> Iterator[Plugin]:
    target = installed_wordpress.folder / "site/wp-content/plugins/askpress"
    shutil.copytree(SOURCE, target)
    url, login = installed_wordpress.url, (ADMINISTRATOR, installed_wordpress.password)
    with (
        httpx2.Client(base_url=url, auth=login, timeout=30, verify=False) as api,
        httpx2.Client(base_url=url, timeout=30, verify=False) as desk,
    ):
        log_in(desk, ADMINISTRATOR)
        yield Plugin(installed_wordpress, api, desk)


@pytest.fixture(scope="session")
def one_receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def receiver(one_receiver: Receiver) -> Receiver:
    """The service's end, up and empty."""
    one_receiver.reset()
    return one_receiver


@pytest.fixture(scope="module")
def active_plugin(installed_plugin: Plugin, one_receiver: Receiver) -> Iterator[Plugin]:
    """The plugin, connected to the receiver; inactive again for the tests that are not about it."""
    installed_plugin.call("activate_plugin", FILE)
    installed_plugin.connect(one_receiver.url, one_receiver.secret)
    yield installed_plugin
    installed_plugin.call("deactivate_plugins", FILE)


@pytest.fixture
def plugin(active_plugin: Plugin, receiver: Receiver) -> Plugin:
    return active_plugin


@pytest.fixture
def fresh_plugin(plugin: Plugin, receiver: Receiver) -> Iterator[Plugin]:
    """For tests that leave something waiting or other settings: before and after, nothing waits."""
    plugin.connect(receiver.url, receiver.secret)
    yield plugin
    plugin.connect(receiver.url, receiver.secret)
