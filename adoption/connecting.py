"""Connecting networks: what the command line and the Connectors page both do with connections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from adoption.auth import DeviceSignIn, SignsIn
from adoption.connections import (
    Connection,
    check_network_name,
    connections_file,
    forget_connection,
    load_connections,
    pause_connection,
    save_connection,
    unknown_network,
)
from adoption.connector import Connector, Health, connector_type, connector_types
from adoption.errors import SettingsError
from adoption.secrets import Keeper, Secret, secret_store
from adoption.status import ConnectionState, connection_states
from adoption.store import Network, Store

LACKS_SETTING = "lacks"
PEOPLE_NETWORK = "people"
SIGN_IN_SETTING = "sign_in_token"


class ConnectionDesk:
    """The connections of one data folder."""

    def __init__(self, home: Path, store: Store) -> None:
        self.home = home
        self._store = store

    @property
    def path(self) -> Path:
        """Where the settings of connections are written."""
        return connections_file(self.home)

    def all(self) -> list[ConnectionState]:
        """Every connected or imported network with its last run."""
        return connection_states(self._store, load_connections(self.home))

    def chosen(self, networks: Sequence[str]) -> list[Connection]:
        """The connections to synchronise: those named, or all that are not paused.

        Raises:
            SettingsError: a network that was named is not connected.

        """
        known = load_connections(self.home)
        for name in networks:
            if name not in known:
                raise unknown_network(name, list(known))
        if networks:
            return [known[name] for name in networks]
        return [connection for connection in known.values() if not connection.paused]

    def add(
        self,
        network: str,
        kind: str,
        settings: Mapping[str, Any],
        secrets: Mapping[str, str],
        keeper: Keeper = Keeper.ENVIRONMENT,
    ) -> None:
        """Connect a network: settings go to the connections file, secrets to their keeper.

        A secret the keeper has already, such as an environment variable, need not be given.

        Raises:
            SettingsError: a name or setting is not usable, or the name is taken by another connector.

        """
        check_network_name(network)
        type_ = connector_type(kind)
        self.refuse_other_connector(network, kind)
        kept = secret_store(keeper, self.home)
        there = {
            item.name: found
            for item in type_.settings
            if item.secret and (found := kept.get(network, item.name)) is not None
        }
        new = {name: Secret(value) for name, value in secrets.items()}
        type_({**settings, **there, **new}).close()
        for name, value in secrets.items():
            kept.put(network, name, value)
        save_connection(
            self.home, Connection(network, kind, dict(settings), secrets_in=keeper.value)
        )
        self.register(network, kind)
        self._store.control.audit("operator", "connect", f"{network} with {kind}")

    def test(self, network: str) -> Health:
        """Try a connection and say per right what works."""
        connector = self.connector(self._connection(network))
        try:
            return connector.check()
        finally:
            connector.close()

    def sign_in(self, network: str) -> DeviceSignIn | None:
        """Begin a person's sign-in by device code, where the connection needs one.

        Returns:
            What to show the person, or ``None`` when no person has to sign in.

        Raises:
            SettingsError: the sign-in could not be kept where secrets of this connection are kept.
            AccessError, TransientSourceError: the sign-in service refuses or does not answer.

        """
        connection = self._connection(network)
        connector = self.connector(connection)
        if not isinstance(connector, SignsIn):
            return None
        person = connector.person_sign_in()
        if person is None:
            return None
        if connection.secrets_in == Keeper.ENVIRONMENT.value:
            raise SettingsError(
                "A sign-in has to be kept, and environment variables cannot be written",
                where=f"network {network}",
                next_step="Add the connection again and keep secrets in the keyring or a file",
            )
        return person.begin()

    def finish_sign_in(self, network: str, sign_in: DeviceSignIn) -> None:
        """Wait until the person has signed in, and keep the sign-in with the other secrets."""
        token = sign_in.finish()
        kept = secret_store(Keeper(self._connection(network).secrets_in), self.home)
        kept.put(network, SIGN_IN_SETTING, token.reveal())
        self._store.control.audit("operator", "sign in", network)

    def pause(self, network: str, *, paused: bool) -> None:
        """Leave a network out of sync, or go on with it."""
        pause_connection(self.home, network, paused)

    def remove(self, network: str, *, with_data: bool) -> None:
        """Disconnect a network, forget its secrets, and with ``with_data`` all it gave."""
        known = load_connections(self.home)
        if network not in known and self._store.control.network(network) is None:
            raise unknown_network(network, [item.network for item in self.all()])
        if network in known:
            self._forget_secrets(known[network])
            forget_connection(self.home, network)
        if with_data:
            with self._store.writer(f"removing {network}") as writer:
                writer.remove_network(network)
                writer.commit(reason=f"remove {network}")
                writer.remove_unused_files(wait_seconds=5.0)
            self._store.control.forget_network(network)
        self._store.control.audit("operator", "disconnect", network)

    def refuse_other_connector(self, network: str, kind: str) -> None:
        """Keep two different kinds of network from being mixed under one name.

        Raises:
            SettingsError: the network is read by a connector of another kind.

        """
        known = self._store.control.network(network)
        if known is None or network_for(known.connector) == network_for(kind):
            return
        if network in load_connections(self.home) or self._has_been_read(network):
            raise SettingsError(
                f"The network {network} is read by {known.connector}, not by {kind}",
                where=f"network {network}",
                next_step="Give another name with --network",
            )

    def register(self, network: str, kind: str, lacks: Mapping[str, str] | None = None) -> None:
        """Make a network known to the store, with what this very source cannot tell.

        A table lacks more than tables in general do (one without a column for threads has none);
        figures must then say "not available" rather than 0. Where two connectors feed one network, it
        lacks only what both lack.
        """
        known = self._store.control.network(network)
        settings: dict[str, Any] = dict(known.settings) if known else {}
        if lacks is not None:
            other = known is not None and known.connector != kind
            before = settings.get(LACKS_SETTING, lacks) if other else lacks
            settings[LACKS_SETTING] = {what: why for what, why in lacks.items() if what in before}
        if known is None or settings != dict(known.settings):
            self._store.control.put_network(Network(network, kind, settings))

    def lacks(self) -> dict[str, dict[str, str]]:
        """Per network what its source cannot tell, with the sentence that says so."""
        types = connector_types()
        found: dict[str, dict[str, str]] = {}
        for network in self._store.control.networks():
            if network.name == PEOPLE_NETWORK or network.connector not in types:
                continue
            declared = {what.value: why for what, why in types[network.connector].lacks.items()}
            found[network.name] = dict(network.settings.get(LACKS_SETTING, declared))
        return found

    def connector(self, connection: Connection) -> Connector:
        """The connector of a connection, with its secrets."""
        type_ = connector_type(connection.connector)
        kept = secret_store(Keeper(connection.secrets_in), self.home)
        secrets = {
            item.name: found
            for item in type_.settings
            if item.secret and (found := kept.get(connection.network, item.name)) is not None
        }
        return type_({**connection.settings, **secrets})

    def _connection(self, network: str) -> Connection:
        known = load_connections(self.home)
        if network not in known:
            raise unknown_network(network, list(known))
        return known[network]

    def _has_been_read(self, network: str) -> bool:
        return any(name == network for name, *_ in self._store.control.checkpoints())

    def _forget_secrets(self, connection: Connection) -> None:
        kept = secret_store(Keeper(connection.secrets_in), self.home)
        for item in connector_type(connection.connector).settings:
            if item.secret:
                with suppress(SettingsError):
                    kept.forget(connection.network, item.name)


def network_for(kind: str) -> str:
    """The usual name of the network a connector reads; its API and its export share one."""
    return kind.removesuffix("-export")


def _id_space(kind: str) -> str:
    """What a connector's ids belong to; connectors that share it may feed one network."""
    known = connector_types().get(kind)
    return (known.id_space if known else "") or kind
