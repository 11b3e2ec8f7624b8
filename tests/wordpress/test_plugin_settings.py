"""The plugin's page under Settings, worked by script as an administrator does in the browser."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from askpress.wordpress import signature
from tests.wordpress.plugin import FILE, HOOK, SETTINGS, Plugin, log_in
from tests.wordpress.receiver import Receiver, Reply

pytestmark = pytest.mark.wordpress

PAGE = "/wp-admin/options-general.php?page=askpress"


def text(page: httpx2.Response) -> str:
    return html.unescape(page.raise_for_status().text)


def hidden(form: str) -> dict[str, str]:
    """Return the hidden fields of the first form in the text."""
    inputs = re.findall(r"<input[^>]*type=.hidden.[^>]*>", form.split("</form>")[0])
    pairs = [re.search(r"""name=["']([^"']+)["'].*value=["']([^"']*)["']""", one) for one in inputs]
    return {pair[1]: pair[2] for pair in pairs if pair}


def save(plugin: Plugin, *, address: str, secret: str = "", types: tuple[str, ...] = ("post", "page")) -> str:
    """Fill the form in, send it, and return the page that follows."""
    form = plugin.desk.get(PAGE).text.split('action="options.php"')[1]
    given = {f"{SETTINGS}[address]": address, f"{SETTINGS}[secret]": secret, f"{SETTINGS}[types][]": list(types)}
    reply = plugin.desk.post("/wp-admin/options.php", data={**hidden(form), **given})
    assert "settings-updated=true" in reply.headers["location"]
    return text(plugin.desk.get(PAGE + "&settings-updated=true"))


def press_test(plugin: Plugin) -> str:
    """Press the button and return the page that follows."""
    form = plugin.desk.get(PAGE).text.split("admin-post.php")[1]
    reply = plugin.desk.post("/wp-admin/admin-post.php", data=hidden(form))
    return text(plugin.desk.get(reply.headers["location"]))


def settings(plugin: Plugin) -> dict[str, Any]:
    return dict(plugin.call("get_option", SETTINGS))


@pytest.fixture
def editor(plugin: Plugin) -> Iterator[httpx2.Client]:
    """The browser of somebody who may write, but not change settings."""
    user = {"user_login": "editor", "user_pass": "password", "role": "editor", "user_email": "editor@example.org"}
    plugin.act(("call", "wp_insert_user", user))
    with httpx2.Client(base_url=plugin.wordpress.url, timeout=30, verify=False) as browser:
        log_in(browser, "editor")
        yield browser


def test_what_is_saved_is_in_force_and_the_secret_is_never_shown(fresh_plugin: Plugin, receiver: Receiver) -> None:
    secret = signature.new_secret()

    page = save(fresh_plugin, address=f" {receiver.url}/ingest/ ", secret=secret, types=("page", "evil"))

    assert settings(fresh_plugin) == {"address": receiver.url, "secret": secret, "types": ["page"]}
    assert "Settings saved." in page
    assert f'value="{receiver.url}"' in page
    assert secret not in page
    assert secret.removeprefix("whsec_") not in page


def test_an_empty_field_keeps_the_secret(fresh_plugin: Plugin, receiver: Receiver) -> None:
    save(fresh_plugin, address="https://ask.example.org")

    assert settings(fresh_plugin)["secret"] == receiver.secret


@pytest.mark.parametrize("secret", ["sesame", "whsec_c2hvcnQ=", "whsec_<script>"])
def test_a_malformed_secret_is_refused(plugin: Plugin, receiver: Receiver, secret: str) -> None:
    page = save(plugin, address=receiver.url, secret=secret)

    assert settings(plugin)["secret"] == receiver.secret
    assert "That is no secret" in page


IMPOSSIBLE = (
    "javascript:alert(1)",
    "ftp://example.org",
    "/ingest",
    "https://",
    "http://me:pw@a.example",
    "http://a/?b",
)


@pytest.mark.parametrize("address", IMPOSSIBLE)
def test_an_address_that_cannot_be_right_is_refused(plugin: Plugin, receiver: Receiver, address: str) -> None:
    page = save(plugin, address=address)

    assert f'value="{receiver.url}"' in page
    assert "The address must begin with" in page


def test_an_empty_address_turns_the_deliveries_off(fresh_plugin: Plugin, receiver: Receiver) -> None:
    save(fresh_plugin, address="")

    fresh_plugin.create(status="publish")

    assert receiver.attempts == []


def test_a_form_without_its_nonce_changes_nothing(plugin: Plugin, receiver: Receiver) -> None:
    form = {"option_page": "askpress", "action": "update", f"{SETTINGS}[address]": "https://evil.example"}

    saved = plugin.desk.post("/wp-admin/options.php", data={**form, "_wpnonce": "0"})
    tested = plugin.desk.post("/wp-admin/admin-post.php", data={"action": "askpress_test", "_wpnonce": "0"})

    assert (saved.status_code, tested.status_code) == (403, 403)
    assert settings(plugin)["address"] == receiver.url
    assert receiver.attempts == []


def test_only_administrators_see_and_use_the_page(plugin: Plugin, editor: httpx2.Client) -> None:
    page = editor.get(PAGE)
    saved = editor.post("/wp-admin/options.php", data={"option_page": "askpress", "action": "update"})
    tested = editor.post("/wp-admin/admin-post.php", data={"action": "askpress_test"})

    assert [reply.status_code for reply in (page, saved, tested)] == [403, 403, 403]


def test_strangers_are_sent_to_the_login(plugin: Plugin) -> None:
    page = httpx2.get(plugin.wordpress.url + PAGE, timeout=30, verify=False)

    assert page.status_code == 302
    assert "wp-login.php" in page.headers["location"]


def test_the_connection_test_has_the_service_take_a_real_event(plugin: Plugin, receiver: Receiver) -> None:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    _, latest = (plugin.create(status="publish", date_gmt=now) for _ in range(2))
    receiver.forget()

    page = press_test(plugin)

    assert "The connection works" in page
    assert receiver.events == [(latest, "upsert")]


def test_a_wrong_secret_shows_in_the_connection_test(fresh_plugin: Plugin, receiver: Receiver) -> None:
    fresh_plugin.create(status="publish")
    fresh_plugin.connect(receiver.url, signature.new_secret())

    page = press_test(fresh_plugin)

    assert "fits none of the valid secrets" in page
    assert "The connection works" not in page


def test_clocks_that_disagree_show_in_the_connection_test(fresh_plugin: Plugin, receiver: Receiver) -> None:
    fresh_plugin.create(status="publish")
    receiver.clock = timedelta(hours=-2)

    page = press_test(fresh_plugin)

    assert re.search(r"this site has \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, the service has \d{4}-\d\d-\d\d", page)
    assert re.search(r"signed at \S+\+00:00 and arrived at \S+\+00:00", page)


def test_what_the_service_says_is_shown_as_text(fresh_plugin: Plugin, receiver: Receiver) -> None:
    receiver.reply = Reply(503, {"code": "<b>", "detail": "<script>alert(1)</script>"})
    fresh_plugin.create(status="publish")

    page = fresh_plugin.desk.get(PAGE).text
    after_test = press_test(fresh_plugin)

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page
    assert after_test.count("<script>alert(1)") == 2  # of the text: once in the message, once in the table


def test_the_page_tells_what_waits_and_why(fresh_plugin: Plugin, receiver: Receiver) -> None:
    receiver.stop()
    fresh_plugin.create(status="publish")
    down = re.sub(r"<[^>]*>", " ", fresh_plugin.desk.get(PAGE).text)
    receiver.start()
    fresh_plugin.create(status="publish")

    up = re.sub(r"<[^>]*>", " ", fresh_plugin.desk.get(PAGE).text)

    assert re.search(r"Last delivery\s+None yet\s+Waiting\s+1 post\s+Next try.*Last failure.*cannot be reached", down)
    assert re.search(r"Last delivery\s+[A-Z][a-z]+ \d+, \d{4}.*Waiting\s+0 posts", up)
    assert "Last failure" not in up


def test_uninstalling_leaves_nothing(fresh_plugin: Plugin, receiver: Receiver) -> None:
    receiver.stop()
    fresh_plugin.create(status="publish")
    before = fresh_plugin.act(("options", "askpress"), ("call", "wp_next_scheduled", HOOK))

    fresh_plugin.act(("call", "deactivate_plugins", FILE), ("call", "uninstall_plugin", FILE))
    after = fresh_plugin.act(("options", "askpress"), ("call", "wp_next_scheduled", HOOK))
    fresh_plugin.call("activate_plugin", FILE)

    assert len(before[0]) == 3
    assert before[1]
    assert after == [[], False]
