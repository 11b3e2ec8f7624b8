"""The tests' WordPress as one object: change it from within, and serve it under further addresses."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.wordpress import packages, processes

PHP = Path(__file__).parent / "php"
PRETTY = "/%year%/%monthnum%/%postname%/"
PLAIN = ""


@dataclass(frozen=True)
class WordPress:
    """`url` is its root address, with pretty permalinks; the password is the administrator's for applications."""

    url: str
    folder: Path
    password: str = field(repr=False)

    def act(self, *actions: tuple[Any, ...]) -> list[Any]:
        """Run actions of php/act.php in one PHP process and return their results: `act(("trash", 7))`."""
        calls = json.dumps([[name, arguments] for name, *arguments in actions])
        return list(json.loads(run_php("act.php", self.environment(), calls)))

    def insert(self, title: str, content: str, **fields: Any) -> int:
        """Publish a post, or what `post_status`, `post_type` and so on make of it, and return its id."""
        return self.insert_many([{"post_title": title, "post_content": content, **fields}])[0]

    def insert_many(self, posts: list[dict[str, Any]]) -> list[int]:
        return [int(one) for one in self.act(*(("insert", {"post_status": "publish", **post}) for post in posts))]

    def update(self, post_id: int, **fields: Any) -> None:
        self.act(("update", {"ID": post_id, **fields}))

    def trash(self, post_id: int) -> None:
        self.act(("trash", post_id))

    def delete(self, post_id: int) -> None:
        self.act(("delete", post_id))

    def empty(self) -> None:
        self.act(("empty",), ("permalinks", PRETTY))

    def environment(self) -> dict[str, str]:
        return environment(self.folder, self.url)

    @contextmanager
    def served(self, *, folder: str = "", rewrites: bool = True) -> Iterator[str]:
        """Serve the same site once more, below `folder` ("/blog") or on a server that rewrites no addresses."""
        port = processes.free_port()
        url = f"http://127.0.0.1:{port}{folder}"
        root = self.folder / "site"
        if folder:
            root = self.folder / f"root-{port}"
            root.mkdir()
            (root / folder.strip("/")).symlink_to(self.folder / "site")
        options = {"TEST_FOLDER": folder, "TEST_REWRITES": "1" if rewrites else "0"}
        log = self.folder / "php.log"
        php = processes.start_php(root, port=port, log=log, environment=environment(self.folder, url) | options)
        try:
            yield url
        finally:
            php.stop()


def environment(folder: Path, url: str) -> dict[str, str]:
    return {"TEST_SITE": str(folder / "site"), "TEST_SOCKET": str(folder / "m.sock"), "TEST_HOME": url}


def run_php(script: str, variables: dict[str, str], given: str = "") -> str:
    # The cache on disk spares each of these short processes half of its time: compiling WordPress.
    cache = Path(variables["TEST_SITE"]).with_name("opcache")
    cache.mkdir(exist_ok=True)
    options = ["opcache.enable_cli=1", f"opcache.file_cache={cache}", "opcache.file_cache_only=1"]
    command = [packages.program("php"), *(word for one in options for word in ("-d", one)), str(PHP / script)]
    done = subprocess.run(command, input=given, env=os.environ | variables, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{script} failed: {done.stderr or done.stdout}")
    return done.stdout


@contextmanager
def running(folder: Path) -> Iterator[WordPress]:
    """Install WordPress into the folder and serve it; everything has ended afterwards."""
    site = folder / "site"
    packages.copy_to(site)
    shutil.copy(PHP / "wp-config.php", site)
    with ExitStack() as ending:
        mariadb, _ = processes.start_mariadb(folder)
        ending.callback(mariadb.stop)
        port = processes.free_port()
        url = f"http://127.0.0.1:{port}"
        variables = environment(folder, url)
        wordpress = WordPress(url=url, folder=folder, password=run_php("install.php", variables))
        wordpress.empty()
        log = folder / "php.log"
        ending.callback(processes.start_php(site, port=port, log=log, environment=variables).stop)
        yield wordpress
