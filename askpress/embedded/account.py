"""The system user the servers run as when `up` runs as root: Postgres refuses root."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askpress.errors import EmbeddedError

NAME = "askpress"


@dataclass(frozen=True)
class Account:
    name: str
    uid: int
    gid: int


def for_servers(cluster: Path) -> Account | None:
    """Return who runs the servers: None for ourselves, as root the cluster's owner or the system user."""
    if os.geteuid() != 0:
        return None
    if cluster.exists() and cluster.stat().st_uid != 0:
        return _of_uid(cluster.stat().st_uid)
    return _system_user()


def reaches(account: Account | None, path: Path) -> bool:
    """Return whether the account can enter the directory; asked of the kernel, so that ACLs count too."""
    command = ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(path)]
    return run_as(account, command).returncode == 0


def run_as(account: Account | None, command: list[str], *, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd="/",
        env=environment(),
        input=stdin,
        start_new_session=True,  # Ctrl-C is ours to handle
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        **identity(account),
    )


def identity(account: Account | None) -> dict[str, Any]:
    """Return Popen's arguments that drop root for the account."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": [account.gid]}


def environment() -> dict[str, str]:
    """Return what the servers see of our environment: no PG* variable, English messages."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def name_of(uid: int) -> str:
    return _of_uid(uid).name


def _of_uid(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return Account(str(uid), uid, uid)
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _system_user() -> Account:
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        _create()
        entry = pwd.getpwnam(NAME)
    if entry.pw_uid == 0:
        raise EmbeddedError(f"The system user {NAME!r} is root: Postgres refuses that. Rename or remove it.")
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _create() -> None:
    if sys.platform == "darwin":
        raise EmbeddedError("Postgres refuses root: on macOS run `make up` as a normal user, without sudo.")
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    command += ["--shell", "/usr/sbin/nologin", NAME]
    try:
        subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        reason = (getattr(error, "stderr", "") or str(error)).strip()
        raise EmbeddedError(
            f"Postgres refuses root, and the system user {NAME!r} could not be made ({reason}): "
            "make it by hand, or run as a normal user."
        ) from None
