"""Where the embedded servers keep their files; the permissions of nothing we did not make ever change."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from askpress.embedded import account as accounts
from askpress.embedded import lock
from askpress.errors import EmbeddedError, UsageError

SYSTEM = Path("/var/lib/askpress")
POINTER = "pointer"
CLUSTER = "postgres"
LOGS = "log"
SOCKET_PATH_MAX_BYTES = 100  # sun_path holds 108 bytes on Linux, 104 on macOS
SHORT = Path("/tmp")  # noqa: S108  own_directory says why this is safe; macOS's own temporary path is too long


def make_data_directory(directory: Path) -> Path:
    """Make the data directory when it is missing and return it resolved; raises when it is not ours."""
    with explained(directory):
        if not directory.exists():
            directory.mkdir(parents=True)
            # The servers' own user must get through it; the files inside are private one by one.
            directory.chmod(0o711 if os.geteuid() == 0 else 0o700)
        directory = directory.resolve()
    owner = directory.stat().st_uid
    if owner != os.geteuid():
        raise UsageError(
            f"{directory} belongs to the user {accounts.name_of(owner)}: "
            "run askpress as that user, or give another directory with --data."
        )
    with explained(directory):
        (directory / LOGS).mkdir(mode=0o700, exist_ok=True)
    return directory


def store(directory: Path, system: Path = SYSTEM) -> Path:
    """Return where Postgres keeps its files: the data directory, or one that the system user can enter."""
    if (directory / POINTER).exists():
        return _pointed_at(directory)
    account = accounts.for_servers(directory / CLUSTER)
    if accounts.reaches(account, directory):
        return directory
    if (directory / CLUSTER).exists():
        raise EmbeddedError(
            f"The system user {accounts.NAME} can no longer enter {directory}, where the data is: "
            "allow it again, for example with `chmod o+x` on the directories above."
        )
    target = system / _name(directory)
    with explained(target):
        target.mkdir(mode=0o711, parents=True, exist_ok=True)
        lock.write_private(directory / POINTER, f"{target}\n")
    return target


def socket_directory(store: Path, name: str, account: accounts.Account | None) -> Path:
    """Return the account's own directory for sockets: `store`/run, or one with a short name."""
    sockets = store / "run"
    if len(os.fsencode(sockets / name)) > SOCKET_PATH_MAX_BYTES:
        digest = hashlib.sha256(os.fsencode(store.resolve())).hexdigest()
        sockets = SHORT / f"askpress-{os.geteuid()}-{digest[:12]}"
    own_directory(sockets, account)
    return sockets


def own_directory(path: Path, account: accounts.Account | None) -> None:
    """Make a 0700 directory of the account; what is there already must be exactly that, and no link."""
    owner = account.uid if account else os.geteuid()
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        found = path.lstat()
        private = stat.S_ISDIR(found.st_mode) and found.st_uid == owner and not found.st_mode & 0o077
        if not private:
            raise EmbeddedError(f"{path} is not a private directory of {accounts.name_of(owner)}: remove it.") from None
        return
    if account:
        os.chown(path, account.uid, account.gid)


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the file system refuses into one line that says what to do."""
    try:
        yield
    except OSError as error:
        raise EmbeddedError(why(path, error)) from None


def why(path: Path, error: OSError) -> str:
    """Return a sentence for what the file system refused."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return full(path)
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return f"{path} cannot be written ({error.strerror}): give another directory with --data."
    return f"{path} cannot be used: {error.strerror or error}."


def full(path: Path) -> str:
    """Return the sentence for a disk without room."""
    return f"The disk that holds {path} is full: free some space, then run it again."


def _pointed_at(directory: Path) -> Path:
    target = Path((directory / POINTER).read_text().strip())
    if not target.is_dir():
        raise EmbeddedError(
            f"{directory / POINTER} names {target}, which is gone: bring it back, or remove the file to begin anew."
        )
    return target


def _name(directory: Path) -> str:
    digest = hashlib.sha256(os.fsencode(directory)).hexdigest()
    return f"{directory.name}-{digest[:10]}"
