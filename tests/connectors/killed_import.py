"""What the kill test of file connectors kills: an import, each page of few rows a commit of its own."""

from __future__ import annotations

from multiprocessing.connection import Connection
from pathlib import Path

import adoption.files.connector
import adoption.files.viva_export
import adoption.sync
from adoption.connector import connector_type
from adoption.store import Network, Store
from adoption.sync import sync

NETWORK = "intranet"
PAGE_ROWS = "PAGE_ROWS"


def quiet(stage: str, done: int, total: int | None, note: str = "") -> None:
    """Nobody watches."""


def create(home: Path, kind: str) -> None:
    """Make an empty store that knows the network."""
    with Store.open(home, create=True) as store:
        store.control.put_network(Network(NETWORK, kind))


def bring_in(home: Path, kind: str, paths: list[str], begun: Connection | None = None) -> None:
    """Import to the end, from wherever an earlier life came to."""
    for module in (adoption.files.connector, adoption.files.viva_export):
        setattr(module, PAGE_ROWS, 8)
    adoption.sync.BATCH_SECONDS = 0.0
    with Store.open(home) as store:
        if begun is not None:
            begun.send("begun")
        connector = connector_type(kind)({"path": paths})
        sync(store, NETWORK, connector, progress=quiet, cancelled=lambda: False)
