"""The transport under httpx2: connections that are kept and given up, and every way for a server to fail."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx2
import pytest

from askpress.providers import wire

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Scripted:
    """A server that sends what it is told to, one reply for each request; None hangs up."""

    replies: list[bytes | None]
    url: str = ""
    connections: int = 0
    heads: list[bytes] = field(default_factory=list)
    # What it sends after each reply unasked: b"" hangs up.
    after: bytes | None = None


@contextlib.contextmanager
def scripted(*replies: bytes | None, after: bytes | None = None) -> Iterator[Scripted]:
    with socket.create_server(("127.0.0.1", 0)) as door:
        server = Scripted(list(replies), f"http://127.0.0.1:{door.getsockname()[1]}/v1?a=b", after=after)
        thread = threading.Thread(target=_serve, args=(door, server), daemon=True)
        thread.start()
        yield server
        with contextlib.suppress(OSError):
            door.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def _serve(door: socket.socket, server: Scripted) -> None:
    while server.replies:
        try:
            client, _ = door.accept()
        except OSError:
            return
        server.connections += 1
        with client:
            while server.replies and (head := client.recv(65_536)):
                server.heads.append(head)
                reply = server.replies.pop(0)
                if reply is None:
                    break
                client.sendall(reply)
                if server.after == b"":
                    break


@pytest.fixture
def client() -> Iterator[httpx2.Client]:
    with httpx2.Client(
        transport=wire.Transport(tls=ssl.create_default_context(), most_idle=2),
        timeout=httpx2.Timeout(0.3, connect=1.0),
    ) as made:
        yield made


def test_a_connection_is_used_again_and_what_was_asked_is_sent_as_it_is(client: httpx2.Client) -> None:
    with scripted(OK, OK) as server:
        replies = [client.post(server.url, content=b"hi", headers={"X-A": "b"}) for _ in range(2)]

    assert [reply.text for reply in replies] == ["ok", "ok"]
    assert server.connections == 1
    assert server.heads[0].startswith(b"POST /v1?a=b HTTP/1.1\r\n")
    assert b"\r\nX-A: b\r\n" in server.heads[0]
    assert server.heads[0].endswith(b"\r\n\r\nhi")


def test_a_connection_that_the_server_has_closed_is_not_used_again(client: httpx2.Client) -> None:
    with scripted(OK, OK, after=b"") as server:
        assert client.get(server.url).text == "ok"
        # The end has arrived when the server thread waits for the next client.
        while not _is_closed(client):
            pass
        assert client.get(server.url).text == "ok"

    assert server.connections == 2


def _is_closed(client: httpx2.Client) -> bool:
    [(_, connection)] = client._transport._idle  # type: ignore[attr-defined]
    return not connection.is_usable()


def test_what_is_left_before_its_end_closes_its_connection(client: httpx2.Client) -> None:
    with scripted(OK[:-1], OK) as server:
        with client.stream("GET", server.url) as reply:
            assert reply.status_code == 200
        assert client.get(server.url).text == "ok"

    assert server.connections == 2


def test_who_ends_a_call_that_is_over_ends_no_other(client: httpx2.Client) -> None:
    with scripted(OK, OK) as server, client.stream("GET", server.url) as reply:
        held = reply.extensions["network_stream"]
        during = held.get_extra_info("socket")
        reply.read()

        assert isinstance(during, socket.socket)
        assert held.get_extra_info("socket") is None
        assert client.get(server.url).text == "ok"

    assert server.connections == 1


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (None, httpx2.RemoteProtocolError),
        (b"SSH-2.0\r\n\r\n", httpx2.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\n", httpx2.ReadTimeout),
        (OK[:-1], httpx2.ReadTimeout),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx", httpx2.ReadTimeout),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", httpx2.RemoteProtocolError),
    ],
)
def test_a_server_that_fails_is_an_error_of_httpx2s(
    client: httpx2.Client, reply: bytes | None, error: type[Exception]
) -> None:
    with scripted(reply, OK) as server, pytest.raises(error):
        client.get(server.url)


def test_a_server_that_breaks_off_in_the_middle_is_an_error(client: httpx2.Client) -> None:
    with scripted(OK[:-1], after=b"") as server, pytest.raises(httpx2.RemoteProtocolError, match="broke off"):
        client.get(server.url)


def test_a_body_without_a_length_lasts_as_long_as_its_connection(client: httpx2.Client) -> None:
    with scripted(b"HTTP/1.1 200 OK\r\n\r\nall", after=b"") as server:
        assert client.get(server.url).text == "all"


def test_a_port_where_nobody_listens_is_a_connect_error(client: httpx2.Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]

    with pytest.raises(httpx2.ConnectError, match="refused"):
        client.get(f"http://127.0.0.1:{port}/")


def test_a_server_that_speaks_no_tls_is_a_connect_error(client: httpx2.Client) -> None:
    with scripted(b"what?") as server, pytest.raises(httpx2.ConnectError):
        client.get(server.url.replace("http:", "https:"))


def test_a_line_end_in_a_header_is_not_sent(client: httpx2.Client) -> None:
    with scripted() as server, pytest.raises(httpx2.LocalProtocolError):
        client.get(server.url, headers={"Authorization": "Bearer a\r\nX-B: c"})
