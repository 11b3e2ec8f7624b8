"""Every command in the documentation is run: what a reader pastes does what the page says, without an error."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings

from askpress import commands, errors, sites, webhooks
from askpress.answer import ask
from askpress.answer.asked import Asked
from askpress.sync import roster
from askpress.sync import site as site_trip
from tests import conftest
from tests.fakes.openai import KEY, FakeOpenAI
from tests.fakes.wordpress import FakeWordPress
from tests.test_api_server import OWNERS, Server, gunicorn
from tests.trips.service import served

ROOT = Path(settings.BASE_DIR)
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
REPAIRS = "<p>A puncture repair costs 12 pounds and takes an hour. We repair punctures at any time.</p>"
RENTAL = "<p>You can rent a bike by the day. Opening hours are from nine to six, on Saturdays until four.</p>"
REPAIR = "What does a puncture repair cost?"
# What the pages write in place of what differs from reader to reader.
ANSWER, SECRET, PRINTED_KEY, ADDRESS = "3f0c2f6e-7f0e-4a53-9a58-0a3a1f6c2d11", "whsec_...", "ap_...", "127.0.0.1:8000"
# curl is quiet about a 4xx unless it is told not to be.
LOUD = 'curl() { command curl --silent --show-error --fail-with-body "$@" && echo; }\n'
ARTICLE = """
curl -H "X-API-Key: YOURKEY" -X POST localhost:8000/search -d '{"q":"your topic"}' -H "Content-Type: application/json"
curl -H "X-API-Key: YOURKEY" -X POST localhost:8000/ask -d '{"q":"Summarize pricing"}' -H "Content-Type: application/json"
"""  # noqa: E501  as it stands there


@dataclass(frozen=True)
class Block:
    # Page and line, for people.
    place: str
    language: str
    text: str

    def lines(self) -> list[str]:
        return [line for line in self.text.splitlines() if line and not line.startswith("#")]


def blocks() -> Iterator[Block]:
    for page in PAGES:
        text = page.read_text()
        for found in re.finditer(r"(?ms)^```(\w+)\n(.*?)^```$", text):
            place = f"{page.relative_to(ROOT).as_posix()}:{text[: found.start()].count(chr(10)) + 1}"
            yield Block(place, found[1], found[2])


SHELL = [block for block in blocks() if block.language == "sh"]
REQUESTS = [block for block in SHELL if "$URL" in block.text]
OURS = [
    (block.place, line.removeprefix(".venv/bin/"))
    for block in SHELL
    for line in block.lines()
    if line.removeprefix(".venv/bin/").startswith("askpress ")
]
# What no test can do within itself: the newcomer clones, makes and pastes; no Docker engine is wherever tests run.
ELSEWHERE = {
    "make up": ".ci/newcomer.py",
    "make up SITE=https://example.org": "tests/test_up.py",
    **dict.fromkeys(("make test", "make lint", "make types", "make evals"), ".ci/run"),
    "make bench": "by hand",
    "cp .env.example .env": "tests/test_docs_settings.py",
    "docker compose up --build --detach --wait": "make lint",
    "git pull": "tests/trips/test_upgrade.py, on the data of before",
    "docker compose exec web python ingest.py": "the article's quick test, below",
    "curl -s http://127.0.0.1:8000/ask": "the article's quick test, below",
}


class Owner(io.StringIO):
    """Somebody at a terminal who says yes."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(scope="module")
def openai() -> Iterator[FakeOpenAI]:
    fake = FakeOpenAI()
    yield fake
    fake.close()


@pytest.fixture(scope="module")
def shop(stores: None, openai: FakeOpenAI) -> Iterator[FakeWordPress]:
    """The site that the pages speak of, ingested."""
    conftest.empty_stores()
    fake = FakeWordPress.served()
    fake.add_category("Minutes")
    fake.add("Repairs", REPAIRS, id=7)
    fake.add("Rent a bike", RENTAL, id=12)
    fake.add_many(8)
    with served(fake, openai) as service, override_settings(LANGUAGE_PROVIDER="extractive", KEEP_QUESTIONS=True):
        service.sync()
        roster.change(sites.first(), {"name": "example-org"})
        yield fake
    fake.server.close()


