"""`askpress eval` while the embedding model or the reranker is away: its figures are not those of the whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from askpress import commands, providers
from tests.fakes import openai as fake_openai
from tests.fakes.reranker import FakeReranker
from tests.fakes.reranker import rerank_server as rerank_server
from tests.test_eval_command import measured
from tests.trips.service import Service


@pytest.fixture
def questions(tmp_path: Path) -> str:
    path = tmp_path / "questions.jsonl"
    path.write_text(
        '{"question": "What does a loaf of rye bread cost?", "urls": ["*bread*"]}\n'
        '{"question": "When was the treaty of Westphalia signed?", "answerable": false}\n'
    )
    return str(path)


@pytest.fixture
def without_meanings(bakery: Service) -> Iterator[None]:
    bakery.openai.fail("/embeddings", fake_openai.NO_QUOTA, times=200)
    with override_settings(PROVIDER_RETRY_SECONDS=0):
        yield


@pytest.fixture
def without_reranker(bakery: Service, rerank_server: FakeReranker) -> Iterator[None]:
    rerank_server.status = 500
    with override_settings(RERANK_PROVIDER="http", RERANK_BASE_URL=rerank_server.url, RERANK_TIMEOUT_MS=10_000):
        yield
    providers.close()


def test_a_run_with_all_that_is_configured_is_not_degraded(
    bakery: Service, questions: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = measured(capsys, questions, "--search-only")

    assert (found["degraded"], found["figures"]["all"]["degraded"]) == ({}, 0.0)


@pytest.mark.usefixtures("without_meanings")
def test_a_run_by_words_alone_says_so(questions: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = measured(capsys, questions)

    assert found["degraded"]["keyword"] == 2
    assert found["figures"]["all"]["degraded"] == 1.0
    assert ["keyword" in result["degraded"] for result in found["results"]] == [True, True]


@pytest.mark.usefixtures("without_meanings")
def test_a_threshold_may_forbid_it(questions: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = commands.main(["eval", questions, "--search-only", "--max", "degraded=0"])

    said = capsys.readouterr().out
    assert code == 1
    assert "DEGRADED: 2 questions compared by words alone, since the embedding model did not answer" in said
    assert "MISSED: all/degraded is 1, above 0\n" in said


@pytest.mark.usefixtures("without_reranker")
def test_a_run_without_the_reranker_says_so(questions: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = measured(capsys, questions, "--search-only")
    commands.main(["eval", questions, "--search-only"])

    assert found["degraded"] == {"rerank": 1}
    assert "DEGRADED: 1 question not reranked, since the reranker was late" in capsys.readouterr().out


@pytest.mark.usefixtures("without_meanings")
def test_floors_placed_by_words_alone_say_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "drafts.jsonl")

    found = measured(capsys, "--make", path)
    commands.main(["eval", "--make", path])

    assert found["degraded"] > 0
    assert f"DEGRADED: {found['degraded']} questions compared by words alone" in capsys.readouterr().out
