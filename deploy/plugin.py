"""Builds build/askpress.zip, the WordPress plugin as it is uploaded: the same bytes on every machine."""

from __future__ import annotations

import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "plugin"
TARGET = ROOT / "build" / "askpress.zip"
# The earliest that the format knows: a file's own date would differ from clone to clone.
DATE = (1980, 1, 1, 0, 0, 0)
MODE = 0o100644 << 16
UNIX = 3


def contents() -> dict[str, bytes]:
    """Return what the zip holds, by name, in order."""
    files = {f"askpress/{path.relative_to(SOURCE).as_posix()}": path for path in SOURCE.rglob("*") if path.is_file()}
    files["askpress/LICENSE"] = ROOT / "LICENSE"
    return {name: files[name].read_bytes() for name in sorted(files)}


def main() -> None:
    TARGET.parent.mkdir(exist_ok=True)
    # Stored, not deflated: compression libraries differ in their bytes, and it is small.
    with zipfile.ZipFile(TARGET, "w", zipfile.ZIP_STORED) as archive:
        for name, body in contents().items():
            entry = zipfile.ZipInfo(name, DATE)
            entry.create_system, entry.external_attr = UNIX, MODE
            archive.writestr(entry, body)


if __name__ == "__main__":
    main()
