"""Redis away, hung, restarted or refusing never stops a request."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import redis
from django.conf import settings
from django.test import override_settings

from askpress import redis_client


def ping(client: redis.Redis) -> bool:
    return bool(client.ping())


@contextlib.contextmanager
def mute_server(path: Path) -> Iterator[str]:
    """A server that takes connections and never answers."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        yield f"unix://{path}?db=0"


def test_a_reply_of_redis_comes_back(db: None) -> None:
    redis_client.call(lambda client: client.set("a", "1"), None)

    assert redis_client.call(lambda client: client.get("a"), None) == b"1"
    assert redis_client.reachable()


def test_what_is_put_while_somebody_gathers_is_left_to_him(db: None) -> None:
    given = redis_client.Put("gathered", b"1", seconds=9)
    with redis_client.gathering() as puts:
        redis_client.put(given)
        assert redis_client.call(lambda client: client.get("gathered"), "default") is None
    redis_client.put(given)

    assert puts == [given]
    assert redis_client.call(lambda client: client.get("gathered"), None) == b"1"


@override_settings(REDIS_URL="")
def test_without_an_address_the_default_comes_back() -> None:
    assert redis_client.call(ping, "default") == "default"
    assert not redis_client.reachable()


def test_nobody_at_the_address_gives_the_default(tmp_path: Path) -> None:
    server = redis_client.Server(f"unix://{tmp_path}/none.sock")

    assert server.call(ping, "default") == "default"


def test_a_hung_redis_costs_one_short_wait_and_then_none(tmp_path: Path) -> None:
    with mute_server(tmp_path / "mute.sock") as url:
        server = redis_client.Server(url)
        begun = time.monotonic()
        first = server.call(ping, "default")
        waited = time.monotonic() - begun
        second = server.call(ping, "default")
        waited_again = time.monotonic() - begun - waited

    assert (first, second) == ("default", "default")
    assert 0.2 < waited < 1.5
    assert waited_again < 0.1


def test_redis_is_asked_again_after_the_pause(tmp_path: Path) -> None:
    path = tmp_path / "late.sock"
    server = redis_client.Server(f"unix://{path}?db=0", pause_seconds=0.01)
    before = server.call(ping, "default")
    deadline = time.monotonic() + 5

    path.symlink_to(settings.REDIS_URL.removeprefix("unix://").partition("?")[0])
    while server.call(ping, "default") == "default" and time.monotonic() < deadline:
        time.sleep(0.005)

    assert before == "default"
    assert server.call(ping, "default") is True


def test_a_connection_that_broke_while_idle_is_made_anew(db: None) -> None:
    redis_client.call(ping, False)
    with redis.Redis.from_url(settings.REDIS_URL) as other:
        other.client_kill_filter(_type="normal", skipme=True)

    assert redis_client.call(ping, False) is True


def test_a_refusal_gives_the_default_and_the_next_call_is_asked(db: None) -> None:
    refused = redis_client.call(lambda client: client.lset("none", 0, "a"), "default")

    assert refused == "default"
    assert redis_client.call(ping, False) is True
