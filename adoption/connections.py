"""Which networks are connected, and how: a TOML file beside the data, without any secret.

``<home>/config/connections.toml`` holds one table per network: the connector, its settings,
and whether it is paused. People may edit it by hand; secrets stay in
:mod:`adoption.secrets` and are named there by network and field.
"""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import tomli_w

from adoption.connector import connector_type
from adoption.errors import SettingsError, StoreError

NETWORK_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class Connection:
    """One connected network.

    ``secrets_in`` says where its secrets are kept (:class:`adoption.secrets.Keeper`).
    """

    network: str
    connector: str
    settings: dict[str, Any] = field(default_factory=dict)
    secrets_in: str = "environment"
    paused: bool = False


def connections_file(home: Path) -> Path:
    """Where the connections of this data folder are kept."""
    return home / "config" / "connections.toml"


def load_connections(home: Path) -> dict[str, Connection]:
    """All connections by network name; empty when none were made yet.

    Raises:
        SettingsError: the file is not TOML or a table in it lacks its connector.

    """
    path = connections_file(home)
    if not path.exists():
        return {}
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise SettingsError(
            f"The connections file cannot be read: {problem}",
            where=str(path),
            next_step="Mend the line named, or move the file away and add the connections again",
        ) from None
    return {network: _connection(network, table, path) for network, table in tables.items()}


def save_connection(home: Path, connection: Connection) -> None:
    """Add or replace one connection. Secret fields are refused: they belong elsewhere.

    Raises:
        SettingsError: the network name is not usable or a secret was among the settings.
        StoreError: the folder cannot be written.

    """
    check_network_name(connection.network)
    for item in connector_type(connection.connector).settings:
        if item.secret and connection.settings.get(item.name):
            raise SettingsError(
                f"{item.title} is a secret and is never written to a file",
                where=str(connections_file(home)),
                next_step="Store it in the key ring, an environment variable or a secret file",
            )
    known = load_connections(home)
    known[connection.network] = connection
    _write(home, known)


def forget_connection(home: Path, network: str) -> None:
    """Remove one connection; its data stays in the store."""
    known = load_connections(home)
    known.pop(network, None)
    _write(home, known)


def pause_connection(home: Path, network: str, paused: bool) -> Connection:
    """Pause or resume a connection and return it as it stands now."""
    known = load_connections(home)
    if network not in known:
        raise unknown_network(network, list(known))
    changed = replace(known[network], paused=paused)
    save_connection(home, changed)
    return changed


def check_network_name(network: str) -> str:
    """Return the name if it can be used on a command line and as a file name."""
    if not NETWORK_NAME.fullmatch(network):
        raise SettingsError(
            f"{network!r} cannot be the name of a network",
            where="network name",
            next_step="Use 1 to 40 lower-case letters, digits and hyphens, such as viva-engage",
        )
    return network


def unknown_network(network: str, known: list[str]) -> SettingsError:
    """The error for a network nobody connected."""
    return SettingsError(
        f"There is no network called {network!r}",
        where="connections",
        next_step=f"Use one of: {', '.join(sorted(known)) or 'none yet; run adoption connect add'}",
    )


def _connection(network: str, table: Any, path: Path) -> Connection:
    if not isinstance(table, dict) or not isinstance(table.get("connector"), str):
        raise SettingsError(
            f"The table [{network}] does not say which connector it uses",
            where=str(path),
            next_step='Add a line such as connector = "viva-engage-export"',
        )
    return Connection(
        network=network,
        connector=table["connector"],
        settings=dict(table.get("settings", {})),
        secrets_in=str(table.get("secrets_in", "environment")),
        paused=bool(table.get("paused", False)),
    )


def _write(home: Path, connections: dict[str, Connection]) -> None:
    tables = {name: _table(item) for name, item in sorted(connections.items())}
    path = connections_file(home)
    scratch = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_text(tomli_w.dumps(tables), "utf-8")
        os.replace(scratch, path)
    except OSError as problem:
        raise StoreError(
            f"The connections cannot be saved: {problem.strerror}",
            where=str(path),
            next_step="Make the folder writable or choose another one with --home",
        ) from None


def _table(connection: Connection) -> dict[str, Any]:
    table: dict[str, Any] = {"connector": connection.connector}
    if connection.secrets_in != "environment":
        table["secrets_in"] = connection.secrets_in
    if connection.paused:
        table["paused"] = True
    table["settings"] = {
        name: _toml_value(value) for name, value in connection.settings.items() if value is not None
    }
    return table


def _toml_value(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [_toml_value(item) for item in value]
    return value
