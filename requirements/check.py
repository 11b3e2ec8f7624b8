"""Checks the pinned sets: they follow from the .in files, and every platform and Python has wheels."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
UV = str(Path(sys.executable).with_name("uv"))
SETS = ("runtime", "local", "dev")  # each holds the one before
# Debian 11 and Ubuntu 20.04 have glibc 2.31, so 2.28 wheels run on all that are still looked after.
PLATFORMS = ("x86_64-manylinux_2_28", "aarch64-manylinux_2_28", "aarch64-apple-darwin")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
OLDEST_MACOS = {"MACOSX_DEPLOYMENT_TARGET": "14.0"}
PIN = re.compile(r"^(\S+==\S.*?) ?\\?$")


def pins(text: str) -> dict[str, set[str]]:
    """Return each pin with its environment marker, and the hashes beneath it."""
    found: dict[str, set[str]] = {}
    for line in text.splitlines():
        pin = PIN.match(line)
        if pin:
            hashes = found.setdefault(pin.group(1), set())
        elif "--hash=" in line:
            hashes.add(line.strip(" \\").removeprefix("--hash="))
    return found


def run(*arguments: str) -> str:
    """Return what uv has to say against it, nothing when it succeeds."""
    done = subprocess.run(
        [UV, "pip", *arguments], env=os.environ | OLDEST_MACOS, capture_output=True, text=True, check=False
    )
    return done.stderr.strip() or f"uv ended with {done.returncode}" if done.returncode else ""


def missing_wheels(platform: str, python: str) -> str:
    with tempfile.TemporaryDirectory() as empty:
        trouble = run(
            *("install", "--dry-run", "--quiet", "--require-hashes", "--only-binary", ":all:"),
            *("--python-platform", platform, "--python-version", python, "--target", empty),
            *("-r", str(HERE / "dev.txt")),
        )
    return f"dev.txt does not install on {platform} with Python {python}: {trouble}" if trouble else ""


def out_of_date(name: str) -> str:
    """Resolve the .in file again, starting from the pins, so that newer releases alone change nothing."""
    stored = (HERE / f"{name}.txt").read_text()
    with tempfile.TemporaryDirectory() as folder:
        again = Path(folder, "again.txt")
        again.write_text(stored)
        trouble = run(
            *("compile", "--quiet", "--universal", "--python-version", "3.11", "--only-binary", ":all:"),
            *(
                "--generate-hashes",
                "--no-header",
                "--no-annotate",
                str(HERE / f"{name}.in"),
                "-o",
                str(again),
            ),
        )
        difference = trouble or compare(pins(stored), pins(again.read_text()))
    return f"{name}.txt does not follow from {name}.in ({difference}). Run: make requirements" if difference else ""


def compare(stored: dict[str, set[str]], fresh: dict[str, set[str]]) -> str:
    changed = sorted(stored.keys() ^ fresh.keys())
    if changed:
        return "pins differ: " + ", ".join(changed)
    # A file added to an old release is no trouble; one that we pinned and that is gone, or has changed, is.
    gone = sorted(pin for pin in stored if not stored[pin] or stored[pin] - fresh[pin])
    return "hashes that the registry no longer has: " + ", ".join(gone) if gone else ""


def smaller_sets_disagree() -> Iterator[str]:
    for small, large in itertools.pairwise(SETS):
        strange = sorted(releases(small) - releases(large))
        if strange:
            yield f"{small}.txt and {large}.txt pin differently: {', '.join(strange)}. Run: make requirements"


def releases(name: str) -> set[str]:
    """Return what a set pins, wherever: a larger set may want a package on more platforms."""
    return {pin.partition(" ;")[0] for pin in pins((HERE / f"{name}.txt").read_text())}


def main() -> int:
    with ThreadPoolExecutor(max_workers=4) as pool:
        jobs = [pool.submit(out_of_date, name) for name in SETS]
        jobs += [pool.submit(missing_wheels, *row) for row in itertools.product(PLATFORMS, PYTHONS)]
        troubles = [job.result() for job in jobs]
    troubles = [line for line in [*troubles, *smaller_sets_disagree()] if line]
    for line in troubles:
        print(line, file=sys.stderr)
    if not troubles:
        print(f"Requirements: dev.txt resolves for {len(PLATFORMS)} platforms and {len(PYTHONS)} Pythons.")
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())
