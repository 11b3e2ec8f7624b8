"""The step of `up` that makes tables, site and key: whose data it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import override_settings

from askpress import commands, report, sites
from tests import visitor


def prepare(directory: Path, url: str) -> int:
    with override_settings(WP_URL=url):
        return commands.main(["prepare", str(directory)])


def test_an_address_that_was_never_read_gives_way_to_the_right_one(db: None, tmp_path: Path) -> None:
    misspelt = prepare(tmp_path, "https://exmaple.org")

    corrected = prepare(tmp_path, "https://example.org")

    assert (misspelt, corrected) == (0, 0)
    assert [(site.name, site.url) for site in sites.every()] == [("example-org", "https://example.org")]


def test_a_site_that_was_read_takes_https_and_www_and_keeps_its_name_and_documents(db: None, tmp_path: Path) -> None:
    held = visitor.index_a_price()
    moved = ["https://site.test", "https://www.site.test", "https://site.test/blog", held.url]

    codes = [prepare(tmp_path, url) for url in moved]

    assert codes == [0, 0, commands.EXIT_USAGE, 0]
    assert [(site.id, site.name, site.url) for site in sites.every()] == [(held.id, held.name, held.url)]
    assert report.documents(held.id) == 1


def test_a_site_that_was_read_keeps_its_place(db: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    held = visitor.index_a_price()

    code = prepare(tmp_path, "https://example.org")

    assert code == commands.EXIT_USAGE
    told = capsys.readouterr().err
    assert f"{tmp_path} belongs to {held.url}, not to https://example.org." in told
    assert f"`askpress sites set {held.name} --url https://example.org` while it runs with the old address." in told
    assert [site.url for site in sites.every()] == [held.url]
