"""What the kill test kills: a real sync of one live connector, each page a commit of its own."""

from __future__ import annotations

from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import adoption.store.writer
import adoption.sync
from adoption.connector import connector_type
from adoption.live.connector import LiveConnector
from adoption.store import Network, Store
from adoption.sync import sync
from tests.live.clock import SteppedClock

NETWORK = "killed"


def quiet(stage: str, done: int, total: int | None, note: str = "") -> None:
    """Nobody watches."""


def create(home: Path, kind: str) -> None:
    with Store.open(home, create=True) as store:
        store.control.put_network(Network(NETWORK, kind))


def run(home: Path, kind: str, settings: dict[str, Any], start: datetime) -> None:
    """One sync to its end; waits take no time."""
    adoption.sync.BATCH_SECONDS = 0.0
    adoption.store.writer.CACHE_SECONDS = 0.0
    connector = connector_type(kind)(settings)
    assert isinstance(connector, LiveConnector)
    connector.clock = SteppedClock(start)
    with Store.open(home) as store:
        sync(store, NETWORK, connector, progress=quiet, cancelled=lambda: False)


def run_until_killed(
    home: Path, kind: str, settings: dict[str, Any], start: datetime, begun: Connection
) -> None:
    """Say that work begins, then sync again and again."""
    begun.send("begun")
    while True:
        run(home, kind, settings, start)
