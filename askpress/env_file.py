"""Takes a file of NAME=value lines into the environment, for settings.py to read."""

from __future__ import annotations

from pathlib import Path

import dotenv
from dotenv import parser

from askpress.errors import SettingsError


def load(file: Path) -> None:
    """Take over what the file says, if there is one; the environment wins. One that says it badly stops the start."""
    try:
        with file.open(encoding="utf-8") as stream:
            bad = [binding.original.line for binding in parser.parse_stream(stream) if binding.error]
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} cannot be read: {error}") from None
    if bad:
        raise SettingsError(f"{file}, line {bad[0]}: write NAME=value, or # before a comment.")
    dotenv.load_dotenv(file)
