"""What every command says when it cannot begin: one line, with what to do, and an exit code."""

from __future__ import annotations

import errno
import json
import os
import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.test import override_settings

from askpress import commands
from tests.newcomer import askpress

NOWHERE = "postgresql://nobody:secret@127.0.0.1:1/x"
# What each needs to be understood; `up` and `reset` bring a database along, `check` reports on it.
WORDS = {
    "search": ["hours"],
    "ask": ["When?"],
    "replay": ["3f0c2f6e-7f0e-4a53-9a58-0a3a1f6c2d11"],
    "eval": [os.devnull],
    "sites": ["list"],
    "createkey": ["mine"],
    "worker": ["--once"],
}
ASKING = [name for name in commands.COMMANDS if name not in ("up", "check")]


@pytest.mark.parametrize("name", ASKING)
def test_without_an_answer_from_postgres_its_reason_is_one_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    more = ["--yes"] if name == "reset" else WORDS.get(name, [])

    with override_settings(DATABASE_URL=NOWHERE):
        code = commands.main([name, *more])

    said = capsys.readouterr()
    assert (code, said.out) == (1, "")
    assert re.fullmatch(r"askpress: Postgres \(DATABASE_URL\) does not answer: .* refused.*\n", said.err)
    assert "secret" not in said.err


@pytest.mark.parametrize("name", [name for name in ASKING if name != "reset"])
def test_without_a_running_up_each_says_how_to_find_one(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with override_settings(DATABASE_URL=""):
        code = commands.main([name, *WORDS.get(name, [])])

    said = capsys.readouterr()
    assert (code, said.out) == (2, "")
    assert said.err == (
        f"askpress: no `askpress up` runs in {settings.DATA_DIR}: start it, set ASKPRESS_DATA_DIR to what --data was "
        "given, or set DATABASE_URL.\n"
    )


def test_check_reports_a_missing_database_as_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    with override_settings(DATABASE_URL=NOWHERE):
        code = commands.main(["check", "--json"])

    report = json.loads(capsys.readouterr().out)
    assert (code, report["ok"]) == (1, False)
    assert "askpress.E005" in [problem["id"] for problem in report["problems"]]


@pytest.fixture
def empty(stores: None) -> Iterator[str]:
    """The address of a database in which nobody has made anything."""
    url = os.environ["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE nothing")
        yield url.replace("@/askpress?", "@/nothing?")
        connection.execute("DROP DATABASE nothing WITH (FORCE)")


def test_a_database_without_tables_is_told_with_the_command_that_makes_them(empty: str) -> None:
    done = askpress("status", DATABASE_URL=empty)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "askpress: The database's tables are not up to date: stop `askpress up` and start it again; "
        "without it, run `python manage.py migrate`.\n"
    )


ASKED = """
from django.test import Client
import django
django.setup()
client = Client(SERVER_NAME="localhost", headers={"X-API-Key": "k" * 20})
replies = [client.get(path) for path in ("/readyz", "/search?q=a")]
print([(reply.status_code, reply.json()["code"]) for reply in replies])
"""


def test_requests_to_a_service_without_tables_are_told_to_come_later(empty: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASKED],
        env={**os.environ, "DATABASE_URL": empty, "API_KEY": "k" * 20},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.stdout == "[(503, 'not_ready'), (503, 'store_unavailable')]\n", done.stderr


def test_output_for_which_there_is_no_room_is_told_in_one_line(tmp_path: Path) -> None:
    with (tmp_path / "output").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "askpress", "check", "--json"],
            env={**os.environ, "DATABASE_URL": NOWHERE},
            stdout=full,
            stderr=subprocess.PIPE,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
            text=True,
            check=False,
            timeout=60,
        )

    assert (done.returncode, done.stderr) == (1, f"askpress: [Errno {errno.EFBIG}] File too large\n")


# What is registered first comes last.
ENDED = """
import atexit
pools = []
atexit.register(lambda: print([pool.closed for pool in pools]))
import django
django.setup()
from django.db import connections
from askpress.retrieval import store
store.now()
pools.append(connections["default"].pool)
print(pools[0].closed)
"""


def test_no_thread_of_the_pool_is_left_when_python_ends(stores: None) -> None:
    # From Python 3.13 on each that is left holds it up for five seconds.
    done = subprocess.run([sys.executable, "-c", ENDED], capture_output=True, text=True, check=False, timeout=60)

    assert done.stdout == "False\n[True]\n", done.stderr


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["search", " "], "argument query: it has 0 characters: give 1 to 4,000"),
        (["ask", "a" * 4001], "argument question: it has 4,001 characters: give 1 to 4,000"),
        (["search", "a", "-k", "51"], "argument -k: it is 51: give a whole number from 1 to 50"),
        (["sync", "--since", "noon"], "argument --since: 'noon' is no date: write it like 2026-11-05"),
        (["search", "a", "--after", "2026-13-01"], "argument --after: '2026-13-01' is no date"),
        (
            ["search", "a", "--before", "9999-12-31T23:59-23:59"],
            "argument --before: '9999-12-31T23:59-23:59' is no date",
        ),
        (["search", "a", "--url", "blog"], "argument --url: it is 'blog': begin it with /, https:// or http://"),
        (["ask", "a", "--type", ","], "argument --type: it is empty: give one name or several"),
        (["sync", "--max-cost", "free"], "argument --max-cost: it is free: give an amount in US dollars such as 2.50"),
        (["warm", "--max-cost", "nan"], "argument --max-cost: it is nan: give an amount in US dollars such as 2.50"),
        (["createkey", "a", "--daily-budget", "inf"], "argument --daily-budget: it is inf: give an amount"),
        (["sync", "--post", "-1"], "argument --post: it is -1: give a whole number from 1 to 9223372036854775807"),
        (["purge", "--post", "0"], "argument --post: it is 0: give a whole number"),
        (["exclude", "add", "--post", str(2**63)], "argument --post: it is 9223372036854775808: give a whole number"),
        (["up", "--port", "0"], "argument --port: it is 0: give a whole number from 1 to 65535"),
        (["bake"], "invalid choice: 'bake'"),
    ],
)
def test_what_cannot_be_meant_is_told_with_what_to_give(
    words: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        commands.main(words)

    assert ended.value.code == commands.EXIT_USAGE
    assert complaint in capsys.readouterr().err
