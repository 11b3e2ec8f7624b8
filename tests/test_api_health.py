"""A probe learns whether to send requests here, and cannot be used to wear the stores out."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from django.core.management import call_command
from django.test import override_settings

from askpress import sites
from askpress.api import health
from askpress.api.health import Readiness, Watch
from askpress.models import Document
from tests import visitor
from tests.visitor import Visitor


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Eyes:
    """Counts looks; holds each until it is let go."""

    looks: int = 0
    free: threading.Event = field(default_factory=threading.Event)

    def __call__(self) -> Readiness:
        self.looks += 1
        self.free.wait(5)
        return Readiness(str(self.looks))


def open_eyes() -> Eyes:
    eyes = Eyes()
    eyes.free.set()
    return eyes


def test_healthz_says_ok_without_any_store() -> None:
    reply = Visitor().get("/healthz")

    assert (reply.status_code, visitor.body(reply)) == (200, {"status": "ok"})


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_probe_by_address_is_answered_under_any_host(db: None, path: str) -> None:
    assert Visitor().get(path, Host="10.1.2.3:8000").status_code in {200, 503}


def test_readyz_is_an_error_with_its_code_until_something_is_ingested(db: None) -> None:
    found = health.look()

    assert "ingested" in found.obstacle


def test_an_index_without_faults_is_ready(db: None) -> None:
    visitor.index_a_price()

    assert health.look() == Readiness("")


@override_settings(REDIS_URL="")
def test_without_redis_the_service_is_ready_and_degraded(db: None) -> None:
    visitor.index_a_price()

    found = health.look()

    assert found.obstacle == ""
    assert [reason for reason in found.degraded if "Redis" in reason]


def test_an_alarm_of_the_sync_degrades(db: None) -> None:
    site = visitor.index_a_price()
    sites.raise_alarm(site.id, "half of the posts were gone")

    assert "half of the posts were gone" in " ".join(health.look().degraded)


def test_failing_posts_degrade(db: None) -> None:
    visitor.index_a_price()
    Document.objects.update(error="no embedding")

    assert "1 post" in " ".join(health.look().degraded)


@override_settings(EMBEDDING_PROVIDER="openai", EMBEDDING_MODEL="text-embedding-3-large")
def test_an_index_made_with_another_model_than_the_settings_name_degrades(db: None) -> None:
    visitor.index_a_price()

    assert "another embedding model" in " ".join(health.look().degraded)


def test_tables_that_are_not_migrated_are_an_obstacle(db: None) -> None:
    visitor.index_a_price()
    call_command("migrate", "procrastinate", "zero", fake=True, verbosity=0)

    try:
        found = health.look()
    finally:
        call_command("migrate", fake=True, verbosity=0)

    assert "migrate" in found.obstacle


def test_looks_are_two_seconds_apart_however_often_it_is_asked() -> None:
    clock, eyes = Clock(), open_eyes()
    watch = Watch(eyes, clock=clock)

    seen = [watch.readiness().obstacle for _ in range(100)]
    clock.now += 2
    seen.append(watch.readiness().obstacle)

    assert (set(seen[:100]), seen[100], eyes.looks) == ({"1"}, "2", 2)


def test_while_one_thread_looks_the_others_are_told_what_was_seen_before() -> None:
    clock, eyes = Clock(), open_eyes()
    watch = Watch(eyes, clock=clock)
    watch.readiness()
    clock.now += 10
    eyes.free.clear()

    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(watch.readiness)
        while eyes.looks < 2:
            pass
        told = watch.readiness()
        eyes.free.set()

    assert (told.obstacle, looking.result().obstacle) == ("1", "2")


def test_readyz_answers_as_json_in_either_case(db: None) -> None:
    reply = Visitor().get("/readyz")

    assert reply.status_code in {200, 503}
    assert reply["Content-Type"] in {"application/json", "application/problem+json"}
