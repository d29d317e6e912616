"""Microsoft Entra on loopback: discovery, tokens, device codes and refusals, over real sockets.

MSAL insists on https addresses, so the session under it sends what is meant for the sign-in hosts
to this server instead.
"""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from requests.adapters import HTTPAdapter

from adoption.http import plain_transport
from tests.live.server import Reply, Request, as_json

TENANT = "11111111-2222-3333-4444-555555555555"
CLIENT = "66666666-7777-8888-9999-000000000000"


@dataclass
class Entra:
    """Gives tokens ``access-1``, ``access-2`` ... and remembers every form it was sent."""

    forms: list[dict[str, str]] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    pending: int = 0
    interval: int = 0
    """Seconds between two looks; MSAL asks whether to give up only where there is a pause."""
    refusal: dict[str, Any] | None = None
    refusal_status: int = 400
    expires_in: int = 3599
    issued: int = 0

    def __call__(self, request: Request) -> Reply:
        self.hosts.append(request.headers.get("X-Meant-For", ""))
        base = f"https://{self.hosts[-1]}/{TENANT}"
        if request.path.endswith("/openid-configuration"):
            return as_json(
                {
                    "issuer": f"{base}/v2.0",
                    "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                    "token_endpoint": f"{base}/oauth2/v2.0/token",
                    "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
                }
            )
        if request.path.endswith("/discovery/instance"):
            hosts = ["login.microsoftonline.com", "login.windows.net"]
            cloud = {"preferred_network": hosts[0], "preferred_cache": hosts[1], "aliases": hosts}
            endpoint = f"{base}/v2.0/.well-known/openid-configuration"
            return as_json({"tenant_discovery_endpoint": endpoint, "metadata": [cloud]})
        if request.path == "/metadata/identity/oauth2/token":
            self.forms.append({key: found[0] for key, found in request.query.items()})
            token = {"access_token": "identity-canary", "expires_in": "3600"}
            return as_json({**token, "resource": request.one("resource"), "token_type": "Bearer"})
        form = {key: found[0] for key, found in parse_qs(request.body.decode()).items()}
        self.forms.append(form)
        if self.refusal is not None:
            return as_json(self.refusal, self.refusal_status)
        if request.path.endswith("/devicecode"):
            return as_json(
                {
                    "user_code": "ABCD-EFGH",
                    "device_code": "device-code-canary",
                    "verification_uri": "https://microsoft.com/devicelogin",
                    "expires_in": 900,
                    "interval": self.interval,
                    "message": "Open the page and type ABCD-EFGH",
                }
            )
        if self.pending > 0 and form.get("grant_type", "").endswith("device_code"):
            self.pending -= 1
            return as_json({"error": "authorization_pending", "error_codes": [70016]}, 400)
        return as_json(self._token(form))

    def _token(self, form: dict[str, str]) -> dict[str, Any]:
        self.issued += 1
        token = {"token_type": "Bearer", "expires_in": self.expires_in}
        found: dict[str, Any] = {**token, "access_token": f"access-{self.issued}-canary"}
        if form["grant_type"] == "client_credentials":
            return found
        return {
            **found,
            "scope": form.get("scope") or self.forms[0].get("scope", ""),
            "refresh_token": f"refresh-{self.issued}-canary",
            "client_info": _packed({"uid": "u1", "utid": TENANT}),
            "id_token": ".".join([_packed({"alg": "none"}), _packed(_claims()), "x"]),
        }


def _claims() -> dict[str, Any]:
    now = int(time.time())
    times = {"iat": now, "exp": now + 3600}
    who = {"oid": "u1", "sub": "u1", "preferred_username": "reader@ex.test", "tid": TENANT}
    return {
        **times,
        **who,
        "aud": CLIENT,
        "iss": f"https://login.microsoftonline.com/{TENANT}/v2.0",
    }


def _packed(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


class _Detour(HTTPAdapter):
    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        parts = urlsplit(str(request.url))
        request.headers["X-Meant-For"] = parts.hostname or ""
        request.url = f"{self._url}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        return super().send(request, *args, **kwargs)


def transport_to(url: str) -> requests.Session:
    """A session as the product makes it, whose requests to anywhere arrive at ``url``."""
    session = plain_transport()
    session.mount("https://", _Detour(url))
    session.mount("http://169.254.169.254", _Detour(url))
    return session
