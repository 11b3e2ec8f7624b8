"""The plugin's folder and its zip, read as text: what a real WordPress is not needed for."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "plugin").rglob("*.php"))
ZIP = ROOT / "build" / "askpress.zip"
TRANSLATED = re.compile(r"\b(?:__|_e|_n|_x|esc_html__|esc_html_e|esc_attr__|esc_attr_e)\( (.*)")


def build() -> bytes:
    subprocess.run([sys.executable, str(ROOT / "deploy" / "plugin.py")], check=True)
    return ZIP.read_bytes()


def stated(name: str, file: str) -> str:
    found = re.search(rf"^[ *]*{name}: +(\S+)", (ROOT / "plugin" / file).read_text(), re.MULTILINE)
    assert found, f"{file} does not state {name}"
    return found[1]


def test_the_zip_is_one_folder_with_all_of_the_plugin() -> None:
    build()

    with zipfile.ZipFile(ZIP) as archive:
        names = archive.namelist()

    sources = [f"askpress/{path.relative_to(ROOT / 'plugin')}" for path in SOURCES]
    assert sorted(names) == sorted([*sources, "askpress/readme.txt", "askpress/LICENSE"])


def test_the_zip_has_the_same_bytes_each_time() -> None:
    first = build()
    SOURCES[0].touch()

    assert build() == first


def test_the_versions_agree() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert stated("Version", "askpress.php") == stated("Stable tag", "readme.txt") == version
    assert f"const VERSION = '{version}';" in (ROOT / "plugin/askpress.php").read_text()


@pytest.mark.parametrize("name", ["Requires at least", "Requires PHP", "License"])
def test_the_readme_states_what_the_plugin_states(name: str) -> None:
    assert stated(name, "askpress.php") == stated(name, "readme.txt")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_every_file_has_its_namespace_and_cannot_be_called_by_itself(path: Path) -> None:
    text = path.read_text()

    assert "\nnamespace Askpress;\n" in text
    assert re.search(r"^defined\( '(ABSPATH|WP_UNINSTALL_PLUGIN)' \) \|\| exit;$", text, re.MULTILINE)
    assert len(text.splitlines()) <= 250


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_every_text_can_be_translated(path: Path) -> None:
    calls = TRANSLATED.findall(path.read_text())

    assert [call for call in calls if "'askpress' )" not in call] == []
