"""The Debian packages of a real WordPress and a real browser: `python -m tests.wordpress.packages`, as root."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

INSTALLED = (
    *("php-cli", "php-mysql", "php-xml", "php-mbstring", "php-curl", "php-gd"),
    "php-codesniffer",
    *("mariadb-server-core", "mariadb-client-core"),
    *("chromium", "chromium-driver"),
)
# Only unpacked: installed, `wordpress` would bring a web server along and expect it to be configured.
UNPACKED = ("wordpress", "php-getid3", "wordpress-theme-twentytwentythree")
BUILD = Path(__file__).resolve().parents[2] / "build" / "wordpress"
# A plain user's PATH has no sbin, where mariadbd is.
PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


class PackagesMissing(Exception):
    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what}. As root: .venv/bin/python -m tests.wordpress.packages\n"
            f"(it runs: apt-get install --no-install-recommends {' '.join(INSTALLED)}\n"
            f" and, in {BUILD.relative_to(BUILD.parents[1])}: apt-get download {' '.join(UNPACKED)})"
        )


def program(name: str) -> str:
    """Return the path of an installed program."""
    found = shutil.which(name, path=PATH)
    if not found:
        raise PackagesMissing(f"{name} is not installed")
    return found


def source() -> Path:
    """Return WordPress as the packages hold it, unpacked once beside them."""
    unpacked = BUILD / "unpacked"
    if not unpacked.exists():
        unpack(unpacked)
    return unpacked / "usr/share/wordpress"


def unpack(folder: Path) -> None:
    archives = [next(BUILD.glob(f"{name}_*.deb"), None) for name in UNPACKED]
    if None in archives:
        raise PackagesMissing(f"The packages of WordPress are not in {BUILD}")
    with tempfile.TemporaryDirectory(dir=BUILD) as half:
        for archive in archives:
            subprocess.run(["dpkg", "-x", str(archive), half], check=True)
        Path(half).rename(folder)
        Path(half).mkdir()  # for the temporary directory to remove


def copy_to(folder: Path) -> None:
    """Copy WordPress; links into packages that are not here are left out: nothing that is tested needs them."""
    shutil.copytree(source(), folder, ignore_dangling_symlinks=True, dirs_exist_ok=True)
    # Debian's own configuration looks in /etc/wordpress.
    (folder / "wp-config.php").unlink()


def install() -> None:
    shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    # Another installation may be under way: wait for it.
    quiet = ["apt-get", "-qq", "-y", "-o", "DPkg::Lock::Timeout=300"]
    subprocess.run([*quiet, "update"], check=True, env=environment)
    here = [name for name in INSTALLED if _has_candidate(name)]
    if absent := sorted(set(INSTALLED) - set(here)):
        print(f"This Debian has no {', '.join(absent)}: the tests that need it will fail.")
    subprocess.run([*quiet, "install", "--no-install-recommends", *here], check=True, env=environment)
    # As root apt downloads as a user of its own, who may not be able to enter this folder.
    subprocess.run([*quiet, "-o", "APT::Sandbox::User=root", "download", *UNPACKED], check=True, cwd=BUILD)


def _has_candidate(name: str) -> bool:
    shown = subprocess.run(["apt-cache", "show", name], capture_output=True, check=False)
    return shown.returncode == 0 and b"Filename:" in shown.stdout


if __name__ == "__main__":
    install()
