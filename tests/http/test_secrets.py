"""Secrets: a value that does not show itself, and the places it is kept."""

from __future__ import annotations

import copy
import json
import pickle
import stat
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backend
import keyring.errors
import pytest

from adoption.errors import SettingsError, StoreError
from adoption.secrets import (
    FileSecrets,
    Keeper,
    KeyringSecrets,
    Secret,
    SecretStore,
    secret_store,
    variable_name,
)

VALUE = "secret-canary-value"


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret(VALUE)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r:>40}", repr({"a": [secret]})]
    assert all(VALUE not in text for text in shown)
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        copy.copy(secret)
    with pytest.raises(TypeError):
        json.dumps({"token": secret})
    assert secret.reveal() == VALUE


def test_secrets_are_compared_by_value() -> None:
    assert Secret(VALUE) == Secret(VALUE) != Secret("other")
    assert len({Secret(VALUE), Secret(VALUE)}) == 1
    assert not Secret.of(None)
    assert Secret.of(Secret(VALUE)) == Secret.of(VALUE)


class MemoryKeyring(keyring.backend.KeyringBackend):
    """A keyring that lasts as long as a test."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.entries: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.entries[service, username]


class NoKeyring(MemoryKeyring):
    """What a server without a desktop has."""

    def get_password(self, service: str, username: str) -> str | None:
        raise keyring.errors.NoKeyringError

    def set_password(self, service: str, username: str, password: str) -> None:
        raise keyring.errors.NoKeyringError


@pytest.fixture
def ring() -> Iterator[MemoryKeyring]:
    former = keyring.get_keyring()
    made = MemoryKeyring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(former)


@pytest.fixture(params=[Keeper.KEYRING, Keeper.FILE])
def store(request: pytest.FixtureRequest, tmp_path: Path, ring: MemoryKeyring) -> SecretStore:
    return secret_store(request.param, tmp_path)


def test_what_was_put_is_given_back_and_can_be_forgotten(store: SecretStore) -> None:
    assert store.get("slack", "token") is None
    store.put("slack", "token", VALUE)
    store.put("zulip", "token", "other")
    assert store.get("slack", "token") == Secret(VALUE)
    store.forget("slack", "token")
    store.forget("slack", "token")
    assert store.get("slack", "token") is None
    assert store.get("zulip", "token") == Secret("other")


def test_a_renewed_secret_is_written_back(store: SecretStore) -> None:
    store.put("viva", "sign_in_token", VALUE)
    kept = store.get("viva", "sign_in_token")
    assert kept is not None
    kept.replace("renewed")
    assert store.get("viva", "sign_in_token") == Secret("renewed")


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    store = FileSecrets(tmp_path / "inner" / "secrets.json")
    store.put("slack", "token", VALUE)
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.path.parent.stat().st_mode) == 0o700
    assert [path.name for path in store.path.parent.iterdir()] == ["secrets.json"]
    store.path.chmod(0o640)
    with pytest.raises(SettingsError, match="chmod 600"):
        store.get("slack", "token")


def test_a_damaged_file_is_named_without_its_content(tmp_path: Path) -> None:
    store = FileSecrets(tmp_path / "secrets.json")
    store.path.write_text(f"{VALUE} is no JSON")
    store.path.chmod(0o600)
    with pytest.raises(StoreError) as caught:
        store.get("slack", "token")
    assert VALUE not in str(caught.value)


def test_a_file_that_cannot_be_written_leaves_the_former_one(tmp_path: Path) -> None:
    store = FileSecrets(tmp_path / "secrets.json")
    store.put("slack", "token", VALUE)
    store.path.unlink()
    store.path.mkdir()
    store.path.chmod(0o700)
    with pytest.raises(StoreError):
        store.put("slack", "token", "x")


def test_the_environment_is_read_and_never_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store = secret_store(Keeper.ENVIRONMENT, tmp_path)
    name = variable_name("viva-engage", "client_secret")
    assert name == "ADOPTION_SECRET_VIVA_ENGAGE_CLIENT_SECRET"
    assert store.get("viva-engage", "client_secret") is None
    monkeypatch.setenv(name, VALUE)
    assert store.get("viva-engage", "client_secret") == Secret(VALUE)
    with pytest.raises(SettingsError, match=name) as caught:
        store.put("viva-engage", "client_secret", VALUE)
    assert VALUE not in str(caught.value)
    store.forget("viva-engage", "client_secret")


def test_a_machine_without_a_keyring_is_told_the_two_ways_out(ring: MemoryKeyring) -> None:
    keyring.set_keyring(NoKeyring())
    store = KeyringSecrets()
    with pytest.raises(SettingsError, match="environment"):
        store.get("a", "b")
    with pytest.raises(SettingsError, match="environment") as caught:
        store.put("a", "b", VALUE)
    assert VALUE not in str(caught.value)
