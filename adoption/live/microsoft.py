"""What the Microsoft connectors share: how to sign in, and the settings for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adoption.auth import (
    CLOUDS,
    AppSignIn,
    ManagedIdentitySignIn,
    PersonSignIn,
    Registration,
    certificate_credential,
)
from adoption.connector import Field
from adoption.errors import SettingsError
from adoption.http import Authorizer, bearer, plain_transport
from adoption.secrets import Secret

PERSON = "person"
TOKEN = "token"  # noqa: S105 - the name of a way to sign in
SECRET = "client-secret"  # noqa: S105 - likewise
CERTIFICATE = "certificate"
MANAGED_IDENTITY = "managed-identity"

_WHERE = "docs/entra-set-up.md shows where to click"

TENANT_FIELDS = (
    Field(
        "tenant_id",
        "Directory (tenant) ID",
        f"Entra admin centre > Overview > Tenant ID; {_WHERE}.",
        required=False,
    ),
    Field(
        "client_id",
        "Application (client) ID",
        f"Entra admin centre > App registrations > your app > Overview; {_WHERE}.",
        required=False,
    ),
)
PERSON_FIELDS = (
    Field(
        "sign_in_token",
        "Sign-in",
        "Kept after signing in once; there is nothing to type here.",
        required=False,
        secret=True,
    ),
    Field(
        "token",
        "Access token for a trial",
        "Only with the way to sign in called 'token'; it works for about an hour.",
        required=False,
        secret=True,
    ),
)
APP_FIELDS = (
    Field(
        "client_secret",
        "Client secret",
        f"Entra admin centre > your app > Certificates & secrets > Value; {_WHERE}.",
        required=False,
        secret=True,
    ),
    Field(
        "certificate_file",
        "Certificate",
        "A PEM file with private key and certificate, or a PFX file.",
        kind="path",
        required=False,
    ),
    Field(
        "certificate_password",
        "Password of the certificate",
        "Leave empty if it has none.",
        required=False,
        secret=True,
    ),
)
CLOUD_FIELD = Field(
    "cloud",
    "Microsoft cloud",
    "Global, unless your organisation uses a national cloud.",
    required=False,
    default="global",
    choices=tuple(CLOUDS),
)


def sign_in_field(*ways: str) -> Field:
    """The setting that chooses among the ways a connector supports; the first is the default."""
    return Field(
        "sign_in_with",
        "Way to sign in",
        "person: somebody signs in once; client-secret, certificate, managed-identity: the "
        "application signs in by itself; token: a short-lived token, for a trial.",
        required=False,
        default=ways[0],
        choices=ways,
    )


def person_sign_in(options: Mapping[str, Any], scopes: tuple[str, ...]) -> PersonSignIn | None:
    """The sign-in of a person, where the settings ask for one.

    Raises:
        SettingsError: tenant or application id is missing.

    """
    if options["sign_in_with"] != PERSON:
        return None
    transport = plain_transport(proxy=options.get("proxy") or None)
    return PersonSignIn(
        _registration(options, scopes), Secret.of(options.get("sign_in_token")), transport
    )


def authorizer_for(options: Mapping[str, Any], scopes: tuple[str, ...]) -> Authorizer:
    """The authorizer the settings describe.

    Args:
        options: values of the fields above.
        scopes: what to ask for; all of one API.

    Raises:
        SettingsError: a value the chosen way needs is missing.

    """
    way = options["sign_in_with"]
    if way == TOKEN:
        return bearer(_needed(options, "token").reveal())
    person = person_sign_in(options, scopes)
    if person is not None:
        return person
    if way == MANAGED_IDENTITY:
        resource = scopes[0].removesuffix("/.default")
        return ManagedIdentitySignIn(resource, options.get("client_id") or None)
    transport = plain_transport(proxy=options.get("proxy") or None)
    registration = _registration(options, scopes)
    if way == SECRET:
        credential = _needed(options, "client_secret").reveal()
        return AppSignIn(registration, credential, transport)
    path = Path(str(_needed(options, "certificate_file").reveal())).expanduser()
    password = Secret.of(options.get("certificate_password"))
    return AppSignIn(registration, certificate_credential(path, password), transport)


def _registration(options: Mapping[str, Any], scopes: tuple[str, ...]) -> Registration:
    return Registration(
        client_id=_needed(options, "client_id").reveal(),
        tenant=_needed(options, "tenant_id").reveal(),
        scopes=scopes,
        cloud=str(options.get("cloud") or "global"),
    )


def _needed(options: Mapping[str, Any], name: str) -> Secret:
    value = Secret.of(options.get(name))
    if not value:
        raise SettingsError(
            f"The setting {name} is missing",
            where=f"way to sign in: {options['sign_in_with']}",
            next_step=f"Give it; {_WHERE}",
        )
    return value
