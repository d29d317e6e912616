"""Signing in at Microsoft: as an application, as a person, and what is said when it fails."""

from __future__ import annotations

import base64
import datetime as dt
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from adoption.auth import (
    AppSignIn,
    ManagedIdentitySignIn,
    PersonSignIn,
    Registration,
    SignsIn,
    certificate_credential,
)
from adoption.connector import Connector
from adoption.errors import AccessError, SettingsError, TransientSourceError
from adoption.http import Answer
from adoption.live.microsoft import authorizer_for
from adoption.secrets import Secret
from connectors.microsoft_graph import MicrosoftGraph
from connectors.microsoft_teams import MicrosoftTeams
from connectors.viva_engage import VivaEngage
from tests.auth.entra import CLIENT, TENANT, Entra, transport_to
from tests.live.clock import SteppedClock
from tests.live.server import PeerServer

GRAPH = ("https://graph.microsoft.com/.default",)
SECRET = "client-secret-canary"


@dataclass
class Bench:
    entra: Entra
    transport: requests.Session

    def app(self, credential: Any = SECRET, client: str = CLIENT, **more: Any) -> AppSignIn:
        registration = Registration(client, TENANT, GRAPH, **more)
        return AppSignIn(registration, credential, self.transport)

    def person(self, kept: Secret, scopes: tuple[str, ...] = GRAPH) -> PersonSignIn:
        return PersonSignIn(Registration(CLIENT, TENANT, scopes), kept, self.transport)


@pytest.fixture
def bench() -> Iterator[Bench]:
    entra = Entra()
    with PeerServer(entra, SteppedClock().monotonic) as server:
        transport = transport_to(server.url)
        yield Bench(entra, transport)
        transport.close()


def refused(**headers: str) -> Answer:
    return Answer(401, headers, b"", "graph")


def test_an_application_signs_in_once_and_keeps_its_token(bench: Bench) -> None:
    app = bench.app()
    assert app.headers() == {"Authorization": "Bearer access-1-canary"}
    assert app.headers() == {"Authorization": "Bearer access-1-canary"}
    (form,) = bench.entra.forms
    assert form["grant_type"] == "client_credentials"
    assert form["client_secret"] == SECRET
    assert form["scope"] == GRAPH[0]


def test_a_token_that_is_nearly_out_is_replaced_in_time(bench: Bench) -> None:
    bench.entra.expires_in = 200
    app = bench.app()
    assert app.headers() != app.headers()


def test_a_refused_token_is_replaced_and_a_challenge_is_passed_on(bench: Bench) -> None:
    app = bench.app()
    first = app.headers()
    claims = json.dumps({"access_token": {"nbf": {"essential": True, "value": "1"}}})
    packed = base64.b64encode(claims.encode()).decode()
    challenge = f'Bearer error="insufficient_claims", claims="{packed}"'
    assert app.renew(refused(**{"WWW-Authenticate": challenge}))
    assert app.headers() != first
    assert '"nbf"' in bench.entra.forms[-1]["claims"]
    assert app.renew(refused(**{"WWW-Authenticate": 'Bearer claims="%%%"'}))
    assert app.headers()


@pytest.mark.parametrize(
    ("cloud", "host"),
    [
        ("global", "login.microsoftonline.com"),
        ("us-government", "login.microsoftonline.us"),
        ("china", "login.chinacloudapi.cn"),
    ],
)
def test_each_cloud_has_its_own_sign_in_address(bench: Bench, cloud: str, host: str) -> None:
    bench.app(cloud=cloud).headers()
    assert set(bench.entra.hosts) <= {host, "login.microsoftonline.com"}
    assert bench.entra.hosts[-1] == host


def refusal(number: int) -> dict[str, Any]:
    text = f"AADSTS{number}: It did not work. Trace ID: t Correlation ID: c\r\nsecond line"
    return {
        "error": "invalid_client",
        "error_description": text,
        "error_codes": [number],
        "correlation_id": "corr-1",
    }


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (7000215, "copy its value"),
        (7000222, "make a new one"),
        (700016, "check both ids"),
        (65001, "grant consent"),
        (999, "Sign in again"),
    ],
)
def test_a_refusal_says_what_to_do_and_whom_to_ask(bench: Bench, number: int, advice: str) -> None:
    bench.entra.refusal, bench.entra.refusal_status = refusal(number), 401
    with pytest.raises(AccessError) as caught:
        bench.app(client=f"{CLIENT[:-4]}{number % 10_000:04}").headers()
    text = str(caught.value)
    assert advice in text
    assert f"AADSTS{number}" in text
    assert "corr-1" in text
    assert "second line" not in text
    assert SECRET not in text


