"""Connections to a provider which another thread may end, and which wait no longer than their call may take."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any

import httpcore2
import httpx2

from askpress.providers.contract import Call


class Wires(httpcore2.NetworkBackend):
    """Opens connections as httpcore2 itself does; what is sent between `carrying` belongs to that call."""

    def __init__(self) -> None:
        self._plain = httpcore2.SyncBackend()
        self._carried = threading.local()

    def put_under(self, client: httpx2.Client) -> None:
        """Let the client's connections be these; httpx2 hands no backend on to its pools, proxies' ones included."""
        for transport in (client._transport, *client._mounts.values()):
            if isinstance(transport, httpx2.HTTPTransport):
                transport._pool._network_backend = self

    @contextlib.contextmanager
    def carrying(self, call: Call) -> Iterator[None]:
        """Within it this thread's requests are part of the call: also before the head of their reply has come."""
        self._carried.call = call
        try:
            yield
        finally:
            self._carried.call = None

    @property
    def call(self) -> Call | None:
        return getattr(self._carried, "call", None)

    def connect_tcp(self, *place: Any, **options: Any) -> httpcore2.NetworkStream:
        return Wire(self._plain.connect_tcp(*place, **options), self)

    def connect_unix_socket(self, *place: Any, **options: Any) -> httpcore2.NetworkStream:
        return Wire(self._plain.connect_unix_socket(*place, **options), self)


class Wire(httpcore2.NetworkStream):
    """One connection, which belongs to the call that wrote to it last."""

    def __init__(self, stream: httpcore2.NetworkStream, wires: Wires) -> None:
        self._stream = stream
        self._wires = wires
        self._lock = threading.Lock()
        self._call: Call | None = None

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._call is not None:
            timeout = self._call.within(timeout)
        return self._stream.read(max_bytes, timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        call = self._wires.call
        with self._lock:
            self._call = call
        if call is not None:
            call.on_end(lambda: self._hang_up(call))
            timeout = call.within(timeout)
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return Wire(self._stream.start_tls(ssl_context, server_hostname, timeout), self._wires)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def _hang_up(self, call: Call) -> None:
        """End what another thread reads: it reads the end; closing would leave it waiting. Others' calls go on."""
        with self._lock:
            if self._call is call:
                with contextlib.suppress(OSError):
                    # TLS has its own way to say goodbye, which would wait for the reader.
                    socket.socket.shutdown(self._stream.get_extra_info("socket"), socket.SHUT_RDWR)
