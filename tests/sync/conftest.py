"""A fresh store that knows one network, and somebody who counts progress."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adoption.store import Network, Store

NETWORK = "net"


class Watched:
    """A progress that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int, int | None]] = []

    def __call__(self, stage: str, done: int, total: int | None, note: str = "") -> None:
        self.told.append((stage, done, total))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An open store in a folder of its own, with the network ``net``."""
    with Store.open(tmp_path / "home", create=True) as opened:
        opened.control.put_network(Network(NETWORK, "scripted"))
        yield opened


@pytest.fixture
def progress() -> Watched:
    """Remembers progress."""
    return Watched()
