"""`askpress check` asks the site and the embedding model, before the first sync too, and leaves nothing behind."""

from __future__ import annotations

import json

import pytest
from django.test import override_settings

from askpress.commands import main
from askpress.retrieval import versions
from askpress.sample import faults
from tests.trips.conftest import Service


def found(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    main(["check", "--json"])
    return {problem["id"]: problem["message"] for problem in json.loads(capsys.readouterr().out)["problems"]}


def test_before_the_first_sync_all_is_asked_and_nothing_made(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    told = found(capsys)

    assert not told.keys() & {"askpress.W007", "askpress.E007", "askpress.E008"}
    assert service.site.asked("/wp-json/") and service.embeddings == 1
    assert versions.every() == []


def test_a_site_that_cannot_be_read_is_told_of_before_the_first_sync(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    service.site.faults.add(faults.on_rest(faults.html_page))

    assert "HTML page where JSON was expected" in found(capsys)["askpress.E007"]


def test_no_site_and_impossible_dimensions_are_told_of(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    with override_settings(WP_URL="", EMBEDDING_DIMENSIONS=4000):
        told = found(capsys)

    assert "give WP_URL=" in told["askpress.W007"]
    assert "gives at most 1536" in told["askpress.E008"]


@pytest.mark.parametrize(
    ("given", "said"), [({"CHUNK_TOKENS": 9000}, "takes 20 to 8192"), ({"OVERLAP_TOKENS": 31}, "at most half")]
)
def test_sizes_that_make_no_sense_make_no_first_index_and_are_warned_of_later(
    service: Service, capsys: pytest.CaptureFixture[str], given: dict[str, int], said: str
) -> None:
    with override_settings(**given):
        first = (main(["sync"]), versions.every(), found(capsys)["askpress.E008"])
    service.sync()
    with override_settings(**given):
        later = found(capsys)["askpress.W008"]

    assert first[:2] == (2, [])
    assert said in first[2] and said in later
