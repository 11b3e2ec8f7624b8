"""The real server on loopback: no bytes a stranger sends end in a fault of ours, in HTML or in silence for others."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings

from tests import conftest, visitor

OWNERS = "owners-own-key-of-the-environment"
HEAD = b"Host: localhost\r\nX-API-Key: " + OWNERS.encode() + b"\r\n"
POST = b"POST /search HTTP/1.1\r\n" + HEAD
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
QUESTION = b'{"q":"puncture repair"}'
SECONDS = 15


@dataclass(frozen=True)
class Reply:
    """A reply as it came over the wire."""

    status: int
    headers: str
    body: bytes


@dataclass(frozen=True)
class Server:
    port: int
    log: Path

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)

    def send(self, *pieces: bytes, pause_seconds: float = 0) -> Reply:
        """Send the pieces one after the other, say that there is no more, and read what comes."""
        with self.connect() as connection:
            with contextlib.suppress(OSError):  # the server may have heard enough
                for piece in pieces:
                    connection.sendall(piece)
                    time.sleep(pause_seconds)
                connection.shutdown(socket.SHUT_WR)
            return read_reply(connection)


def read_reply(connection: socket.socket) -> Reply:
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65_536):
            received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    status = head.split(b" ", 2)[1] if head.startswith(b"HTTP/1.1 ") else b"0"
    return Reply(int(status), head.decode("latin-1"), body)


@contextlib.contextmanager
def gunicorn(log: Path, workers: int = 1, threads: int = 4, /, **environment: str) -> Iterator[Server]:
    """Start the web server as `askpress up` does, on a socket that is ours."""
    with socket.create_server(("127.0.0.1", 0)) as listener, log.open("wb") as output:
        descriptor = listener.fileno()
        command = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "--bind", f"fd://{descriptor}"]
        process = subprocess.Popen(
            [*command, "--workers", str(workers), "--threads", str(threads), "askpress.wsgi"],
            cwd=settings.BASE_DIR,
            env={**os.environ, "API_KEY": OWNERS, "ASKPRESS_REQUESTS_PER_MINUTE": "1000000", **environment},
            pass_fds=[descriptor],
            stdout=output,
            stderr=output,
        )
        try:
            yield Server(listener.getsockname()[1], log)
        finally:
            process.terminate()
            process.wait(SECONDS)


@pytest.fixture(scope="module")
def server(stores: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    conftest.empty_tables()
    visitor.index_a_price()
    with gunicorn(tmp_path_factory.mktemp("server") / "log") as running:
        yield running


def body(content: bytes, *headers: bytes) -> bytes:
    return b"".join((POST, *headers, b"Content-Length: %d\r\n\r\n" % len(content), content))


REFUSED = {
    "garbage": (b"GARBAGE\r\n\r\n", 400, "invalid_http"),
    "control characters": (b"\x00\x01\x02\xff\r\n\r\n", 400, "invalid_http"),
    "tls": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 60 + b"\r\n\r\n", 400, "invalid_http"),
    "http/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "invalid_http"),
    "http/9": (b"GET / HTTP/9.9\r\n\r\n", 400, "invalid_http"),
    "small letters": (b"get /healthz HTTP/1.1\r\n\r\n", 400, "invalid_http"),
    "long address": (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n", 414, "address_too_long"),
    "large header": (POST + b"X: " + b"a" * 100_000 + b"\r\n\r\n", 431, "headers_too_large"),
    "many headers": (POST + b"".join(b"X-%d: a\r\n" % n for n in range(5000)) + b"\r\n", 431, "headers_too_large"),
    "NUL in a header": (POST + b"X: a\0b\r\n\r\n", 400, "invalid_http"),
    "space before the colon": (POST + b"X : a\r\n\r\n", 400, "invalid_http"),
    "negative length": (POST + b"Content-Length: -1\r\n\r\n", 400, "invalid_http"),
    "length in words": (POST + b"Content-Length: many\r\n\r\n", 400, "invalid_http"),
    "two lengths": (POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x", 400, "invalid_http"),
    "length and chunks": (
        POST + b"Content-Length: 2\r\n" + CHUNKED + b"0\r\n\r\n",
        400,
        "invalid_http",
    ),
    "unknown coding": (POST + b"Transfer-Encoding: br\r\n\r\n", 400, "invalid_http"),
    "unknown expectation": (POST + b"Expect: the-worst\r\nContent-Length: 2\r\n\r\n{}", 400, "invalid_http"),
    "broken chunks": (POST + CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n", 400, "invalid_json"),
    "cut chunks": (POST + CHUNKED + b'9\r\n{"q":', 400, "invalid_json"),
    "cut body": (POST + b'Content-Length: 100\r\n\r\n{"q": "pri', 400, "invalid_json"),
    "no body": (POST + b"\r\n", 400, "invalid_json"),
    "large body": (body(b'{"q": "' + b"a" * 1_000_000 + b'"}'), 413, "too_large"),
    "promised chunk": (POST + CHUNKED + b"ffff\r\n", 400, "invalid_json"),
    "many chunks": (
        POST + CHUNKED + (b"8000\r\n" + b" " * 0x8000 + b"\r\n") * 12 + b"0\r\n\r\n",
        413,
        "too_large",
    ),
    "wrong method": (b"BREW /ask HTTP/1.1\r\n" + HEAD + b"\r\n", 405, "method_not_allowed"),
    "connect": (b"CONNECT example.org:443 HTTP/1.1\r\n" + HEAD + b"\r\n", 404, "not_found"),
    "star": (b"OPTIONS * HTTP/1.1\r\n" + HEAD + b"\r\n", 404, "not_found"),
    "climbing address": (b"GET /../../etc/passwd HTTP/1.1\r\n" + HEAD + b"\r\n", 404, "not_found"),
    "address that is no UTF-8": (b"GET /%ff%00 HTTP/1.1\r\n" + HEAD + b"\r\n", 404, "not_found"),
    "address that is no ASCII": (b"GET /\xff HTTP/1.1\r\n" + HEAD + b"\r\n", 400, "invalid_http"),
    "another host": (b"GET /search?q=a HTTP/1.1\r\nHost: evil.example\r\n\r\n", 400, "invalid_host"),
    "two hosts": (b"GET /search?q=a HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", 400, "invalid_http"),
}


@pytest.mark.parametrize(("sent", "status", "code"), REFUSED.values(), ids=REFUSED)
def test_bad_bytes_are_answered_with_a_problem(server: Server, sent: bytes, status: int, code: str) -> None:
    reply = server.send(sent)

    assert (reply.status, json.loads(reply.body)["code"]) == (status, code)
    assert "application/problem+json" in reply.headers
    assert "127.0.0.1" not in server.log.read_text()


@pytest.mark.parametrize(
    "sent",
    [
        body(QUESTION),
        body(QUESTION, b"Content-Type: application/x-www-form-urlencoded\r\n"),
        body(QUESTION, b"Expect: 100-continue\r\n"),
        POST + CHUNKED + b"5\r\n" + QUESTION[:5] + b"\r\n12\r\n" + QUESTION[5:] + b"\r\n0\r\n\r\n",
        b"POST /search HTTP/1.0\r\n" + HEAD + b"Content-Length: %d\r\n\r\n" % len(QUESTION) + QUESTION,
    ],
    ids=["plain", "form", "expecting", "chunked", "http/1.0"],
)
def test_a_question_arrives_in_any_form(server: Server, sent: bytes) -> None:
    reply = server.send(sent)

    assert b'"price-1"' in reply.body


@pytest.mark.parametrize(
    "header",
    [
        b"SCRIPT_NAME: /x",
        b"PATH_INFO: /x",
        b"X-Forwarded-Proto: https\r\nX-Forwarded-Ssl: off",
        b"Content-Type: application/json; charset=undefined",
        b"Content-Type: application/json; charset*=nothing''x",
        b"Content-Type: text/plain; x*1*=idna''%ff",
        b"Accept: text/event-stream;q*=nothing''x",
        "X-Request-Id: \u20ac\r\nCookie: \u00fc".encode(),
    ],
)
@pytest.mark.parametrize("asked", [body(QUESTION), b"GET /search?q=puncture+repair HTTP/1.1\r\n" + HEAD + b"\r\n"])
def test_no_header_changes_what_is_asked(server: Server, asked: bytes, header: bytes) -> None:
    first, rest = asked.split(b"\r\n", 1)

    reply = server.send(first + b"\r\n" + header + b"\r\n" + rest)

    assert b'"price-1"' in reply.body


def test_head_sends_the_headers_alone(server: Server) -> None:
    reply = server.send(b"HEAD /search?q=puncture+repair HTTP/1.1\r\n" + HEAD + b"\r\n")

    assert (reply.status, reply.body) == (200, b"")


def test_one_connection_carries_many_requests_after_refused_ones(server: Server) -> None:
    refused = body(b'{"q": 7}')
    with server.connect() as connection:
        connection.sendall(refused * 3 + body(QUESTION, b"Connection: close\r\n"))
        reply = read_reply(connection)

    assert reply.status == 400
    assert reply.body.count(b"HTTP/1.1 400 ") == 2
    assert reply.body.endswith(b"}") and b"price-1" in reply.body


def test_a_client_that_sends_byte_by_byte_is_served_and_others_meanwhile_too(server: Server) -> None:
    request = body(QUESTION)
    with server.connect() as slow:
        for at in range(len(request) - 20):
            slow.sendall(request[at : at + 1])
        meanwhile = server.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        slow.sendall(request[-20:])
        slow.shutdown(socket.SHUT_WR)
        reply = read_reply(slow)

    assert (meanwhile.status, reply.status) == (200, 200)


def test_clients_that_vanish_leave_the_server_whole(server: Server) -> None:
    for cut in (0, 10, len(POST), len(POST) + 30):
        with server.connect() as connection:
            connection.sendall(body(QUESTION)[:cut])

    assert server.send(body(QUESTION)).status == 200
    assert "Traceback" not in server.log.read_text()


def test_the_log_has_one_json_line_a_request_with_the_given_id(server: Server) -> None:
    server.send(body(QUESTION, b"X-Request-Id: trace-of-mine\r\n"))

    lines = [json.loads(line) for line in server.log.read_text().splitlines() if "trace-of-mine" in line]
    assert [(line["event"], line["path"], line["status"]) for line in lines] == [("request answered", "/search", 200)]


def get(path: bytes) -> bytes:
    return b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"


def test_without_postgres_the_client_is_told_within_six_seconds_and_the_process_still_lives(tmp_path: Path) -> None:
    gone = {"DATABASE_URL": f"postgresql://askpress@/askpress?host={tmp_path}", "REDIS_URL": f"unix://{tmp_path}/none"}
    with gunicorn(tmp_path / "log", **gone) as server, ThreadPoolExecutor(2) as pool:
        server.send(get(b"/healthz"))
        begun = time.monotonic()
        asked, probed = pool.submit(server.send, body(QUESTION)), pool.submit(server.send, get(b"/readyz"))
        lives = server.send(get(b"/healthz"))
        living = time.monotonic() - begun
        replies = [asked.result(), probed.result()]
        waited = time.monotonic() - begun

    assert [json.loads(reply.body)["code"] for reply in replies] == ["store_unavailable", "not_ready"]
    assert [(reply.status, "Retry-After: 5" in reply.headers) for reply in replies] == [(503, True)] * 2
    assert (lives.status, living < 2, waited < 6) == (200, True, True)


def test_what_the_first_question_needs_is_loaded_before_there_are_workers() -> None:
    code = "import sys, askpress.wsgi; from askpress.api import webserver; webserver.load(); "
    code += "print('openai' in sys.modules)"

    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "ASKPRESS_LANGUAGE_PROVIDER": "openai", "OPENAI_API_KEY": "sk-none"},
        cwd=settings.BASE_DIR,
        capture_output=True,
        check=True,
    )

    assert ran.stdout == b"True\n"
    assert "webserver.load()" in (settings.BASE_DIR / "deploy" / "gunicorn.conf.py").read_text()
