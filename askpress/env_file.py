"""Takes a file of NAME=value lines into the environment, for settings.py to read."""

from __future__ import annotations

import io
from pathlib import Path

import dotenv
from dotenv import parser

from askpress.errors import SettingsError


def load(file: Path) -> None:
    """Take over what the file says, if there is one; the environment wins. One that says it badly stops the start."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise SettingsError(f"{file} is not text in UTF-8: save it as UTF-8, without a NUL in it.")
    bad = [binding.original.line for binding in parser.parse_stream(io.StringIO(text)) if binding.error]
    if bad:
        raise SettingsError(f"{file}, line {bad[0]}: write NAME=value, or # before a comment.")
    dotenv.load_dotenv(file)
