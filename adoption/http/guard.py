"""Which addresses the engine may talk to: a guard against server-side request forgery.

A base address is checked when it is configured, and every connection again at the moment it is
opened, on the very addresses it connects to, so a name that changes its meaning in between
(DNS rebinding) gains nothing.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

from adoption.errors import SettingsError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

PUBLIC_PORTS = frozenset({443, 8443})
_SHARED = ipaddress.ip_network("100.64.0.0/10")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_CLOUD_METADATA = frozenset(
    {ipaddress.ip_address("fd00:ec2::254"), ipaddress.ip_address("100.100.100.200")}
)
_HOST = re.compile(
    r"^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$"
)


class RefusedAddressError(OSError):
    """A name resolved to an address the guard does not allow; kept apart from network trouble."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port: what credentials are bound to."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        shown = f"[{self.host}]" if ":" in self.host else self.host
        standard = {"https": 443, "http": 80}[self.scheme]
        return f"{self.scheme}://{shown}" + ("" if self.port == standard else f":{self.port}")


def refusal(address: Address, *, internal: bool) -> str | None:
    """Say why an address is not allowed, or ``None``.

    Args:
        address: what a name resolved to.
        internal: the administrator said the server stands inside the organisation's own network.

    """
    inner = _embedded(address)
    if inner is not None:
        return refusal(inner, internal=internal)
    if address in _CLOUD_METADATA or address.is_link_local:
        return "a link-local or metadata address"
    if address.is_unspecified or address.is_multicast:
        return "not an address of one machine"
    if address.is_loopback or address.is_private or _is_shared(address):
        return None if internal else "an address inside a private network"
    return "a reserved address" if address.is_reserved else None


def _is_shared(address: Address) -> bool:
    return address.version == 4 and address in _SHARED


def _embedded(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address inside a mapped, 6to4 or NAT64 IPv6 address."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def checked_origin(url: str, *, internal: bool = False) -> Origin:
    """The origin of a base address.

    Args:
        url: as an administrator typed it.
        internal: allow private addresses, any port, and plain http to this very machine.

    Raises:
        SettingsError: the address is not one the engine may use; says why.

    """
    try:
        parts = split_strictly(url.strip())
        port = parts.port
    except ValueError:
        raise _unusable("is not a web address") from None
    host = (parts.hostname or "").lower()
    if parts.scheme not in ("https", "http") or not host:
        raise _unusable("must begin with https://")
    if parts.username is not None or parts.password is not None:
        raise _unusable("must not hold a user name or password")
    if parts.fragment or parts.query:
        raise _unusable("must not hold '?' or '#'")
    literal = _literal(host)
    if parts.scheme == "http" and not (internal and _is_this_machine(host, literal)):
        raise _unusable("must begin with https://")
    if literal is not None:
        reason = refusal(literal, internal=internal)
        if reason is not None:
            raise _unusable(f"is {reason}")
    port = port or (443 if parts.scheme == "https" else 80)
    if not internal and port not in PUBLIC_PORTS:
        raise _unusable(f"uses the unusual port {port}")
    return Origin(parts.scheme, host, port)


def split_strictly(url: str) -> SplitResult:
    """Split an address that two parsers cannot read in two ways.

    Raises:
        ValueError: it holds blanks, control characters or a backslash, which parsers treat
            differently, so that the address checked could differ from the one connected to.

    """
    if "\\" in url or any(sign.isspace() or not sign.isprintable() for sign in url):
        raise ValueError("an ambiguous address")
    return urlsplit(url)


def _literal(host: str) -> Address | None:
    """The address when ``host`` is one; refuses decimal, octal, hex and short forms."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        last = host.rstrip(".").rsplit(".", 1)[-1]
        if last.isdigit() or last.startswith("0x") or not _HOST.match(host):
            raise _unusable("holds a host name that is not allowed") from None
        return None


def _is_this_machine(host: str, literal: Address | None) -> bool:
    return host == "localhost" or (literal is not None and literal.is_loopback)


def _unusable(why: str) -> SettingsError:
    return SettingsError(
        f"The address {why}",
        where="base address",
        next_step="Give the address as in the browser, for example https://chat.example.org; "
        "if the server stands inside your own network, say so with the setting 'internal_server'",
    )


def guarded_adapter(*, internal: bool) -> HTTPAdapter:
    """A transport that looks at the address of every connection it opens."""
    return _GuardedAdapter(internal)


class _GuardedAdapter(HTTPAdapter):
    def __init__(self, internal: bool) -> None:
        self._internal = internal
        super().__init__(pool_connections=4, pool_maxsize=4, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self._internal)


def _pools(internal: bool) -> dict[str, type[HTTPConnectionPool]]:
    def open_socket(self: HTTPConnection) -> socket.socket:
        return _connect(self, internal)

    plain = type("GuardedHTTP", (HTTPConnection,), {"_new_conn": open_socket})
    secure = type("GuardedHTTPS", (HTTPSConnection,), {"_new_conn": open_socket})
    return {
        "http": type("GuardedHTTPPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("GuardedHTTPSPool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
    }


def _connect(connection: HTTPConnection, internal: bool) -> socket.socket:
    host, port = connection.host.strip("[]"), connection.port
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise NameResolutionError(host, connection, error) from error
    targets = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for target in targets:
        reason = refusal(ipaddress.ip_address(target.split("%")[0]), internal=internal)
        if reason is not None:
            raise RefusedAddressError(f"{host} leads to {reason}")
    failure: OSError | None = None
    for target in targets:
        try:
            return create_connection(
                (target, port), connection.timeout, socket_options=connection.socket_options
            )
        except OSError as error:
            failure = error
    raise NewConnectionError(connection, f"no address answers: {failure}")
