"""Which addresses the engine may reach, and that it looks at the address it really connects to."""

from __future__ import annotations

import ipaddress
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adoption.errors import AdoptionError, SettingsError, SourceError
from adoption.http import HttpSession, Settings
from adoption.http.guard import checked_origin, refusal

REFUSED = [
    "http://example.org",
    "ftp://example.org",
    "example.org",
    "//example.org",
    "https://",
    "https://user@example.org",
    "https://user:pw@example.org",
    "https://example.org/#part",
    "https://example.org/?q=1",
    "https://example.org:22",
    "https://example.org:99999",
    "https://127.0.0.1",
    "https://127.1",
    "https://2130706433",
    "https://0x7f000001",
    "https://0x7f.1",
    "https://0177.0.0.1",
    "https://127.0.0.1.",
    "https://0.0.0.0",
    "https://10.0.0.8",
    "https://172.16.3.4",
    "https://192.168.1.1",
    "https://100.64.0.1",
    "https://169.254.169.254",
    "https://[::1]",
    "https://[::]",
    "https://[fe80::1]",
    "https://[fc00::1]",
    "https://[fd00:ec2::254]",
    "https://[::ffff:127.0.0.1]",
    "https://[::ffff:169.254.169.254]",
    "https://[2002:7f00:1::]",
    "https://[64:ff9b::7f00:1]",
    "https://224.0.0.1",
    "https://255.255.255.255",
    "https://ex ample.org",
    "https://exa\tmple.org",
    "https://-bad.example.org",
    "https://bücher.example",
    "https://" + "a" * 300 + ".org",
]
ALWAYS_REFUSED = [
    "http://10.0.0.8",
    "http://chat.example.org",
    "https://169.254.169.254",
    "https://[::ffff:169.254.169.254]",
    "https://[fd00:ec2::254]",
    "https://100.100.100.200",
    "https://0.0.0.0",
    "https://user:pw@10.0.0.8",
    "https://2130706433",
]


@pytest.mark.parametrize("url", REFUSED)
def test_an_address_outside_the_rules_is_refused(url: str) -> None:
    with pytest.raises(SettingsError):
        checked_origin(url)


@pytest.mark.parametrize("url", ALWAYS_REFUSED)
def test_an_internal_server_does_not_open_everything(url: str) -> None:
    with pytest.raises(SettingsError):
        checked_origin(url, internal=True)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://Chat.Example.org/path/", "https://chat.example.org"),
        ("https://chat.example.org:8443", "https://chat.example.org:8443"),
        ("https://8.8.8.8", "https://8.8.8.8"),
        ("https://[2606:4700::1111]", "https://[2606:4700::1111]"),
        ("https://a_b.example.org", "https://a_b.example.org"),
    ],
)
def test_an_ordinary_address_is_accepted(url: str, shown: str) -> None:
    assert str(checked_origin(url)) == shown


@pytest.mark.parametrize(
    "url", ["http://localhost:8065", "http://127.0.0.1:1", "https://10.1.2.3:8065"]
)
def test_an_internal_server_may_stand_inside(url: str) -> None:
    assert str(checked_origin(url, internal=True)) == url


@given(st.text(max_size=60))
def test_no_text_does_anything_but_pass_or_be_refused(text: str) -> None:
    for internal in (False, True):
        try:
            checked_origin(f"https://{text}", internal=internal)
        except AdoptionError:
            continue


@given(st.integers(0, 2**32 - 1))
def test_an_address_hidden_in_another_form_is_judged_as_itself(number: int) -> None:
    plain = ipaddress.IPv4Address(number)
    mapped = ipaddress.IPv6Address(f"::ffff:{plain}")
    assert refusal(mapped, internal=False) == refusal(plain, internal=False)


def names_lead_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    def resolve(host: str, port: int, **_: object) -> list[object]:
        family = socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


@pytest.mark.parametrize("addresses", [("127.0.0.1",), ("93.184.216.34", "10.0.0.1")])
def test_a_public_name_that_leads_inside_is_refused_when_connecting(
    monkeypatch: pytest.MonkeyPatch, addresses: tuple[str, ...]
) -> None:
    names_lead_to(monkeypatch, *addresses)
    session = HttpSession(Settings("https://innocent.example.org"))
    with pytest.raises(SourceError, match="private network"):
        session.get("x")
    assert session.traffic.retries == 0
    session.close()


def test_even_an_internal_server_never_leads_to_the_metadata_service(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names_lead_to(monkeypatch, "169.254.169.254")
    session = HttpSession(Settings("https://chat.internal", internal=True))
    with pytest.raises(SourceError, match="not allowed"):
        session.get("x")
    session.close()
