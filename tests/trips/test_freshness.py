"""What docs/webhooks.md promises of freshness, measured with a worker and a web server of their own."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from askpress import sites, webhooks
from askpress.wordpress import signature
from tests.test_api_ingest import HEADERS, signed
from tests.test_api_server import Server, gunicorn
from tests.trips.conftest import Service
from tests.trips.test_poll import BREAD, LONG_AGO, TEA
from tests.trips.workers import wait_until, worker

WEBHOOK_SECONDS = 5
# The shortest interval there is.
POLL_SECONDS = 10
RYE = "<p>Rye bread keeps for a week when it is wrapped in linen.</p>"


def test_an_edit_is_searchable_in_seconds_by_webhook_and_in_the_interval_by_poll(
    service: Service, tmp_path: Path
) -> None:
    service.site.add("Bread", BREAD, modified=LONG_AGO)
    service.sync()
    secret = webhooks.create(sites.first().id)
    with worker(service, tmp_path / "log", "--no-sync", ASKPRESS_SYNC_INTERVAL_SECONDS=str(POLL_SECONDS)):
        wait_until(lambda: "worker ready" in (tmp_path / "log").read_text())
        # With the old date no poll can see it.
        service.site.edit(1, html=TEA, modified=LONG_AGO)
        signed(secret, {"post_id": 1, "type": "post", "event": "upsert"})
        by_webhook = wait_until(lambda: service.finds("Green tea is brewed"))
        service.site.add("Rye", RYE)
        by_poll = wait_until(lambda: service.finds("Rye bread keeps"))

    followed = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines() if "edit followed" in line]
    assert [(line["post"], line["outcome"]) for line in followed] == [(1, "changed")]
    assert by_webhook < WEBHOOK_SECONDS
    assert by_poll < POLL_SECONDS + WEBHOOK_SECONDS


def flood(server: Server, secret: str, post_ids: Sequence[int]) -> Counter[int]:
    """Send a webhook for each of the posts over one connection, as fast as they are taken; return the statuses."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    statuses = Counter[int]()
    for place, post_id in enumerate(post_ids):
        body = json.dumps({"post_id": post_id}).encode()
        name, now = f"msg_{threading.get_ident()}_{place}", int(time.time())
        values = (name, str(now), signature.sign(secret, message_id=name, timestamp=now, body=body))
        connection.request("POST", "/ingest", body, dict(zip(HEADERS, values, strict=True)))
        reply = connection.getresponse()
        reply.read()
        statuses[reply.status] += 1
    connection.close()
    return statuses


def slowest_of_others(server: Server, over: threading.Event) -> float:
    """Ask for something else until it is over; return the seconds of the slowest reply."""
    slowest = 0.0
    while not over.wait(0.05):
        begun = time.monotonic()
        assert server.send(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n").status in (200, 503)
        slowest = max(slowest, time.monotonic() - begun)
    return slowest


@pytest.mark.soak
def test_a_thousand_webhooks_at_once_are_a_few_jobs_and_hold_nobody_up(service: Service, tmp_path: Path) -> None:
    secret = webhooks.create(sites.ensure(service.site.url).id)
    posts = [1 + number % 20 for number in range(125)]
    with gunicorn(tmp_path / "web") as server, ThreadPoolExecutor(9) as threads:
        wait_until(lambda: server.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 200)
        over = threading.Event()
        other = threads.submit(slowest_of_others, server, over)
        taken = sum(threads.map(lambda _: flood(server, secret, posts), range(8)), Counter[int]())
        over.set()

        assert taken == {202: 1000}
        assert other.result() < 2
    assert service.rows("SELECT count(*), count(DISTINCT queueing_lock) FROM procrastinate_jobs") == [(20, 20)]
