"""Connections to public addresses and to no other, each to the address that was checked.

Resolving a name, looking at what comes, and letting the library resolve it once more would leave
a gap that a name server can answer into. Here what is checked is what is connected to.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import httpcore2

from index.errors import PinciteError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Networks whose addresses hold another one, by how far that stands from their end, in bits.
_NESTED = {
    ipaddress.IPv6Network("64:ff9b::/96"): 0,
    ipaddress.IPv6Network("::/96"): 0,
    ipaddress.IPv6Network("2002::/16"): 80,
}
# Not public either, though not every version of Python says so.
_SPECIAL = (ipaddress.IPv4Network("192.0.0.0/24"), ipaddress.IPv4Network("192.88.99.0/24"))


class FetchError(PinciteError):
    """An address that cannot be fetched, or must not be."""


def too_slow() -> FetchError:
    return FetchError("the fetch takes too long", "download the file and send that")


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public internet, whatever form it is written in."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or (address.teredo[1] if address.teredo else None)
        for network, shift in _NESTED.items():
            if address in network:
                inner = ipaddress.IPv4Address((int(address) >> shift) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local:
            return False
    if any(address in network for network in _SPECIAL):
        return False
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified
    )


def _public_only(address: Address, _port: int) -> bool:
    return is_public(address)


def resolve(host: str, port: int) -> list[str]:
    """Every address that the system knows for a host. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class Rules:
    """resolve: every address of a host. permitted: says of each address and port whether a
    connection may go there."""

    resolve: Callable[[str, int], Sequence[str]] = resolve
    permitted: Callable[[Address, int], bool] = _public_only


def checked_host(rules: Rules, host: str, port: int) -> str:
    """The address to connect to. Raises FetchError if the host has none, or one that is not
    permitted: a name that has a public and a private address is not to be trusted at all."""
    try:
        found = [ipaddress.ip_address(a.partition("%")[0]) for a in rules.resolve(host, port)]
    except (OSError, ValueError, UnicodeError) as error:
        raise FetchError(f"the host {host} is not known", "check the address") from error
    if not found:
        raise FetchError(f"the host {host} is not known", "check the address")
    if not all(rules.permitted(address, port) for address in found):
        raise FetchError("the address is not a public one", "give one of the public web")
    return str(found[0])


class Pinned(httpcore2.NetworkBackend):
    """Connects where the rules allow it, and gives all that is done up at a moment."""

    def __init__(self, rules: Rules, until: float) -> None:
        """until: on the monotonic clock."""
        self._rules = rules
        self._until = until
        self._sockets = httpcore2.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None,
        local_address: str | None = None, socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:  # fmt: skip
        address = checked_host(self._rules, host, port)
        stream = self._sockets.connect_tcp(
            address, port, _left(self._until, timeout), local_address, socket_options
        )
        return _Bounded(stream, self._until)


class _Bounded(httpcore2.NetworkStream):
    """A stream whose every read and write ends in time: one that drips could last for ever."""

    def __init__(self, stream: httpcore2.NetworkStream, until: float) -> None:
        self._stream = stream
        self._until = until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._until, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._until, timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:  # fmt: skip
        left = _left(self._until, timeout)
        return _Bounded(self._stream.start_tls(ssl_context, server_hostname, left), self._until)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(until: float, timeout: float | None) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise too_slow()
    return left if timeout is None else min(left, timeout)
