"""Signing in at Microsoft Entra: as an application, or once as a person and silently from then on.

Yammer accepts people only (there are no application permissions for it); Microsoft Graph accepts
both. All flows are MSAL's; its answers are turned into errors that say who can mend what.
"""

from __future__ import annotations

import base64
import binascii
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import msal
import requests

from adoption.errors import AccessError, AdoptionError, SettingsError, TransientSourceError
from adoption.http import Answer, plain_transport
from adoption.secrets import Secret

_RENEW_EARLY_SECONDS = 300
_CLAIMS = re.compile(r'claims="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Cloud:
    """Where a Microsoft cloud answers (learn.microsoft.com/graph/deployments)."""

    graph: str
    login: str


CLOUDS: Mapping[str, Cloud] = {
    "global": Cloud("https://graph.microsoft.com", "https://login.microsoftonline.com"),
    "us-government": Cloud("https://graph.microsoft.us", "https://login.microsoftonline.us"),
    "us-defense": Cloud("https://dod-graph.microsoft.us", "https://login.microsoftonline.us"),
    "china": Cloud("https://microsoftgraph.chinacloudapi.cn", "https://login.chinacloudapi.cn"),
}

# what the reader can do about the Entra error numbers met most often (AADSTS...)
_ADVICE = {
    7000215: "The client secret is wrong: copy its value, not its id, from Certificates & secrets",
    7000222: "The client secret has run out: make a new one under Certificates & secrets",
    700016: "The application id is not known in this tenant: check both ids",
    90002: "The tenant is not known: check the directory (tenant) id",
    65001: "An Entra administrator has to grant consent under API permissions",
    650052: "The tenant has no service for this API: a global administrator must sign in to it once",
    50076: "Sign in again; the organisation asks for a second factor",
    50079: "Sign in again; the organisation asks for a second factor",
    53003: "A conditional access rule forbids this sign-in: ask an Entra administrator",
    70043: "The sign-in has run out: sign in again",
    700082: "The sign-in has run out: sign in again",
    50058: "Sign in again",
    70016: "The code was not used in time: start the sign-in again",
}


@dataclass(frozen=True, slots=True)
class Registration:
    """An app registration: who asks, in which tenant and cloud, for which scopes of one API."""

    client_id: str
    tenant: str
    scopes: tuple[str, ...]
    cloud: str = "global"

    @property
    def authority(self) -> str:
        """The address that gives tokens for the tenant."""
        return f"{CLOUDS[self.cloud].login}/{self.tenant}"


class _MicrosoftTokens(ABC):
    """An authorizer that asks :meth:`_acquire` for a token and keeps it until it is nearly out."""

    def __init__(self, registration: Registration, transport: requests.Session | None) -> None:
        self._registration = registration
        self._transport = transport or plain_transport()
        self._token = Secret("")
        self._until = 0.0
        self._claims: str | None = None
        self._rejected = False

    def headers(self) -> Mapping[str, str]:
        """The bearer header, with a fresh token when the last one is nearly out.

        Raises:
            AccessError: Entra refuses; says who can mend it.
            TransientSourceError: Entra does not answer.

        """
        if not self._token or time.monotonic() > self._until:
            result = _asked(self._acquire)
            self._token = Secret(str(result["access_token"]))
            lifetime = int(result.get("expires_in", 3600)) - _RENEW_EARLY_SECONDS
            self._until = time.monotonic() + max(lifetime, 0)
            self._claims, self._rejected = None, False
        return {"Authorization": f"Bearer {self._token.reveal()}"}

    def renew(self, answer: Answer) -> bool:
        """Ask for another token; a claims challenge of the API is passed on to Entra."""
        found = _CLAIMS.search(answer.headers.get("WWW-Authenticate", ""))
        self._claims = _decoded(found.group(1)) if found else None
        self._token, self._rejected = Secret(""), True
        return True

    def secrets(self) -> Sequence[str]:
        """The token in use."""
        return (self._token.reveal(),)

    @abstractmethod
    def _acquire(self) -> Mapping[str, Any] | None: ...


class AppSignIn(_MicrosoftTokens):
    """Application permissions, with a client secret or a certificate."""

    def __init__(
        self,
        registration: Registration,
        credential: str | Mapping[str, Any],
        transport: requests.Session | None = None,
    ) -> None:
        super().__init__(registration, transport)
        self._credential = credential
        self._client: msal.ConfidentialClientApplication | None = None

    def _acquire(self) -> Mapping[str, Any] | None:
        if self._client is None:
            self._client = msal.ConfidentialClientApplication(
                self._registration.client_id,
                client_credential=self._credential,
                authority=self._registration.authority,
                http_client=self._transport,
                client_capabilities=["CP1"],
            )
        result: Mapping[str, Any] = self._client.acquire_token_for_client(
            scopes=list(self._registration.scopes), claims_challenge=self._claims
        )
        return result

    def renew(self, answer: Answer) -> bool:
        """Ask for another token than the one MSAL has kept."""
        if self._client is not None:
            self._client.remove_tokens_for_client()
        return super().renew(answer)

    def secrets(self) -> Sequence[str]:
        """The token and the client secret."""
        shared = (self._credential,) if isinstance(self._credential, str) else ()
        return (*super().secrets(), *shared)


class ManagedIdentitySignIn(_MicrosoftTokens):
    """The identity Azure gives the machine this runs on; Graph only, never Yammer."""

    def __init__(
        self,
        resource: str,
        client_id: str | None = None,
        transport: requests.Session | None = None,
    ) -> None:
        # the identity endpoint of Azure is link-local, which the guard rightly refuses elsewhere
        unguarded = requests.Session()
        unguarded.trust_env = False
        registration = Registration(client_id or "", "", (resource,))
        super().__init__(registration, transport or unguarded)

    def _acquire(self) -> Mapping[str, Any] | None:
        client_id = self._registration.client_id
        identity = (
            msal.UserAssignedManagedIdentity(client_id=client_id)
            if client_id
            else msal.SystemAssignedManagedIdentity()
        )
        client = msal.ManagedIdentityClient(identity, http_client=self._transport)
        result: Mapping[str, Any] = client.acquire_token_for_client(
            resource=self._registration.scopes[0]
        )
        return result


class PersonSignIn(_MicrosoftTokens):
    """Delegated permissions: a person signed in once; the refresh token is kept in ``kept``.

    ``kept`` holds MSAL's token cache as text, which is a credential; it is written back whenever
    Entra renews the refresh token.
    """

    def __init__(
        self, registration: Registration, kept: Secret, transport: requests.Session | None = None
    ) -> None:
        super().__init__(registration, transport)
        self._kept = kept
        self._cache = msal.SerializableTokenCache()
        if kept:
            self._cache.deserialize(kept.reveal())
        self._client: msal.PublicClientApplication | None = None

    def begin(self) -> DeviceSignIn:
        """Start a sign-in by device code; the person opens a page and types the code there.

        Raises:
            AccessError, TransientSourceError: Entra refuses or does not answer.

        """
        scopes = list(self._registration.scopes)
        flow = _asked(lambda: self._public().initiate_device_flow(scopes=scopes), key="user_code")
        return DeviceSignIn(
            message=str(flow["message"]),
            user_code=str(flow["user_code"]),
            address=str(flow["verification_uri"]),
            _flow=dict(flow),
            _finish=self._finish,
        )

    def _finish(self, flow: dict[str, Any]) -> Secret:
        _asked(lambda: self._public().acquire_token_by_device_flow(flow))
        self._save()
        return self._kept

    def _public(self) -> msal.PublicClientApplication:
        if self._client is None:
            self._client = msal.PublicClientApplication(
                self._registration.client_id,
                authority=self._registration.authority,
                token_cache=self._cache,
                http_client=self._transport,
                client_capabilities=["CP1"],
            )
        return self._client

    def _acquire(self) -> Mapping[str, Any] | None:
        client = self._public()
        accounts = client.get_accounts()
        if not accounts:
            raise AccessError(
                "Nobody has signed in yet",
                where="Microsoft sign-in",
                next_step="Sign in once with: adoption connect sign-in NETWORK",
            )
        result: Mapping[str, Any] | None = client.acquire_token_silent_with_error(
            list(self._registration.scopes),
            account=accounts[0],
            force_refresh=self._rejected,
            claims_challenge=self._claims,
        )
        self._save()
        return result

    def _save(self) -> None:
        if self._cache.has_state_changed:
            self._kept.replace(self._cache.serialize())


@runtime_checkable
class SignsIn(Protocol):
    """A connector whose user has to sign in once as a person before it can read."""

    def person_sign_in(self) -> PersonSignIn | None:
        """The sign-in to begin, or ``None`` when the settings need no person."""
        ...


@dataclass(slots=True)
class DeviceSignIn:
    """A sign-in under way: show ``message`` (or address and code), then call :meth:`finish`."""

    message: str
    user_code: str
    address: str
    _flow: dict[str, Any]
    _finish: Callable[[dict[str, Any]], Secret]

    def finish(self) -> Secret:
        """Wait until the person has signed in.

        Returns:
            The credential to keep as the setting ``sign_in_token``; already kept if it came from a store.

        Raises:
            AccessError: the code ran out, was refused, or :meth:`cancel` was called.

        """
        return self._finish(self._flow)

    def cancel(self) -> None:
        """Let :meth:`finish`, in another thread, end at its next look."""
        self._flow["expires_at"] = 0

    def __repr__(self) -> str:
        return f"DeviceSignIn({self.address})"


def certificate_credential(path: Path, password: Secret) -> dict[str, Any]:
    """What MSAL wants of a certificate: a PEM file with key and certificate, or a PFX file.

    Raises:
        SettingsError: the file is missing or does not hold both.

    """
    if not path.is_file():
        raise SettingsError(
            "The certificate file does not exist",
            where=str(path),
            next_step="Check the setting certificate_file",
        )
    phrase = password.reveal() or None
    if path.suffix.lower() in (".pfx", ".p12"):
        return {"private_key_pfx_path": str(path), "passphrase": phrase, "public_certificate": True}
    text = path.read_text("utf-8", errors="replace")
    if "PRIVATE KEY-----" not in text or "BEGIN CERTIFICATE-----" not in text:
        raise SettingsError(
            "The certificate file does not hold both a private key and a certificate",
            where=str(path),
            next_step="Put both into one PEM file, or use a PFX file",
        )
    certificate = text[text.index("-----BEGIN CERTIFICATE") :]
    certificate = certificate[: certificate.index("-----END CERTIFICATE-----") + 26]
    found: dict[str, Any] = {"private_key": text, "public_certificate": certificate}
    return {**found, "passphrase": phrase} if phrase else found


def _asked(action: Callable[[], Any], key: str = "access_token") -> Mapping[str, Any]:
    """Call MSAL and sort out the three ways in which it says no: errors, ``None``, exceptions."""
    try:
        result = action()
    except AdoptionError:
        raise
    except (requests.RequestException, OSError) as error:
        raise TransientSourceError(
            f"Microsoft's sign-in service does not answer ({type(error).__name__})",
            where="Microsoft sign-in",
            next_step="Check the network and the proxy, then try again",
        ) from None
    except Exception as error:
        # MSAL and the libraries under it raise whatever they like on a bad key, tenant or file
        raise AccessError(
            f"The sign-in settings cannot be used ({type(error).__name__})",
            where="Microsoft sign-in",
            next_step="Check tenant id, application id and certificate; the address of the "
            "sign-in service must belong to your cloud",
        ) from None
    if isinstance(result, Mapping) and key in result:
        return result
    raise _refused(result if isinstance(result, Mapping) else {})


def _refused(result: Mapping[str, Any]) -> AccessError:
    lines = str(result.get("error_description", "")).splitlines()
    numbers = [int(number) for number in result.get("error_codes") or () if str(number).isdigit()]
    advice = next((_ADVICE[number] for number in numbers if number in _ADVICE), "Sign in again")
    said = lines[0].split(" Trace ID")[0] if lines else str(result.get("error", "no token"))
    trace = result.get("correlation_id")
    return AccessError(
        f"Microsoft refused the sign-in: {said.rstrip('.')}",
        where=f"Microsoft sign-in, correlation id {trace}" if trace else "Microsoft sign-in",
        next_step=advice,
    )


def _decoded(challenge: str) -> str | None:
    try:
        return base64.b64decode(challenge + "=" * (-len(challenge) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
