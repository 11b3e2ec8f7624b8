"""The file `.env`: read by settings.py, and the environment wins over it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from askpress import env_file
from askpress.errors import SettingsError
from tests.newcomer import environment


def test_the_file_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("WP_URL=https://file.example\nASKPRESS_CHUNK_TOKENS=321\n")
    program = "from askpress import settings; print(settings.WP_URL, settings.CHUNK_TOKENS)"
    given = environment(ASKPRESS_ENV_FILE=str(file), WP_URL="https://environment.example")

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=given, check=True)

    assert done.stdout == "https://environment.example 321\n"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"WP_URL=https://example.org\nthis is no setting\n", r"\.env, line 2: write NAME=value"),
        (b'API_KEY="never closed\n', r"\.env, line 1: write NAME=value"),
        (b"API_KEY=\xff\xfe\n", r"\.env is not text in UTF-8"),
        ("API_KEY=abc\n".encode("utf-16"), r"\.env is not text in UTF-8"),
        ("API_KEY=abc\n".encode("utf-16-le"), r"\.env is not text in UTF-8"),
    ],
)
def test_a_file_that_cannot_be_understood_stops_the_start(tmp_path: Path, content: bytes, complaint: str) -> None:
    file = tmp_path / ".env"
    file.write_bytes(content)

    with pytest.raises(SettingsError, match=complaint):
        env_file.load(file)


def test_a_file_that_is_not_ours_to_read_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()

    with pytest.raises(SettingsError, match=r"\.env cannot be read"):
        env_file.load(tmp_path / ".env")


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "ASKPRESS_LANGUAGE_API_KEY", "API_KEY"])
def test_a_key_that_no_header_can_carry_stops_the_start(name: str) -> None:
    program = "from askpress import settings"
    given = environment(ASKPRESS_ENV_FILE=os.devnull, **{name: "sk-\u2026"})

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=given, check=False)

    assert f"SettingsError: {name} holds characters that no header can carry" in done.stderr
    assert "sk-" not in done.stderr
