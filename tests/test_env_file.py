"""The file `.env`: read by settings.py, and the environment wins over it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.newcomer import environment


def test_the_file_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("WP_URL=https://file.example\nASKPRESS_CHUNK_TOKENS=321\n")
    program = "from askpress import settings; print(settings.WP_URL, settings.CHUNK_TOKENS)"
    given = environment(ASKPRESS_ENV_FILE=str(file), WP_URL="https://environment.example")

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=given, check=True)

    assert done.stdout == "https://environment.example 321\n"
