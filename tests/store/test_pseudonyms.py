"""Pseudonyms: stable under one key, different under another, silent about the key."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from adoption import pseudonyms
from adoption.pseudonyms import Pseudonyms

KEY = bytes(range(32))


def test_a_pseudonym_is_the_documented_hmac() -> None:
    expected = hmac.new(KEY, b"net\0ann", hashlib.sha256).digest()[:16].hex()
    assert Pseudonyms(KEY).person("net", "ann") == expected


def test_pseudonyms_differ_by_key_network_and_id() -> None:
    one, other = Pseudonyms(KEY), Pseudonyms(b"x" * 32)
    found = [one.person("net", "ann"), one.person("net", "bob"), one.person("two", "ann")]
    assert len({*found, other.person("net", "ann")}) == 4


def test_a_match_key_ignores_case_and_outer_blanks_and_is_no_pseudonym() -> None:
    names = Pseudonyms(KEY)
    assert names.match_key(" Ann@X.org") == names.match_key("ann@x.org")
    assert names.match_key("ann") != names.match_key("anna")


def test_remembering_is_bounded_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pseudonyms, "CACHED_PEOPLE", 2)
    names, fresh = Pseudonyms(KEY), Pseudonyms(KEY)
    ids = ["a", "b", "c", "d", "a"]
    assert [names.person("net", i) for i in ids] == [fresh.person("net", i) for i in ids]


def test_the_key_is_not_shown() -> None:
    assert KEY.hex() not in repr(Pseudonyms(KEY))
    assert "hidden" in repr(Pseudonyms(KEY))