@pytest.fixture(scope="module")
def environment(shop: FakeWordPress, openai: FakeOpenAI) -> dict[str, str]:
    """What another process needs to serve the same site."""
    return {
        "WP_URL": shop.url,
        "ASKPRESS_EMBEDDING_PROVIDER": "openai",
        "ASKPRESS_EMBEDDING_MODEL": settings.EMBEDDING_MODEL,
        "ASKPRESS_EMBEDDING_DIMENSIONS": str(settings.EMBEDDING_DIMENSIONS),
        "ASKPRESS_EMBEDDING_BASE_URL": openai.url,
        "ASKPRESS_EMBEDDING_API_KEY": KEY,
    }


@pytest.fixture(scope="module")
def server(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with gunicorn(tmp_path_factory.mktemp("server") / "log", **environment) as running:
        yield running


@pytest.fixture
def blog(request: pytest.FixtureRequest, shop: FakeWordPress, line: str) -> Iterator[None]:
    """Another site of that name, unless the line adds it."""
    if "sites add" in line:
        yield
    else:
        other = FakeWordPress.served()
        other.add("News", "<p>Our opening hours change in spring.</p>")
        roster.add(other.url, name="blog")
        yield
        other.server.close()
    with contextlib.suppress(errors.UsageError):  # the line may have removed it
        roster.remove(sites.named("blog"))


def bash(script: str, server: Server) -> str:
    """Run what a reader pastes, with what is his own filled in; every request must succeed."""
    address = f"127.0.0.1:{server.port}"
    his_own = {
        ADDRESS: address,
        "localhost:8000": address,
        PRINTED_KEY: OWNERS,
        "YOURKEY": OWNERS,
        "your topic": REPAIR,
    }
    for written, meant in his_own.items():
        script = script.replace(written, meant)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", LOUD + script],
        env={"PATH": os.environ["PATH"], "URL": f"http://{address}", "KEY": OWNERS},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_no_command_is_left_out() -> None:
    run = {line for block in REQUESTS for line in block.lines()} | {line for _, line in OURS}
    others = {line.removeprefix(".venv/bin/") for block in SHELL for line in block.lines()} - run

    assert {re.split(r"\s+(?:#|-H)", line)[0] for line in others} == set(ELSEWHERE)


@pytest.mark.parametrize("block", REQUESTS, ids=lambda block: block.place)
def test_a_documented_request_succeeds(server: Server, block: Block) -> None:
    assert bash(block.text, server)


@pytest.mark.parametrize(("place", "line"), OURS)
def test_a_documented_command_succeeds(
    shop: FakeWordPress,
    blog: None,
    place: str,
    line: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", Owner("yes\n"))
    # The lines before may have queued what a worker would have done by now.
    site_trip.sync(sites.named("example-org"))
    (tmp_path / "questions.txt").write_text(f"{REPAIR}\n")
    (tmp_path / "questions.jsonl").write_text(json.dumps({"question": REPAIR, "urls": ["/repairs/"]}))
    (tmp_path / "before.json").write_text('{"figures": {}, "results": []}')
    known = ask.ask(Asked(REPAIR, site=sites.first(), user="test")).body["id"]

    code = commands.main(shlex.split(line.replace(ANSWER, str(known)), comments=True)[1:])

    assert code == 0, capsys.readouterr()


def test_the_documented_program_signs_as_it_should(server: Server) -> None:
    (block,) = (block for block in blocks() if block.language == "python")
    secret = webhooks.create(sites.first().id)

    done = subprocess.run(
        [sys.executable, "-c", block.text.replace(SECRET, secret).replace(ADDRESS, f"127.0.0.1:{server.port}")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert '"job":' in done.stdout, done.stderr


def test_the_articles_quick_test_runs_as_written(server: Server, environment: dict[str, str]) -> None:
    ingest = subprocess.run(
        [sys.executable, "ingest.py"],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    search, ask_ = (json.loads(line) for line in bash(ARTICLE, server).splitlines())

    assert (ingest.returncode, ingest.stderr) == (0, "")
    assert {"content", "title", "url", "score"} <= set(search["results"][0])
    assert {"answer", "cached", "sources"} <= set(ask_)