def test_no_credential_shows_in_logs_or_text_forms(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    app = bench.app()
    app.headers()
    kept = Secret("")
    person = bench.person(kept)
    sign_in = person.begin()
    sign_in.finish()
    said = caplog.text + repr(app) + repr(person) + repr(sign_in) + repr(kept) + str(vars(app))
    for canary in ("access-", "refresh-", "device-code-canary", SECRET):
        assert canary not in said.replace(repr(app._credential), "")


def test_a_person_signs_in_by_code_once_and_silently_from_then_on(bench: Bench) -> None:
    stored: list[str] = []
    kept = Secret("", stored.append)
    bench.entra.pending = 2
    sign_in = bench.person(kept).begin()
    assert sign_in.user_code in sign_in.message
    assert sign_in.address.startswith("https://microsoft.com/")
    assert sign_in.finish() is kept
    assert stored
    assert "refresh-" in stored[-1]
    later = bench.person(Secret(stored[-1], stored.append))
    asked = len(bench.entra.forms)
    first = later.headers()["Authorization"]
    assert first.startswith("Bearer access-")
    assert len(bench.entra.forms) == asked
    assert later.renew(refused())
    assert later.headers()["Authorization"] not in ("", first)
    assert bench.entra.forms[-1]["grant_type"] == "refresh_token"
    assert "refresh-2" in stored[-1]


def test_one_sign_in_serves_yammer_as_well(bench: Bench) -> None:
    kept = Secret("")
    bench.person(kept).begin().finish()
    yammer = bench.person(kept, ("https://www.yammer.com/.default",))
    assert yammer.headers()
    assert "yammer" in bench.entra.forms[-1]["scope"]


def test_nobody_has_signed_in_yet(bench: Bench) -> None:
    with pytest.raises(AccessError, match="Nobody has signed in"):
        bench.person(Secret("")).headers()


def test_a_sign_in_that_ran_out_asks_to_sign_in_again(bench: Bench) -> None:
    kept = Secret("")
    bench.person(kept).begin().finish()
    bench.entra.refusal = {**refusal(700082), "error": "invalid_grant"}
    again = bench.person(kept)
    again.renew(refused())
    with pytest.raises(AccessError, match="sign in again"):
        again.headers()


def test_a_code_that_is_not_granted_is_an_error_and_not_a_code(bench: Bench) -> None:
    bench.entra.refusal = refusal(65001)
    with pytest.raises(AccessError, match="grant consent"):
        bench.person(Secret("")).begin()


def test_a_sign_in_can_be_given_up(bench: Bench) -> None:
    bench.entra.pending, bench.entra.interval = 10_000, 1
    sign_in = bench.person(Secret("")).begin()
    sign_in.cancel()
    with pytest.raises(AccessError):
        sign_in.finish()


def test_a_sign_in_service_that_does_not_answer_is_passing_trouble() -> None:
    transport = transport_to("http://127.0.0.1:9")
    with pytest.raises(TransientSourceError, match="does not answer"):
        AppSignIn(Registration(CLIENT, TENANT, GRAPH), SECRET, transport).headers()
    transport.close()


@pytest.mark.parametrize("client", [None, CLIENT])
def test_a_machine_of_azure_signs_in_with_its_own_identity(
    bench: Bench, client: str | None
) -> None:
    identity = ManagedIdentitySignIn("https://graph.microsoft.com", client, bench.transport)
    assert identity.headers() == {"Authorization": "Bearer identity-canary"}
    assert bench.entra.forms[-1]["resource"] == "https://graph.microsoft.com"
    assert bench.entra.forms[-1].get("client_id") == client


# -- certificates ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def certificate(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "adoption")])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1)
    builder = builder.not_valid_before(now).not_valid_after(now + dt.timedelta(days=1))
    return builder.sign(key, hashes.SHA256())


def pem(key: rsa.RSAPrivateKey, password: str = "") -> bytes:
    locked = (
        serialization.BestAvailableEncryption(password.encode())
        if password
        else serialization.NoEncryption()
    )
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked)


