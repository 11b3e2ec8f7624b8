"""An answer as fresh as somebody demands, or a problem that says so; and the site is never pressed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.test import override_settings

from askpress import errors, sites
from askpress.answer import ask, staleness
from askpress.answer.asked import Asked, Options
from askpress.retrieval import store
from askpress.sample import faults
from tests import visitor
from tests.trips.bakery import BREAD, CLAIM, QUESTION
from tests.trips.conftest import Service
from tests.visitor import Visitor

OWNERS = "owners-own-key-of-the-environment"


@pytest.fixture(autouse=True)
def yesterday(bakery: Service) -> Iterator[None]:
    """The last reconciliation is a day old, and nothing has been looked at since."""
    staleness.forget()
    with store.autocommit() as cursor:
        cursor.execute("UPDATE askpress_site SET reconciled_at = now() - interval '1 day'")
    bakery.openai.answers = lambda prompt, schema: {"found": True, "claims": [CLAIM]}
    with override_settings(API_KEY=OWNERS, REQUESTS_PER_MINUTE=1_000_000):
        yield
    staleness.forget()


def fresh(question: str = QUESTION, seconds: int | None = 60) -> dict[str, Any]:
    asked = Asked(question, site=sites.first(), user="tests", options=Options(max_staleness=seconds))
    return ask.ask(asked).body


def looks(service: Service) -> int:
    return len(service.site.asked("_fields=id,modified_gmt,status"))


def waiting(service: Service) -> list[tuple[Any, ...]]:
    return service.rows(
        "SELECT args->>'post_id' FROM procrastinate_jobs WHERE status = 'todo' AND task_name = 'sync_post'"
    )


def test_posts_that_are_as_they_were_make_an_answer_fresh(bakery: Service) -> None:
    body = fresh()

    assert body["checked_at"] > body["as_of"]
    assert looks(bakery) == 1


def test_without_a_demand_the_site_is_not_asked(bakery: Service) -> None:
    assert "checked_at" not in fresh(seconds=None)
    assert looks(bakery) == 0


def test_a_reconciliation_that_is_young_enough_is_proof(bakery: Service) -> None:
    body = fresh(seconds=100_000)

    assert body["checked_at"] == body["as_of"]
    assert looks(bakery) == 0


def test_a_remembered_answer_is_proven_anew_and_not_paid_for(bakery: Service) -> None:
    fresh(seconds=None)

    body = fresh()

    assert (body["cached"], looks(bakery)) == (True, 1)
    assert body["checked_at"]


def test_an_edit_that_nobody_told_of_is_found_queued_and_never_answered_from(bakery: Service) -> None:
    fresh(seconds=None)
    bakery.site.edit(1, html=BREAD.replace("4.50", "5.10"))

    with pytest.raises(errors.Stale, match="changed on the site") as caught:
        fresh()

    assert caught.value.retry_after == 5
    assert waiting(bakery) == [("1",)]


def test_a_post_that_was_hidden_is_stale(bakery: Service) -> None:
    bakery.site.set_status(1, "private")

    with pytest.raises(errors.Stale):
        fresh()
    assert ("1",) in waiting(bakery)


def test_nothing_is_paid_for_what_is_stale(bakery: Service) -> None:
    bakery.site.edit(1, title="Loaves")

    with pytest.raises(errors.Stale):
        fresh()
    assert bakery.openai.count("/responses") == 0


def test_a_site_that_does_not_answer_makes_it_stale_within_seconds(bakery: Service) -> None:
    bakery.site.faults.add(faults.status(503), path="/wp/v2/posts")

    with pytest.raises(errors.Stale, match="did not answer"):
        fresh()


def test_that_nothing_was_found_is_proven_by_a_reconciliation_alone(bakery: Service) -> None:
    with pytest.raises(errors.Stale, match="Nothing was found"):
        fresh("zebra quantum xylophone")
    assert fresh("zebra quantum xylophone", seconds=100_000)["refused"] is True


def test_of_many_who_demand_at_once_one_asks_the_site(bakery: Service) -> None:
    fresh(seconds=None)

    with ThreadPoolExecutor(8) as pool:
        bodies = list(pool.map(lambda _: fresh(), range(24)))

    assert all(body["checked_at"] for body in bodies)
    assert looks(bakery) == 1


@pytest.mark.parametrize("redis_url", [None, ""], ids=["with redis", "without redis"])
def test_a_site_is_looked_at_so_often_in_a_minute_and_no_more(bakery: Service, redis_url: str | None) -> None:
    site, (version,) = sites.first(), bakery.rows("SELECT version FROM askpress_document WHERE post_id = 1")[0]

    def prove() -> bool:
        try:
            staleness.prove(site, [version], max_seconds=0)
        except errors.Stale as error:
            return "often enough" not in str(error)
        return True

    with override_settings(**({} if redis_url is None else {"REDIS_URL": redis_url})):
        proven = [prove() for _ in range(staleness.LOOKS_PER_MINUTE + 3)]

    assert proven.count(False) >= 1
    assert looks(bakery) <= staleness.LOOKS_PER_MINUTE + 2


@pytest.mark.parametrize(("path", "member"), [("/v1/search", "results"), ("/v1/ask", "sources")])
def test_the_interface_says_since_when_or_that_it_is_stale(bakery: Service, path: str, member: str) -> None:
    asking = Visitor(OWNERS)
    good = visitor.body(asking.post(path, {"q": QUESTION, "max_staleness": 60}))
    staleness.forget()
    bakery.site.edit(1, title="Loaves")

    reply = asking.post(path, {"q": QUESTION, "max_staleness": 0})

    assert (good[member][0]["title"], bool(good["checked_at"])) == ("Bread", True)
    assert (reply.status_code, visitor.body(reply)["code"], reply["Retry-After"]) == (412, "stale", "5")
