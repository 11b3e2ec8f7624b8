"""Streams over the real web server: as curl sees them, and what becomes of clients that go away."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests import conftest, visitor
from tests.fakes.openai import KEY, FakeOpenAI, Fault
from tests.test_api_server import OWNERS, POST, Server, gunicorn

QUOTE = visitor.PRICES[:30]
CLAIM = {"source": 1, "quote": QUOTE, "numbers": ["12"], "text": "A repair costs 12 pounds."}
CUT_OFF = '"client cut off"'
SEARCH = json.dumps({"q": "puncture repair"}).encode()
LONG = {**CLAIM, "text": "It is so. " * 30}


@pytest.fixture(scope="module")
def openai() -> Iterator[FakeOpenAI]:
    fake = FakeOpenAI()
    yield fake
    fake.close()


def environment(openai: FakeOpenAI) -> dict[str, str]:
    return {
        "ASKPRESS_LANGUAGE_PROVIDER": "openai",
        "ASKPRESS_LANGUAGE_BASE_URL": openai.url,
        "ASKPRESS_LANGUAGE_API_KEY": KEY,
        "ASKPRESS_HEARTBEAT_SECONDS": "1",
        "ASKPRESS_DATABASE_POOL_SIZE": "2",
        "ASKPRESS_ANSWER_TOKENS": "30000",
        # One page's vector is not the model's own.
        "ASKPRESS_EVIDENCE_COSINE": "-1",
    }


@pytest.fixture(scope="module")
def server(stores: None, openai: FakeOpenAI, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    conftest.empty_tables()
    visitor.index_a_price()
    with gunicorn(tmp_path_factory.mktemp("server") / "log", **environment(openai)) as running:
        yield running


def asking(question: str, *, stream: bool) -> bytes:
    """Return the request as it goes over the wire."""
    content = json.dumps({"q": question, "stream": stream}).encode()
    head = f"POST /ask HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {OWNERS}\r\nConnection: close\r\n"
    return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content


def test_the_documented_line_streams(server: Server, openai: FakeOpenAI) -> None:
    text = (Path(settings.BASE_DIR) / "docs" / "api.md").read_text()
    (line,) = re.findall(r"^curl -N .*$", text, re.MULTILINE)
    openai.scripted.append({"found": True, "claims": [CLAIM]})

    ran = subprocess.run(
        ["sh", "-c", line],
        env={"PATH": "/usr/bin:/bin", "URL": f"http://127.0.0.1:{server.port}", "KEY": OWNERS},
        capture_output=True,
        check=True,
        timeout=90,
    )

    names = re.findall(r"^event: (\w+)$", ran.stdout.decode(), re.MULTILINE)
    assert list(dict.fromkeys(names)) == ["meta", "citation", "delta", "sources", "usage", "done"]
    last = json.loads(ran.stdout.decode().split("event: done\ndata: ")[1])
    assert last["answer"] == "A repair costs 12 pounds. [1]"


def test_a_client_that_vanishes_ends_the_call_within_ten_seconds(server: Server, openai: FakeOpenAI) -> None:
    openai.fail("/responses", Fault("stalled"))
    openai.scripted.append({"found": True, "claims": [LONG]})
    with server.connect() as connection:
        connection.sendall(asking("What does a puncture repair cost?", stream=True))
        received = b""
        while b"event: delta" not in received:
            received += connection.recv(65_536)
        arrived = time.monotonic()
        assert openai.at_once == 1

    # 0.05 s at most on a machine that has nothing else to do.
    assert arrived - openai.stalled_at < 0.5

    assert wait_for(lambda: openai.hung_up == 1)
    assert "Traceback" not in server.log.read_text()


@pytest.mark.parametrize("fault", ["stall", "stalled"])
def test_a_client_that_waits_for_json_and_vanishes_ends_the_call_too(
    server: Server, openai: FakeOpenAI, fault: str
) -> None:
    hung_up, asked = openai.hung_up, openai.count("/responses")
    openai.fail("/responses", Fault(fault))
    openai.scripted.append({"found": True, "claims": [LONG]})
    with server.connect() as connection:
        connection.sendall(asking(f"What does the repair of a puncture cost, {fault}?", stream=False))
        assert wait_for(lambda: openai.at_once == 1)

    assert wait_for(lambda: openai.hung_up > hung_up)
    assert openai.count("/responses") == asked + 1
    openai.scripted.clear()
    assert wait_for(lambda: '"status":499' in server.log.read_text().replace(" ", ""))
    assert "Traceback" not in server.log.read_text()


def wait_for(true: Callable[[], bool], seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while not true() and time.monotonic() < until:
        time.sleep(0.05)
    return true()


def test_no_connection_to_the_database_is_held_while_the_model_talks(server: Server, openai: FakeOpenAI) -> None:
    """The server has a pool of two."""
    with contextlib.ExitStack() as stack:
        for number in range(3):
            openai.fail("/responses", Fault("stalled"))
            openai.scripted.append({"found": True, "claims": [LONG]})
            connection = stack.enter_context(server.connect())
            connection.sendall(asking(f"What does puncture repair number {number} cost?", stream=number > 0))
        assert wait_for(lambda: openai.at_once == 3)

        begun = time.monotonic()
        reply = server.send(POST, b"Content-Length: %d\r\n\r\n" % len(SEARCH), SEARCH)

    assert (reply.status, b"puncture" in reply.body) == (200, True)
    assert time.monotonic() - begun < 2
    assert wait_for(lambda: openai.at_once == 0)


async def replies(port: int, request: bytes, *, count: int) -> list[bytes]:
    """Send the same request so often at once."""

    async def reply() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        try:
            return await reader.read()
        finally:
            writer.close()

    return list(await asyncio.gather(*(reply() for _ in range(count))))


@pytest.mark.soak
def test_five_hundred_who_ask_the_same_of_two_processes_pay_one_call(db: None, openai: FakeOpenAI, home: Path) -> None:
    visitor.index_a_price()
    openai.requests.clear()
    openai.piece_chars, openai.pause_seconds = 10, 0.3
    # Either process may get nearly all of them.
    given = environment(openai) | {"ASKPRESS_WEB_THREADS": "600"}
    with gunicorn(home / "log", 2, 600, **given) as server:
        for stream in (False, True):
            openai.scripted.append({"found": True, "claims": [LONG]})
            request = asking(f"What does a puncture repair cost, {stream}?", stream=stream)

            got = asyncio.run(replies(server.port, request, count=500))

            assert {reply.split(b" ", 2)[1] for reply in got} == {b"200"}
            assert len({re.findall(rb'"id":"([^"]+)"', reply)[-1] for reply in got}) == 1
    assert openai.count("/responses") == 2


def test_a_client_that_reads_a_byte_a_second_is_cut_off(server: Server, openai: FakeOpenAI) -> None:
    """The stream is of 110 kB, more than the kernel holds for such a client."""
    openai.scripted.append({"found": True, "claims": [{**CLAIM, "text": said(number)} for number in range(40)]})
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        client.connect(("127.0.0.1", server.port))
        client.sendall(asking("What do all repairs of punctures cost?", stream=True))
        received = client.recv(1)
        begun = time.monotonic()
        while CUT_OFF not in server.log.read_text() and time.monotonic() - begun < 40:
            time.sleep(1)
            received += client.recv(1)
        with contextlib.suppress(ConnectionError):
            while piece := client.recv(65_536):
                received += piece

    # 6 s on a machine that has nothing else to do; 14 on one where the answer itself takes long.
    assert time.monotonic() - begun < 40
    assert received.startswith(b"HTTP/1.1 200 ")
    assert b"event: done" not in received
    assert "Traceback" not in server.log.read_text()


def said(number: int) -> str:
    """Return a long text that is no other number's."""
    word = "abcdefgh"[number // 8] + "abcdefgh"[number % 8]
    return f"So it is for {word}lo. " + f"It is {word}lo. " * 90