@pytest.mark.parametrize("password", ["", "pass-canary"])
@pytest.mark.parametrize("suffix", [".pem", ".pfx"])
def test_an_application_signs_in_with_a_certificate(
    bench: Bench,
    key: rsa.RSAPrivateKey,
    certificate: x509.Certificate,
    tmp_path: Path,
    suffix: str,
    password: str,
) -> None:
    path = tmp_path / f"app{suffix}"
    if suffix == ".pem":
        public = certificate.public_bytes(serialization.Encoding.PEM)
        path.write_bytes(pem(key, password) + public)
    else:
        locked = (
            serialization.BestAvailableEncryption(password.encode())
            if password
            else serialization.NoEncryption()
        )
        path.write_bytes(
            pkcs12.serialize_key_and_certificates(b"a", key, certificate, None, locked)
        )
    app = bench.app(certificate_credential(path, Secret(password)))
    assert app.headers()
    assertion = bench.entra.forms[-1]["client_assertion"]
    header = json.loads(base64.urlsafe_b64decode(assertion.split(".")[0] + "=="))
    assert header["alg"] == "PS256"
    assert "client_secret" not in bench.entra.forms[-1]


def test_a_wrong_password_of_a_certificate_is_a_settings_matter(
    bench: Bench, key: rsa.RSAPrivateKey, certificate: x509.Certificate, tmp_path: Path
) -> None:
    path = tmp_path / "app.pem"
    public = certificate.public_bytes(serialization.Encoding.PEM)
    path.write_bytes(pem(key, "right-password") + public)
    with pytest.raises(AccessError, match="sign-in settings cannot be used"):
        bench.app(certificate_credential(path, Secret("wrong-password"))).headers()


@pytest.mark.parametrize("content", [b"", b"-----BEGIN CERTIFICATE-----", b"\xff\xfe"])
def test_a_file_without_key_and_certificate_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "app.pem"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match="both a private key and a certificate"):
        certificate_credential(path, Secret(""))
    with pytest.raises(SettingsError, match="does not exist"):
        certificate_credential(tmp_path / "none.pem", Secret(""))


# -- settings ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [VivaEngage, MicrosoftGraph, MicrosoftTeams])
def test_a_connector_of_a_person_offers_the_sign_in(kind: type[Connector]) -> None:
    given = {"tenant_id": TENANT, "client_id": CLIENT, "sign_in_with": "person"}
    extra = {"teams": "Corp"} if kind is MicrosoftTeams else {}
    connector = kind({**given, **extra})
    assert isinstance(connector, SignsIn)
    assert isinstance(connector.person_sign_in(), PersonSignIn)


def test_no_sign_in_is_offered_where_the_application_signs_in_itself() -> None:
    connector = MicrosoftGraph({"tenant_id": TENANT, "client_id": CLIENT})
    assert connector.person_sign_in() is None


@pytest.mark.parametrize(
    ("way", "missing"),
    [
        ("client-secret", "client_secret"),
        ("certificate", "certificate_file"),
        ("token", "token"),
        ("person", "client_id"),
    ],
)
def test_what_a_way_to_sign_in_needs_is_asked_for_by_name(way: str, missing: str) -> None:
    given = {"sign_in_with": way, "tenant_id": TENANT}
    if way != "person":
        given["client_id"] = CLIENT
    options = MicrosoftGraph(given).options
    with pytest.raises(SettingsError, match=missing):
        authorizer_for(options, GRAPH)


def test_each_way_to_sign_in_leads_to_its_own_authorizer(
    key: rsa.RSAPrivateKey, certificate: x509.Certificate, tmp_path: Path
) -> None:
    path = tmp_path / "app.pem"
    path.write_bytes(pem(key) + certificate.public_bytes(serialization.Encoding.PEM))
    given = {"tenant_id": TENANT, "client_id": CLIENT, "client_secret": SECRET}
    ways = {
        "client-secret": AppSignIn,
        "certificate": AppSignIn,
        "managed-identity": ManagedIdentitySignIn,
        "person": PersonSignIn,
    }
    for way, kind in ways.items():
        more = {"sign_in_with": way, "certificate_file": str(path)}
        options = MicrosoftGraph({**given, **more}).options
        assert isinstance(authorizer_for(options, GRAPH), kind)


def test_an_empty_client_secret_never_reaches_the_sign_in_service(bench: Bench) -> None:
    options = MicrosoftGraph({"tenant_id": TENANT, "client_id": CLIENT}).options
    with pytest.raises(SettingsError):
        authorizer_for(options, GRAPH)
    assert bench.entra.forms == []
