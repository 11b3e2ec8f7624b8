"""One `up` a data directory: the lock that says so, and the addresses it leaves for other commands."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

LOCK = "lock"
ADDRESSES = "run.json"
# A plain `askpress search` looks here when no data directory is named: a real site before the sample.
PLACES = ("", "site", "sample")


def running(data_dir: Path) -> dict[str, str]:
    """Return the addresses a running `askpress up` has written below the directory; {} when none runs."""
    for place in PLACES:
        directory = data_dir / place
        if held(directory):
            return read(directory)
    return {}


def held(directory: Path) -> bool:
    """Return whether another process holds the directory's lock; a lock file alone says nothing."""
    try:
        handle = os.open(directory / LOCK, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def read(directory: Path) -> dict[str, str]:
    """Return the addresses in run.json; {} when it is missing, cut or not ours to read."""
    try:
        content = json.loads((directory / ADDRESSES).read_text())
    except (OSError, ValueError):
        return {}
    addresses = content.get("addresses", {}) if isinstance(content, dict) else {}
    return {str(name): str(value) for name, value in addresses.items()}
