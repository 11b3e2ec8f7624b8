"""The plugin's deliveries: nothing is lost while the service is away, and nobody waits for it."""

from __future__ import annotations

import shutil
import time
from datetime import timedelta

import pytest

from tests.wordpress.plugin import FILE, HOOK, Plugin
from tests.wordpress.receiver import Receiver, Reply
from tests.wordpress.site import PHP

pytestmark = pytest.mark.wordpress

TIMEOUT_SECONDS = 3
REFUSAL = {"code": "invalid_request", "detail": "post_id is not one."}


def error(plugin: Plugin) -> str:
    return str(plugin.call("get_option", "askpress_state")["error"])


def test_a_post_saved_while_the_service_is_down_is_delivered_by_cron(fresh_plugin: Plugin, receiver: Receiver) -> None:
    receiver.stop()
    post = fresh_plugin.create(status="publish")
    waiting, due = fresh_plugin.waiting()
    receiver.start()

    fresh_plugin.run_delivery()

    assert waiting == 1
    assert due == pytest.approx(60, abs=20)
    assert receiver.events == [(post, "upsert")]
    assert fresh_plugin.waiting() == (0, 0)


def test_a_service_that_hangs_holds_up_a_save_no_longer_than_the_timeout(
    fresh_plugin: Plugin, receiver: Receiver
) -> None:
    receiver.stop()
    fresh_plugin.act(*[("insert", {"post_title": f"Post {n}", "post_status": "publish"}) for n in range(3)])
    receiver.start()
    receiver.hang()
    started = time.monotonic()

    fresh_plugin.create(status="publish")

    assert TIMEOUT_SECONDS - 0.5 < time.monotonic() - started < TIMEOUT_SECONDS + 1
    assert fresh_plugin.waiting()[0] == 4


def test_a_save_does_not_stay_to_deliver_what_an_outage_left(fresh_plugin: Plugin, receiver: Receiver) -> None:
    receiver.stop()
    fresh_plugin.act(*[("insert", {"post_title": f"Post {n}", "post_status": "publish"}) for n in range(9)])
    receiver.start()
    receiver.seconds = 0.7
    started = time.monotonic()

    post = fresh_plugin.create(status="publish")
    took = time.monotonic() - started
    receiver.seconds = 0

    assert took < TIMEOUT_SECONDS + 1.5
    assert receiver.events[0] == (post, "upsert")
    waiting, due = fresh_plugin.waiting()
    assert 0 < waiting < 9
    assert due == pytest.approx(60, abs=20)


def test_where_the_server_can_the_editor_has_the_page_before_anything_is_delivered(
    fresh_plugin: Plugin, receiver: Receiver
) -> None:
    folder = fresh_plugin.wordpress.folder / "site/wp-content/mu-plugins"
    folder.mkdir(exist_ok=True)
    shutil.copy(PHP / "fpm.php", folder)

    try:
        post = fresh_plugin.create(status="publish")
    finally:
        (folder / "fpm.php").unlink()

    assert fresh_plugin.call("get_option", "pretend_finished") == "1"
    assert (receiver.events, fresh_plugin.waiting()[0]) == ([(post, "upsert")], 0)


def test_a_newer_event_takes_the_place_of_the_older(fresh_plugin: Plugin, receiver: Receiver) -> None:
    receiver.stop()
    post = fresh_plugin.create(status="publish")
    fresh_plugin.delete(post, force=True)
    other = fresh_plugin.create(status="publish")
    receiver.start()

    fresh_plugin.run_delivery()

    assert receiver.events == [(other, "upsert"), (post, "delete")]


def test_an_event_that_comes_while_the_older_is_sent_stays(fresh_plugin: Plugin, receiver: Receiver) -> None:
    post = fresh_plugin.create(status="draft")

    def save_again() -> None:
        receiver.reply = Reply(503)
        fresh_plugin.edit(post, title="Saved by somebody else")
        receiver.reply = None

    receiver.meanwhile = save_again
    fresh_plugin.edit(post, status="publish")
    waiting = fresh_plugin.waiting()[0]
    fresh_plugin.run_delivery()

    assert waiting == 1
    assert receiver.events == [(post, "upsert"), (post, "upsert")]


