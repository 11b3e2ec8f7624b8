"""The sample site's files are whole, and the questions over them can be answered from them."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from askpress.sample import content_files

ROOT = Path(__file__).parent.parent
CONTENT = ROOT / "askpress" / "sample" / "content"
REQUIRED = {"id", "type", "status", "slug", "title", "date", "modified", "author", "lang", "link"}
KNOWN = REQUIRED | {"password", "categories", "tags", "excerpt"}
STATUSES = {"publish", "draft", "private", "future", "trash"}
KINDS = {"direct", "paraphrase", "identifier", "broad", "table", "near-miss", "off-topic", "hidden"}
HIDDEN = {
    "trade-price-list": ("37 per cent", "22 per cent", "PELICAN-7731", "45 days", "copper-bell-58"),
    "second-shop": ("Ballyfennor", "1,940"),
    "staff-notes-keys": ("seized blue pump", "€380", "marmalade lantern"),
    "twenty-years": ("titanium frame", "brass band", "22 March 2031"),
    "cargo-bike-clearance__trashed": ("Heron", "1,777", "2,950"),
}

Item = dict[str, str]
Question = dict[str, Any]


class _Words(HTMLParser):
    """Collects the text of rendered HTML, with a break after each cell, line and block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)

    def handle_endtag(self, tag: str) -> None:
        self.found.append({"td": " | ", "th": " | "}.get(tag, ""))


def read_item(path: Path) -> Item:
    head, _, body = path.read_text(encoding="utf-8").partition("\n\n")
    headers = {key: value.strip() for key, _, value in (line.partition(":") for line in head.splitlines())}
    return {**headers, "file": path.name, "body": body}


def words(item: Item) -> str:
    parser = _Words()
    parser.feed(item["title"] + "\n" + item.get("excerpt", "") + "\n" + item["body"])
    return "".join(parser.found)


def is_public(item: Item) -> bool:
    return item["status"] == "publish" and "password" not in item


ITEMS = [read_item(path) for path in sorted((CONTENT / "items").glob("*.html"))]
PUBLIC = {item["link"]: words(item) for item in ITEMS if is_public(item)}
SITE: dict[str, Any] = json.loads((CONTENT / "site.json").read_text(encoding="utf-8"))
QUESTIONS: list[Question] = [
    json.loads(line) for line in (ROOT / "evals" / "sample.jsonl").read_text(encoding="utf-8").splitlines()
]
ANSWERABLE = [question for question in QUESTIONS if question["answerable"]]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item["file"])
def test_an_item_has_known_headers_and_readable_values(item: Item) -> None:
    headers = set(item) - {"file", "body"}

    assert REQUIRED <= headers <= KNOWN
    assert item["file"] == f"{item['id']}-{item['slug']}.html"
    assert item["type"] in {"post", "page"}
    assert item["status"] in STATUSES
    assert datetime.fromisoformat(item["date"]) and datetime.fromisoformat(item["modified"])


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item["file"])
def test_an_item_uses_only_terms_and_authors_of_the_site(item: Item) -> None:
    used = {name: {int(number) for number in item[name].split(",") if number} for name in ("categories", "tags")}

    assert used["categories"] <= {term["id"] for term in SITE["categories"]}
    assert used["tags"] <= {term["id"] for term in SITE["tags"]}
    assert int(item["author"]) in {user["id"] for user in SITE["users"]}


def test_ids_and_links_are_unique() -> None:
    assert len({item["id"] for item in ITEMS}) == len(ITEMS)
    assert len({item["link"] for item in ITEMS}) == len(ITEMS)


def test_the_site_has_the_promised_mixture() -> None:
    kinds = Counter(item["type"] for item in ITEMS)
    states = Counter(item["status"] for item in ITEMS)

    assert kinds == {"page": 15, "post": 36}
    assert states == {"publish": 47, "draft": 1, "private": 1, "future": 1, "trash": 1}
    assert sum(item["lang"] == "de" for item in ITEMS) == 6
    assert len(PUBLIC) == 46


def test_the_loader_takes_every_item() -> None:
    assert len(content_files.load(CONTENT).items()) == len(ITEMS)


def test_only_the_scheduled_post_lies_in_the_future() -> None:
    late = [item["slug"] for item in ITEMS if item["date"] > "2026-11-01"]

    assert late == ["twenty-years"]


def test_links_between_items_lead_somewhere() -> None:
    paths = {path for item in ITEMS for path in re.findall(r'href="(/[^"]*)"', item["body"])}

    assert paths <= set(PUBLIC)


@pytest.mark.parametrize(("slug", "facts"), HIDDEN.items(), ids=HIDDEN)
def test_a_hidden_fact_stands_in_its_post_and_nowhere_public(slug: str, facts: tuple[str, ...]) -> None:
    post = next(item for item in ITEMS if item["slug"] == slug)
    everything_public = "\n".join([*PUBLIC.values(), json.dumps(SITE, ensure_ascii=False)])

    assert not is_public(post)
    assert all(fact in post.get("password", "") + words(post) for fact in facts)
    assert not [fact for fact in facts if fact in everything_public]


def test_every_question_is_well_formed() -> None:
    assert len({question["id"] for question in QUESTIONS}) == len(QUESTIONS)
    assert len({question["question"] for question in QUESTIONS}) == len(QUESTIONS)
    assert {question["kind"] for question in QUESTIONS} == KINDS
    assert {question["language"] for question in QUESTIONS} == {"en", "de"}
    assert {question["half"] for question in QUESTIONS} == {"tuning", "frozen"}


def test_questions_are_many_and_split_evenly() -> None:
    halves = Counter((question["half"], question["kind"]) for question in QUESTIONS)

    assert len(QUESTIONS) >= 90
    assert sum(question["language"] == "de" for question in QUESTIONS) >= 12
    assert len(QUESTIONS) - len(ANSWERABLE) >= 26
    assert all(abs(halves["tuning", kind] - halves["frozen", kind]) <= 1 for kind in KINDS)


@pytest.mark.parametrize("question", ANSWERABLE, ids=lambda question: question["id"])
def test_an_answerable_question_is_answered_by_its_documents(question: Question) -> None:
    texts = [PUBLIC[url] for url in question["urls"]]

    assert texts
    assert question["patterns"]
    assert [p for p in question["patterns"] if not any(re.search(p, text) for text in texts)] == []


def test_an_unanswerable_question_names_no_document() -> None:
    rest = [question for question in QUESTIONS if not question["answerable"]]

    assert all(question["urls"] == [] and question["patterns"] == [] for question in rest)
    assert {question["kind"] for question in rest} == {"near-miss", "off-topic", "hidden"}
