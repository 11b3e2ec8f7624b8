"""Carries requests straight to a server over connections that are kept open; framing reads what comes back.

It stands under httpx2 in place of httpx2's own transport, which costs 1 ms of CPU a request more, and 0.1 ms for every
word that a language model writes.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from typing import Any, TypeAlias

import httpx2

from askpress.providers import framing

_READ_BYTES = 65_536
_MOST_READS = 64
# As httpx2 does.
_IDLE_SECONDS = 5.0
_Origin: TypeAlias = "tuple[str, str, int | None]"


class Connection:
    """One connection to a server."""

    def __init__(self, wire: socket.socket) -> None:
        self._wire = wire
        self._readable = select.poll()
        self._readable.register(wire, select.POLLIN)
        self.idle_since = 0.0

    def send(self, request: httpx2.Request, timeout: float | None) -> None:
        """Send a request whole; a server that hangs up meanwhile may have said why."""
        self._wire.settimeout(timeout)
        try:
            self._wire.sendall(_head(request) + request.read())
        except TimeoutError as error:
            raise httpx2.WriteTimeout(str(error)) from error
        except OSError:
            return

    def wait(self, timeout: float | None) -> None:
        """Wait so long for what is read from here on."""
        self._wire.settimeout(timeout)

    def read(self) -> bytes:
        """Return what has come, as much as there is; b"" at the end."""
        try:
            parts = [self._wire.recv(_READ_BYTES)]
        except TimeoutError as error:
            raise httpx2.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpx2.ReadError(str(error)) from error
        # Of TLS one record is read at a time, and each word of a model comes in a record of its own. What breaks off
        # here breaks off the next time as well.
        with contextlib.suppress(OSError):
            while parts[-1] and len(parts) < _MOST_READS and self._readable.poll(0):
                parts.append(self._wire.recv(_READ_BYTES))
        return b"".join(parts)

    def is_usable(self) -> bool:
        """False when it was idle for too long, or is to be read from: then the server has closed it."""
        return time.monotonic() - self.idle_since < _IDLE_SECONDS and not self._readable.poll(0)

    @property
    def wire(self) -> socket.socket:
        return self._wire

    def close(self) -> None:
        self._wire.close()


class Transport(httpx2.BaseTransport):
    """For any number of threads; they share connections that are idle."""

    def __init__(self, *, tls: ssl.SSLContext, most_idle: int) -> None:
        tls.set_alpn_protocols(["http/1.1"])
        self._tls = tls
        self._most_idle = most_idle
        self._lock = threading.Lock()
        self._idle: list[tuple[_Origin, Connection]] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        timeouts = request.extensions.get("timeout", {})
        origin = (request.url.scheme, request.url.raw_host.decode("ascii"), request.url.port)
        connection = self._taken(origin) or self._connected(origin, timeouts.get("connect"))
        try:
            connection.send(request, timeouts.get("write"))
            connection.wait(timeouts.get("read"))
            head, rest = _answered(connection)
            body = framing.body_of(head)
            stream = _Stream(self, origin, connection, body, body.feed(rest), is_kept=head.is_kept)
        except framing.Malformed as error:
            connection.close()
            raise httpx2.RemoteProtocolError(str(error)) from error
        except BaseException:
            connection.close()
            raise
        about = {"http_version": b"HTTP/1.1", "reason_phrase": head.reason, "network_stream": stream}
        return httpx2.Response(head.status, headers=list(head.headers), stream=stream, extensions=about)

    def give_back(self, origin: _Origin, connection: Connection) -> None:
        """Keep a connection for the next request."""
        connection.idle_since = time.monotonic()
        with self._lock:
            self._idle.append((origin, connection))
            surplus = self._idle.pop(0)[1] if len(self._idle) > self._most_idle else None
        if surplus is not None:
            surplus.close()

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for _, connection in idle:
            connection.close()

    def _taken(self, origin: _Origin) -> Connection | None:
        """Return the connection that was in use last: the others may grow old."""
        while True:
            with self._lock:
                places = [place for place, (known, _) in enumerate(self._idle) if known == origin]
                connection = self._idle.pop(places[-1])[1] if places else None
            if connection is None or connection.is_usable():
                return connection
            connection.close()

    def _connected(self, origin: _Origin, timeout: float | None) -> Connection:
        scheme, host, port = origin
        try:
            wire = socket.create_connection((host, port or (443 if scheme == "https" else 80)), timeout)
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if scheme == "https":
                wire = self._tls.wrap_socket(wire, server_hostname=host)
        except TimeoutError as error:
            raise httpx2.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpx2.ConnectError(str(error)) from error
        return Connection(wire)


class _Stream(httpx2.SyncByteStream):
    """The body of one response; its connection is given back at the end, and closed when it is left before."""

    def __init__(
        self,
        transport: Transport,
        origin: _Origin,
        connection: Connection,
        body: framing.Body,
        first: bytes,
        *,
        is_kept: bool,
    ) -> None:
        self._transport = transport
        self._origin = origin
        self._connection: Connection | None = connection
        self._body = body
        self._first = first
        self._is_kept = is_kept

    def __iter__(self) -> Iterator[bytes]:
        try:
            if self._first:
                yield self._first
            while not self._body.ended and self._connection is not None:
                part = self._connection.read()
                content = self._body.feed(part) if part else self._body.end()
                if content:
                    yield content
        except framing.Malformed as error:
            raise httpx2.RemoteProtocolError(str(error)) from error
        finally:
            self.close()

    def get_extra_info(self, name: str) -> Any:
        """Return the socket, as httpx2's own streams do, and None once it may carry another's request."""
        connection = self._connection
        return connection.wire if name == "socket" and connection is not None else None

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if self._body.ended and self._is_kept and not isinstance(self._body, framing.Open):
            self._transport.give_back(self._origin, connection)
        else:
            connection.close()


def _answered(connection: Connection) -> tuple[framing.Head, bytes]:
    heads = framing.Heads()
    while part := connection.read():
        found = heads.feed(part)
        if found is not None:
            return found
    raise framing.Malformed("the server hung up without a response")


def _head(request: httpx2.Request) -> bytes:
    lines = [b"%s %s HTTP/1.1" % (request.method.encode("ascii"), request.url.raw_path)]
    lines += [b"%s: %s" % pair for pair in request.headers.raw]
    head = b"\r\n".join(lines)
    if head.count(b"\n") != len(lines) - 1 or head.count(b"\r") != len(lines) - 1 or b"\0" in head:
        raise httpx2.LocalProtocolError("a header holds a line's end: is it in the key?")
    return head + b"\r\n\r\n"