def test_each_try_has_the_same_id_and_body(fresh_plugin: Plugin, receiver: Receiver) -> None:
    receiver.reply = Reply(500)
    fresh_plugin.create(status="publish")
    receiver.reply = None

    fresh_plugin.run_delivery()

    first, second = receiver.attempts
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
    assert first.headers["webhook-id"].startswith("msg_")


@pytest.mark.parametrize(("failures", "seconds"), [(0, 120), (2, 480), (50, 900)])
def test_tries_become_rarer_up_to_a_quarter_of_an_hour(
    fresh_plugin: Plugin, receiver: Receiver, failures: int, seconds: int
) -> None:
    receiver.stop()
    fresh_plugin.create(status="publish")
    fresh_plugin.act(("option", "askpress_state", {"failures": failures}))

    fresh_plugin.run_delivery()

    assert fresh_plugin.waiting()[1] == pytest.approx(seconds, abs=20)


def test_only_an_event_that_the_service_itself_calls_wrong_is_given_up(
    fresh_plugin: Plugin, receiver: Receiver
) -> None:
    receiver.reply = Reply(400, {"message": "from some proxy"})
    fresh_plugin.create(status="publish")
    kept = fresh_plugin.waiting()[0]
    receiver.reply = Reply(400, REFUSAL)

    fresh_plugin.run_delivery()

    assert (kept, fresh_plugin.waiting()[0]) == (1, 0)
    assert "post_id is not one." in error(fresh_plugin)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(200), "200"),
        (Reply(301, headers={"Location": "/elsewhere"}), "redirects (301) to /elsewhere"),
        (Reply(400, {"code": "invalid_host", "detail": "Not one of ALLOWED_HOSTS."}), "ALLOWED_HOSTS"),
        (Reply(400, {"code": "invalid_http", "detail": "From an old proxy."}), "old proxy"),
        (Reply(401, {"code": "unauthorized", "detail": "No secret fits."}), "No secret fits."),
        (Reply(404), "404"),
        (Reply(429, {"code": "rate_limited", "detail": "Slower."}), "Slower."),
        (Reply(503), "503"),
    ],
    ids=lambda given: str(given.status) if isinstance(given, Reply) else "",
)
def test_whatever_is_not_202_leaves_the_event_waiting_with_a_reason(
    fresh_plugin: Plugin, receiver: Receiver, reply: Reply, words: str
) -> None:
    receiver.reply = reply

    fresh_plugin.create(status="publish")

    assert (len(receiver.attempts), fresh_plugin.waiting()[0]) == (1, 1)
    assert words in error(fresh_plugin)


def test_an_hour_between_the_clocks_is_told_with_both_times(fresh_plugin: Plugin, receiver: Receiver) -> None:
    receiver.clock = timedelta(hours=1)

    fresh_plugin.create(status="publish")

    [attempt] = receiver.attempts
    signed = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(int(attempt.headers["webhook-timestamp"])))
    assert "The clocks differ" in error(fresh_plugin)
    assert signed in error(fresh_plugin)
    assert time.strftime("%Y-%m-%dT%H:", time.gmtime(time.time() + 3600)) in error(fresh_plugin)


def test_what_waits_is_tried_again_when_the_plugin_is_active_again(fresh_plugin: Plugin, receiver: Receiver) -> None:
    receiver.stop()
    fresh_plugin.create(status="publish")

    fresh_plugin.call("deactivate_plugins", FILE)
    inactive = fresh_plugin.call("wp_next_scheduled", HOOK)
    fresh_plugin.call("activate_plugin", FILE)
    waiting, due = fresh_plugin.waiting()

    assert (inactive, waiting) == (False, 1)
    assert due == pytest.approx(60, abs=20)
