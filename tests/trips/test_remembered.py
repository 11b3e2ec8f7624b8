"""What is remembered, for how long, and when its text is gone from Redis."""

from __future__ import annotations

import pytest
from django.test import override_settings

from askpress import redis_client, sites
from askpress.answer import budget, cache, sweeping
from askpress.answer.sweeping import Swept
from askpress.commands import main
from tests import visitor
from tests.trips.bakery import CLAIM, QUESTION, generations, say
from tests.trips.conftest import Service

TEA_CLAIM = {"source": 1, "quote": "water of eighty degrees", "text": "With water of eighty degrees."}

# Their names end in 64 hexadecimal digits; leases beside them do not.
ANSWERS = cache.PREFIX + "[0-9a-f]" * 64


def remembered(names: str = ANSWERS) -> list[bytes]:
    found = redis_client.call(lambda redis: [redis.get(name) for name in redis.scan_iter(names)], default=[])
    return [raw for raw in found if isinstance(raw, bytes)]


def reads() -> int:
    """Return how often Redis has read from its clients."""
    return int(redis_client.call(lambda redis: redis.info("stats"), default={})["total_reads_processed"])


def age(service: Service) -> None:
    """Let every entry be past its term."""
    for name in redis_client.call(lambda redis: list(redis.scan_iter(ANSWERS)), default=[]):
        raw = redis_client.call(lambda redis, name=name: redis.get(name), default=None)  # type: ignore[misc]
        entry = cache.read(raw)  # type: ignore[arg-type]
        assert entry
        aged = cache.Entry(
            entry.body, entry.site_id, entry.document_versions, entry.corpus_version, entry.index_version, 1.0
        )
        cache.put(name.decode(), aged)


def test_past_its_term_an_answer_counts_while_nothing_changes(bakery: Service) -> None:
    say(bakery, CLAIM)
    bakery.ask(QUESTION)
    age(bakery)

    assert bakery.ask(QUESTION)["cached"] is True


def test_past_its_term_an_answer_dies_with_any_change_of_the_site(bakery: Service) -> None:
    say(bakery, CLAIM)
    bakery.ask(QUESTION)
    age(bakery)
    bakery.site.add("Rolls", "<p>Rolls are sold in the morning.</p>")
    bakery.sync()
    say(bakery, CLAIM)

    assert bakery.ask(QUESTION)["cached"] is False


def test_within_its_term_a_change_elsewhere_leaves_an_answer(bakery: Service) -> None:
    say(bakery, CLAIM)
    first = bakery.ask(QUESTION)
    bakery.site.add("Rolls", "<p>Rolls are sold in the morning.</p>")
    bakery.sync()

    again = bakery.ask(QUESTION)

    assert again["cached"] is True
    assert again["as_of"] > first["as_of"]


def test_limit_and_remembered_answer_come_in_one_trip_to_redis(bakery: Service) -> None:
    asking = visitor.with_key("ask")
    say(bakery, CLAIM)
    asking.post("/ask", {"q": QUESTION})
    before = reads()

    reply = asking.post("/ask", {"q": QUESTION})

    assert visitor.body(reply)["cached"] is True
    assert reply["RateLimit"].startswith('"minute";r=58;')
    # The second is the one that asks for the number.
    assert reads() - before == 2


def test_the_text_of_a_removed_post_leaves_redis(bakery: Service) -> None:
    say(bakery, CLAIM)
    say(bakery, TEA_CLAIM)
    bakery.ask(QUESTION)
    bakery.ask("How is green tea brewed?")
    bakery.site.set_status(1, "private")
    bakery.sync()

    assert sweeping.sweep() == Swept(seen=2, removed=1)
    (left,) = remembered()
    assert b"eighty degrees" in left
    assert b"4.50" not in left


def test_what_was_left_for_other_processes_leaves_redis_with_any_sweep(bakery: Service) -> None:
    say(bakery, CLAIM)
    bakery.ask(QUESTION)
    before = remembered(cache.PREFIX + "*:landed")

    sweeping.sweep()

    assert [b"4.50" in raw for raw in before] == [True]
    assert remembered(cache.PREFIX + "*:landed") == []
    assert len(remembered()) == 1


