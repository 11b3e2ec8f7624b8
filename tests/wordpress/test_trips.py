"""A real WordPress into the index and answered from: the whole trip, offline models, real stores."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import override_settings

from askpress import providers
from askpress.retrieval import keywords, store
from askpress.sync import runs
from askpress.sync import site as site_trip
from tests import visitor
from tests.wordpress.site import PLAIN, WordPress

pytestmark = pytest.mark.wordpress

REPAIRS = (
    "<!-- wp:heading --><h2>Repairs</h2><!-- /wp:heading -->"
    "<!-- wp:paragraph --><p>Fixing a puncture costs 12 euros and takes an hour.</p><!-- /wp:paragraph -->"
)
HOURS = "<p>The workshop opens at nine on weekdays and stays closed on Sundays.</p>"
CANARY = "xylophonequartz"
SECRET = f"<p>The {CANARY} is kept under the counter.</p>"


@dataclass(frozen=True)
class Service:
    """askpress in this process, for the site at `url`."""

    url: str

    def sync(self) -> runs.Run:
        keywords.forget()
        with override_settings(WP_URL=self.url):
            return site_trip.sync()

    def post(self, path: str, question: str) -> dict[str, Any]:
        keywords.forget()
        with override_settings(WP_URL=self.url):
            return visitor.body(visitor.with_key().post(path, {"q": question}))

    def titles(self, question: str) -> set[str]:
        return {result["title"] for result in self.post("/search", question)["results"]}


@pytest.fixture
def offline(db: None) -> Iterator[None]:
    with override_settings(
        EMBEDDING_PROVIDER="local", EMBEDDING_MODEL="all-MiniLM-L6-v2-int8", LANGUAGE_PROVIDER="extractive"
    ):
        yield
    providers.close()


@pytest.fixture
def service(offline: None, wordpress: WordPress) -> Service:
    return Service(wordpress.url)


def opened(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as page:
        return str(page.read().decode())


def tables_that_hold(word: str) -> list[str]:
    with store.autocommit() as cursor:
        cursor.execute(b"SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        names = [str(name) for (name,) in cursor.fetchall()]
        query = 'SELECT count(*) FROM "{0}" AS one WHERE one::text ILIKE %s'
        counts = [cursor.execute(query.format(name).encode(), [f"%{word}%"]).fetchone() for name in names]
    return [name for name, count in zip(names, counts, strict=True) if count != (0,)]


def test_a_question_is_answered_from_the_site_with_a_source_that_opens(service: Service, wordpress: WordPress) -> None:
    wordpress.insert("Bicycle repairs", REPAIRS)
    wordpress.insert("Opening hours", HOURS, post_type="page")

    run = service.sync()
    answer = service.post("/ask", "What does it cost to fix a puncture?")

    assert (run.added, run.failed, run.error) == (2, 0, "")
    assert "12 euros" in answer["answer"]
    assert answer["sources"][0]["title"] == "Bicycle repairs"
    assert "Fixing a puncture" in opened(answer["sources"][0]["url"])


def test_pages_are_found_too(service: Service, wordpress: WordPress) -> None:
    wordpress.insert("Opening hours", HOURS, post_type="page")

    service.sync()

    assert service.titles("When does the workshop open?") == {"Opening hours"}


def test_a_second_sync_of_an_unchanged_site_changes_nothing(service: Service, wordpress: WordPress) -> None:
    wordpress.insert_many([{"post_title": f"Post {n}", "post_content": HOURS} for n in range(120)])
    service.sync()

    run = service.sync()

    assert (run.added, run.changed, run.unchanged, run.removed, run.failed) == (0, 0, 120, 0, 0)


def test_an_edit_is_searchable_after_one_sync(service: Service, wordpress: WordPress) -> None:
    post_id = wordpress.insert("Bicycle repairs", REPAIRS)
    service.sync()
    wordpress.update(post_id, post_content=REPAIRS.replace("12 euros", "15 euros"))

    run = service.sync()

    assert run.changed == 1
    assert "15 euros" in service.post("/ask", "What does it cost to fix a puncture?")["answer"]


@pytest.mark.parametrize(
    "fields",
    [
        {"post_status": "draft"},
        {"post_status": "pending"},
        {"post_status": "private"},
        {"post_status": "future", "post_date": "2099-01-01 00:00:00", "post_date_gmt": "2099-01-01 00:00:00"},
        {"post_password": "sesame"},
    ],
    ids=["draft", "pending", "private", "scheduled", "password"],
)
def test_a_post_that_is_hidden_leaves_after_one_sync(
    service: Service, wordpress: WordPress, fields: dict[str, str]
) -> None:
    post_id = wordpress.insert("Bicycle repairs", REPAIRS)
    wordpress.insert_many([{"post_title": f"Post {n}", "post_content": HOURS} for n in range(9)])
    service.sync()
    wordpress.update(post_id, edit_date=True, **fields)

    run = service.sync()

    assert run.removed == 1
    assert "Bicycle repairs" not in service.titles("What does it cost to fix a puncture?")


@pytest.mark.parametrize("way", ["trash", "delete"])
def test_a_removed_post_leaves_after_one_sync_and_is_no_source_again(
    service: Service, wordpress: WordPress, way: str
) -> None:
    post_id = wordpress.insert("Bicycle repairs", REPAIRS)
    wordpress.insert_many([{"post_title": f"Post {n}", "post_content": HOURS} for n in range(9)])
    service.sync()
    before = service.post("/ask", "What does it cost to fix a puncture?")
    wordpress.act((way, post_id))

    run = service.sync()
    after = service.post("/ask", "What does it cost to fix a puncture?")

    assert run.removed == 1
    assert "12 euros" in before["answer"]
    assert "12 euros" not in after["answer"]


def test_nothing_that_a_stranger_cannot_read_reaches_any_table(service: Service, wordpress: WordPress) -> None:
    hidden: list[dict[str, Any]] = [
        *({"post_status": status} for status in ("draft", "pending", "private")),
        {"post_status": "future", "post_date": "2099-01-01 00:00:00"},
        {"post_password": "sesame"},
        {"post_type": "page", "post_status": "private"},
        {"post_type": "wp_block"},
    ]
    wordpress.insert_many([{"post_title": "Hidden", "post_content": SECRET, **fields} for fields in hidden])
    trashed = wordpress.insert("Hidden", SECRET)
    wordpress.trash(trashed)
    wordpress.insert("Opening hours", HOURS)

    run = service.sync()

    assert run.added == 1
    assert tables_that_hold(CANARY) == []
    assert service.titles(f"Where is the {CANARY}?") <= {"Opening hours"}


@pytest.mark.parametrize("served", [{"rewrites": False}, {"folder": "/blog"}], ids=["plain permalinks", "in a folder"])
def test_other_ways_to_install_wordpress_are_answered_from(
    offline: None, wordpress: WordPress, served: dict[str, Any]
) -> None:
    wordpress.insert("Bicycle repairs", REPAIRS)
    wordpress.act(*([] if "folder" in served else [("permalinks", PLAIN)]))

    with wordpress.served(**served) as url:
        service = Service(url)
        service.sync()
        answer = service.post("/ask", "What does it cost to fix a puncture?")

        assert "12 euros" in answer["answer"]
        assert answer["sources"][0]["url"].startswith(url)
        assert "Fixing a puncture" in opened(answer["sources"][0]["url"])
