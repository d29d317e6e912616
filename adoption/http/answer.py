"""What goes into a session and what comes out: settings, credentials, answers and their cost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from adoption.errors import SourceError
from adoption.http.retry import RetryPolicy
from adoption.limits import Rate

DEFAULT = "default"


class Authorizer(Protocol):
    """Puts credentials on a request, and renews them when they have run out."""

    def headers(self) -> Mapping[str, str]:
        """The headers to send. Raises :class:`AccessError` when there is no way to sign in."""
        ...

    def renew(self, answer: Answer) -> bool:
        """Called once after a 401: whether new credentials are there and it is worth another try."""
        ...

    def secrets(self) -> Sequence[str]:
        """What must never show up in a log or a message."""
        ...


@dataclass(frozen=True, slots=True)
class FixedHeaders:
    """Credentials that do not change: a token header, or several."""

    values: Mapping[str, str]
    hidden: tuple[str, ...]

    def headers(self) -> Mapping[str, str]:
        """The headers to send."""
        return self.values

    def renew(self, answer: Answer) -> bool:
        """A fixed token cannot be renewed."""
        return False

    def secrets(self) -> Sequence[str]:
        """The token itself."""
        return self.hidden

    def __repr__(self) -> str:
        return f"FixedHeaders({', '.join(self.values)})"


def bearer(token: str) -> FixedHeaders:
    """``Authorization: Bearer <token>``."""
    return FixedHeaders({"Authorization": f"Bearer {token}"}, (token,))


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer: status, headers (case-insensitive) and decoded body."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    where: str

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            SourceError: it is a web page.
            ValueError: it is not JSON.

        """
        start = self.body[:200].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        if start == b"<":
            raise SourceError(
                "The server answered with a web page instead of data",
                where=self.where,
                next_step="Check the base address, and whether a sign-in page or a proxy is in the way",
            )
        if not start:
            raise ValueError("empty body")
        # json finds UTF-8, UTF-16 and UTF-32 by itself and takes no charset of a header on trust
        try:
            value = json.loads(self.body)
        except RecursionError:
            raise SourceError(
                "The server gave data nested deeper than any network does",
                where=self.where,
                next_step="Check the base address",
            ) from None
        return _mended(value) if _has_odd_escapes(self.body) else value


def _has_odd_escapes(body: bytes) -> bool:
    return b"\\u0000" in body or b"\\ud" in body or b"\\uD" in body


def _mended(value: Any) -> Any:
    """Texts without NUL and half surrogate pairs, which JSON can write and no table can keep."""
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_mended(item) for item in value]
    if isinstance(value, dict):
        return {_mended(key): _mended(item) for key, item in value.items()}
    return value


@dataclass(slots=True)
class Traffic:
    """What a run cost so far."""

    requests: int = 0
    retries: int = 0
    wait_seconds: float = 0.0
    bytes_received: int = 0


@dataclass(frozen=True, slots=True)
class Settings:
    """How a session is set up.

    Attributes:
        base_url: where the network lives; credentials never leave its origin.
        rates: requests allowed per class of endpoints; ``default`` covers the rest.
        internal: the server stands inside the organisation's own network.
        ca_bundle: file of additional trusted certificate authorities. Checking cannot be turned off.
        proxy: address of an outgoing proxy; the environment's proxies are not used.
        patience: time-outs, retries and sizes.
        headers: sent with every request.

    """

    base_url: str
    rates: Mapping[str, Rate] = field(default_factory=lambda: {DEFAULT: Rate(10, 1.0)})
    internal: bool = False
    ca_bundle: str | None = None
    proxy: str | None = None
    patience: RetryPolicy = field(default_factory=RetryPolicy)
    headers: Mapping[str, str] = field(default_factory=dict)