def test_the_answers_of_one_post_can_be_taken_out(bakery: Service) -> None:
    say(bakery, CLAIM)
    say(bakery, TEA_CLAIM)
    bakery.ask(QUESTION)
    bakery.ask("How is green tea brewed?")

    assert sweeping.purge(sites.first().id, 1) == Swept(seen=2, removed=1)
    assert b"eighty degrees" in b"".join(remembered())


def test_no_answer_of_a_removed_site_stays_in_redis(bakery: Service) -> None:
    say(bakery, CLAIM)
    bakery.ask(QUESTION)
    bakery.ask("Who repairs motorbikes on Mars?")
    assert len(remembered()) == 2

    assert main(["sites", "remove", sites.first().name, "--yes"]) == 0

    assert remembered() == []


def dump() -> dict[bytes, bytes]:
    found = redis_client.call(lambda redis: {name: redis.get(name) for name in redis.scan_iter(ANSWERS)}, default={})
    return {name: raw for name, raw in found.items() if isinstance(raw, bytes)}


@pytest.mark.parametrize("change", ["edited", "hidden"])
def test_a_redis_that_was_restored_from_yesterday_revives_nothing(bakery: Service, change: str) -> None:
    say(bakery, CLAIM)
    bakery.ask(QUESTION)
    bakery.ask("zebra quantum xylophone")
    yesterday = dump()
    bakery.site.set_status(1, "private") if change == "hidden" else bakery.site.edit(1, title="Loaves")
    bakery.sync()
    redis_client.call(lambda redis: redis.flushall(), default=None)
    redis_client.call(lambda redis: redis.mset(yesterday), default=None)
    say(bakery)

    bodies = [bakery.ask(QUESTION), bakery.ask("zebra quantum xylophone")]

    assert len(yesterday) == 2
    assert [(body["cached"], body["refused"]) for body in bodies] == [(False, True)] * 2


def test_a_redis_that_lost_everything_only_costs_a_call(bakery: Service) -> None:
    say(bakery, CLAIM)
    say(bakery, CLAIM)
    first = bakery.ask(QUESTION)
    redis_client.call(lambda redis: redis.flushall(), default=None)

    again = bakery.ask(QUESTION)

    assert (again["answer"], again["cached"], generations(bakery)) == (first["answer"], False, 2)


def test_what_is_no_entry_is_swept_and_never_told(db: None) -> None:
    damaged = [b"", b"{}", b"[1,[2]]\n{}", b"\xff", b'[1,[1],1,1,"x",3]\n{}!']
    names = [f"{cache.PREFIX}{number}" for number in range(len(damaged))]
    redis_client.call(lambda redis: redis.mset(dict(zip(names, damaged, strict=True))), default=None)

    assert [cache.fetch(name, site_id=1) for name in names] == [None] * len(names)
    assert sweeping.sweep() == Swept(len(names), len(names))


def test_an_answer_that_is_too_large_is_not_remembered(db: None) -> None:
    cache.put(cache.PREFIX + "x", cache.Entry(b"x" * cache.MAX_BYTES, 1, (), 1, 1, 0.0))

    assert remembered() == []


def test_without_redis_there_is_nothing_to_sweep(db: None) -> None:
    with override_settings(REDIS_URL="unix:///nowhere/redis.sock"):
        assert sweeping.sweep() == Swept(0, 0)


def test_a_sites_own_term_counts(bakery: Service) -> None:
    assert main(["sites", "set", sites.first().name, "--answer-cache", "0", "--daily-budget", "2.50"]) == 0
    say(bakery, CLAIM)
    say(bakery, CLAIM)
    bakery.ask(QUESTION)

    assert bakery.ask(QUESTION)["cached"] is False
    assert budget.today()[0].budget_usd == 2.5


@pytest.mark.parametrize("words", [["--answer-cache", "-1"], ["--daily-budget", "nan"], ["--daily-budget", "-1"]])
def test_an_impossible_term_or_budget_is_refused(db: None, words: list[str]) -> None:
    name = sites.ensure("https://example.org").name

    assert main(["sites", "set", name, f"{words[0]}={words[1]}"]) == 2
