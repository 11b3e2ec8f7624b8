"""Checks the tracked files for what must not be published: registry hosts, paths of one machine, secrets."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

# Brackets around single characters keep this file from finding itself.
FORBIDDEN = {
    "a registry's host": r"pypi[.]org|pythonhosted[.]org|registry[.]npmjs|deb[.]debian[.]org",
    "a path of one machine": r"(?<![\w.])/(?:work|farm|tmp/lab|home/\w+|Users/\w+)/",
    "an OpenAI key": r"\bsk-(?:proj-)?[A-Za-z0-9_]{32,}",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE[ ]KEY-----",
    "a cloud or GitHub token": r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36})\b",
}
FORBIDDEN_NAMES = re.compile(r"(^|/)(\.env|id_rsa|.*\.pem|.*\.sqlite3|.*\.zip)$")
LARGEST_BYTES = 2_000_000


def findings(path: Path) -> list[str]:
    """Return one line for each thing in the file that must not be there."""
    if FORBIDDEN_NAMES.search(path.as_posix()):
        return [f"{path}: a file of this name is not to be committed"]
    if path.stat().st_size > LARGEST_BYTES:
        return [f"{path}: larger than {LARGEST_BYTES} bytes"]
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return [
        f"{path}:{number}: {what}"
        for number, line in enumerate(lines, start=1)
        for what, pattern in FORBIDDEN.items()
        if re.search(pattern, line)
    ]


def main() -> int:
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=True).stdout
    paths = [Path(name) for name in listed.split("\0") if name]
    found = [line for path in paths if path.is_file() for line in findings(path)]
    for line in found:
        print(line, file=sys.stderr)
    if not found:
        print(f"Tracked files: {len(paths)} hold no registry host, path of one machine, or secret.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
