"""The plugin's PHP: without a syntax error, and in WordPress's coding standard as far as PHP_CodeSniffer holds it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.test_plugin import SOURCES
from tests.wordpress import packages
from tests.wordpress.site import PHP

pytestmark = pytest.mark.wordpress

# What PHP has since 8.0: the plugin runs on 7.4.
TOO_NEW = re.compile(
    r"\?->|\bmatch \(|#\[|\b(?:str_contains|str_starts_with|str_ends_with|get_debug_type|array_is_list)\(|\benum \w+"
    r"|\breadonly\b(?!')|: (?:static|mixed|never|false)\b|\w+\|\w+ \$\w+ *[,)=]"
)


def complaints(*paths: Path) -> str:
    command = [packages.program("phpcs"), f"--standard={PHP / 'standard.xml'}", "--report=emacs", *map(str, paths)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def without_comments(text: str) -> str:
    return re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)


def test_the_plugin_keeps_the_coding_standard() -> None:
    assert complaints(*SOURCES) == ""


def test_the_standard_sees_what_is_wrong(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.php"
    wrong.write_text("<?php\nfunction bare($x){\n    return array($x) ;\n}\n$y = ;\n")

    found = complaints(wrong)

    assert all(word in found for word in ("PHP syntax error", "doc comment for function", "Tabs must be used"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_nothing_is_used_that_the_oldest_php_lacks(path: Path) -> None:
    assert TOO_NEW.findall(without_comments(path.read_text())) == []
