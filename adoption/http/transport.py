"""The connection pool under a session: nothing from the environment, every address guarded."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from adoption.errors import SettingsError, SourceError
from adoption.http.answer import Settings
from adoption.http.guard import checked_origin, guarded_adapter, split_strictly

_TIMEOUT = (5.0, 30.0)
"""Seconds for connecting and for each read, where a caller names none."""


def transport_for(settings: Settings) -> requests.Session:
    """The transport a session's settings describe."""
    return plain_transport(
        internal=settings.internal, ca_bundle=settings.ca_bundle, proxy=settings.proxy
    )


def plain_transport(
    *, internal: bool = False, ca_bundle: str | None = None, proxy: str | None = None
) -> requests.Session:
    """A session that ignores the environment (.netrc, proxies, certificate variables) and has the guard."""
    session = _TimedSession()
    session.trust_env = False
    session.verify = _existing_file(ca_bundle) if ca_bundle else True
    if proxy:
        session.proxies = {"http": proxy, "https": proxy}
    adapter = guarded_adapter(internal=internal)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


class _TimedSession(requests.Session):
    """A session on which no request can hang for ever; MSAL, for one, names no time-out."""

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs.setdefault("timeout", _TIMEOUT)
        return super().request(*args, **kwargs)


def _existing_file(path: str) -> str:
    if not Path(path).is_file():
        raise SourceError(
            "The file of certificate authorities does not exist",
            where=path,
            next_step="Check the setting 'ca_bundle'",
        )
    return path


def allow_other_origin(url: str, internal: bool) -> None:
    """Allow a pre-authenticated download address: https, no credentials in it, a public host."""
    try:
        parts = split_strictly(url)
    except ValueError:
        parts = urlsplit("")
    try:
        checked_origin(f"{parts.scheme}://{parts.netloc}", internal=internal)
    except SettingsError as error:
        raise SourceError(
            f"The server points to a download that is not allowed: {error.what}",
            where=parts.hostname or "an address without a host",
            next_step="Check the base address of the connection",
        ) from None
