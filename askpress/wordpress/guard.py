"""Connects to public addresses only: resolves a name once, checks what it got, and connects to just that.

A check before the connection would not do: the name may resolve to another address a moment later.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable
from typing import Any

import httpcore2
import httpx2

from askpress import errors

Resolver = Callable[[str, int], list[str]]

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class GuardedTransport(httpx2.HTTPTransport):
    """An HTTP transport whose connections are guarded; proxies of the environment are not used."""

    # Not calling __init__ is meant: it would load certificates for sites without TLS too, and its pool
    # takes no network backend.
    def __init__(self, *, allow_private: bool, resolve: Resolver | None = None) -> None:
        backend = GuardedBackend(allow_private=allow_private, resolve=resolve or addresses_of)
        self._pool = httpcore2.ConnectionPool(
            network_backend=backend, max_connections=4, max_keepalive_connections=2, keepalive_expiry=15.0
        )


class GuardedBackend(httpcore2.SyncBackend):
    """Opens sockets to addresses that were checked; TLS still proves the name."""

    def __init__(self, *, allow_private: bool, resolve: Resolver) -> None:
        self._allow_private = allow_private
        self._resolve = resolve

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        failure: Exception | None = None
        for address in self._allowed(host, port):
            try:
                return super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore2.ConnectError(f"{host} has no address")

    def _allowed(self, host: str, port: int) -> list[str]:
        try:
            found = self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(f"the name {host} could not be resolved") from error
        if self._allow_private:
            return found
        public = [address for address in found if is_public(address)]
        if found and not public:
            raise errors.AddressRefused(
                f"{host} is at the private address {found[0]}; if that is your own site, "
                "set ASKPRESS_ALLOW_PRIVATE_ADDRESSES=1."
            )
        return public


def addresses_of(host: str, port: int) -> list[str]:
    """Return the addresses of a name, in the system's order of preference."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """True for an address of the public internet; one that wraps a private IPv4 address is private."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner:
            return is_public(str(inner))
        if ip.is_site_local or ip.teredo:
            return False
    return ip.is_global and not ip.is_multicast
