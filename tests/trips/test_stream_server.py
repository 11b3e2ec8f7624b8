"""Streams over the real web server: as curl sees them, and what becomes of clients that go away."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from askpress.api import webserver
from tests import conftest, visitor
from tests.fakes.openai import KEY, FakeOpenAI, Fault
from tests.test_api_server import OWNERS, Server, gunicorn

QUOTE = visitor.PRICES[:30]
CLAIM = {"source": 1, "quote": QUOTE, "numbers": ["12"], "text": "A repair costs 12 pounds."}
LONG = {**CLAIM, "text": "It is so. " * 30}


@pytest.fixture(scope="module")
def openai() -> Iterator[FakeOpenAI]:
    fake = FakeOpenAI()
    yield fake
    fake.close()


@pytest.fixture(scope="module")
def server(stores: None, openai: FakeOpenAI, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    conftest.empty_tables()
    visitor.index_a_price()
    environment = {
        "ASKPRESS_LANGUAGE_PROVIDER": "openai",
        "ASKPRESS_LANGUAGE_BASE_URL": openai.url,
        "ASKPRESS_LANGUAGE_API_KEY": KEY,
        "ASKPRESS_HEARTBEAT_SECONDS": "1",
        # One page's vector is not the model's own.
        "ASKPRESS_EVIDENCE_COSINE": "-1",
    }
    with gunicorn(tmp_path_factory.mktemp("server") / "log", **environment) as running:
        yield running


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
    content = json.dumps({"q": "What does a puncture repair cost?", "stream": True}).encode()
    head = f"POST /ask HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {OWNERS}\r\nContent-Length: {len(content)}\r\n\r\n"
    with server.connect() as connection:
        connection.sendall(head.encode() + content)
        received = b""
        while b"event: delta" not in received:
            received += connection.recv(65_536)
        assert openai.at_once == 1

    left = time.monotonic()
    while not openai.hung_up and time.monotonic() - left < 10:
        time.sleep(0.05)

    assert openai.hung_up == 1
    assert "Traceback" not in server.log.read_text()


@pytest.mark.soak
def test_a_client_that_reads_a_byte_a_second_is_cut_off() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        client.connect(listener.getsockname())
        ours, _ = listener.accept()
        webserver._limit_patience(ours)
        begun = time.monotonic()

        with ours, pytest.raises(TimeoutError):
            while True:
                ours.sendall(b"x" * 20_000)
                client.recv(1)

    assert time.monotonic() - begun < 3 * webserver._PATIENCE_SECONDS
