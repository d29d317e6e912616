"""Secrets: a value that does not show itself, and the three places it may be kept.

The keyring of the operating system, environment variables, or a file only its owner may read. The
choice is the administrator's; nothing falls back to plain text silently.
"""

from __future__ import annotations

import json
import os
import re
import stat
import tempfile
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from adoption.errors import SettingsError, StoreError

KEYRING_SERVICE = "adoption-tracker"
VARIABLE_PREFIX = "ADOPTION_SECRET"


class Secret:
    """A value that prints as ``***``; :meth:`reveal` gives it to the one place that needs it.

    A secret read from a store remembers where it came from, so that a renewed sign-in can be put
    back with :meth:`replace`.
    """

    __slots__ = ("_keep", "_value")

    def __init__(self, value: str, keep: Callable[[str], None] | None = None) -> None:
        self._value = value
        self._keep = keep

    @classmethod
    def of(cls, value: object) -> Secret:
        """``value`` as a secret: itself, a text wrapped, or an empty one for ``None``."""
        if isinstance(value, Secret):
            return value
        return cls("" if value is None else str(value))

    def reveal(self) -> str:
        """The value in the clear."""
        return self._value

    def replace(self, value: str) -> None:
        """Take a renewed value and write it back where this secret is kept, if it is kept."""
        self._value = value
        if self._keep is not None:
            self._keep(value)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a secret cannot be pickled")


class Keeper(StrEnum):
    """Where secrets are kept."""

    KEYRING = "keyring"
    ENVIRONMENT = "environment"
    FILE = "file"


class SecretStore(Protocol):
    """Keeps secrets by connection and setting name."""

    def get(self, connection: str, name: str) -> Secret | None:
        """The secret, bound to this store, or ``None`` when it was never put."""
        ...

    def put(self, connection: str, name: str, value: str) -> None:
        """Keep a secret, replacing the former one."""
        ...

    def forget(self, connection: str, name: str) -> None:
        """Remove a secret; no error when there is none."""
        ...


def secret_store(keeper: Keeper, home: Path) -> SecretStore:
    """The store an administrator chose; the file variant lives in the data folder ``home``."""
    if keeper is Keeper.KEYRING:
        return KeyringSecrets()
    if keeper is Keeper.ENVIRONMENT:
        return EnvironmentSecrets()
    return FileSecrets(home / "secrets.json")


class EnvironmentSecrets:
    """Reads ``ADOPTION_SECRET_<CONNECTION>_<SETTING>``; cannot write."""

    def get(self, connection: str, name: str) -> Secret | None:
        """The variable's value, or ``None`` when it is not set or empty."""
        value = os.environ.get(variable_name(connection, name))
        return Secret(value) if value else None

    def put(self, connection: str, name: str, value: str) -> None:
        """Refuse: the environment belongs to whoever starts the program.

        Raises:
            SettingsError: always; names the variable to set.

        """
        raise SettingsError(
            "Secrets are read from the environment, which this program cannot change",
            where=f"setting {name} of connection {connection}",
            next_step=f"Set the variable {variable_name(connection, name)}",
        )

    def forget(self, connection: str, name: str) -> None:
        """Nothing to do: the variable goes when the administrator removes it."""


def variable_name(connection: str, name: str) -> str:
    """The environment variable that holds a setting of a connection."""
    return re.sub(r"[^A-Z0-9]+", "_", f"{VARIABLE_PREFIX}_{connection}_{name}".upper())


class KeyringSecrets:
    """Uses the keyring of the operating system.

    ``keyring`` is imported on first use: on a server without a desktop it has no back end and says
    so only when asked.
    """

    def get(self, connection: str, name: str) -> Secret | None:
        """The entry, bound to the keyring.

        Raises:
            SettingsError: this machine has no usable keyring.

        """
        value = self._call(lambda ring: ring.get_password(KEYRING_SERVICE, f"{connection}/{name}"))
        if not value:
            return None
        return Secret(str(value), lambda renewed: self.put(connection, name, renewed))

    def put(self, connection: str, name: str, value: str) -> None:
        """Write the entry; raises as :meth:`get`."""
        self._call(lambda ring: ring.set_password(KEYRING_SERVICE, f"{connection}/{name}", value))

    def forget(self, connection: str, name: str) -> None:
        """Delete the entry if there is one; raises as :meth:`get`."""
        if self.get(connection, name) is not None:
            self._call(lambda ring: ring.delete_password(KEYRING_SERVICE, f"{connection}/{name}"))

    def _call(self, action: Callable[..., object]) -> object:
        import keyring
        from keyring.errors import KeyringError

        try:
            return action(keyring)
        except KeyringError as error:
            raise SettingsError(
                f"This machine has no usable keyring: {type(error).__name__}",
                where="secrets",
                next_step="Keep secrets in environment variables or in a file: "
                "choose 'environment' or 'file'",
            ) from None


class FileSecrets:
    """A JSON file with mode 0600, in the clear.

    For servers that mount secrets or have no keyring. A file that others may read is refused.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def get(self, connection: str, name: str) -> Secret | None:
        """The entry, bound to the file.

        Raises:
            SettingsError: others may read the file.
            StoreError: the file cannot be read.

        """
        value = self._read().get(connection, {}).get(name)
        if not value:
            return None
        return Secret(value, lambda renewed: self.put(connection, name, renewed))

    def put(self, connection: str, name: str, value: str) -> None:
        """Write the entry; raises as :meth:`get`."""
        entries = self._read()
        entries.setdefault(connection, {})[name] = value
        self._write(entries)

    def forget(self, connection: str, name: str) -> None:
        """Remove the entry if there is one; raises as :meth:`get`."""
        entries = self._read()
        if entries.get(connection, {}).pop(name, None) is not None:
            self._write({key: value for key, value in entries.items() if value})

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            mode = self.path.stat().st_mode
        except FileNotFoundError:
            return {}
        if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
            raise SettingsError(
                "The file of secrets can be read by others on this machine",
                where=str(self.path),
                next_step=f"Run: chmod 600 {self.path}",
            )
        try:
            found: dict[str, dict[str, str]] = json.loads(self.path.read_text("utf-8"))
        except (OSError, ValueError):
            raise StoreError(
                "The file of secrets cannot be read",
                where=str(self.path),
                next_step="Remove it and give the secrets again",
            ) from None
        return found

    def _write(self, entries: dict[str, dict[str, str]]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=".secrets-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(entries, file)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(self.path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise StoreError(
                "The file of secrets cannot be written",
                where=str(self.path),
                next_step="Check free space and the rights of the folder",
            ) from None
