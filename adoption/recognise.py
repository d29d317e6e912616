"""Which connector reads a file, decided by content."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from adoption.connector import Connector, Source, connector_types
from adoption.errors import SettingsError, SourceError
from adoption.files.archive import open_archive

FALLBACK = "table"
"""Reads anything with rows and columns, so every other connector is asked first."""


class Recognised(NamedTuple):
    """A connector that reads the file, and the reason in words."""

    name: str
    why: str


def recognise(path: Path, connectors: Mapping[str, type[Connector]] | None = None) -> Recognised:
    """The connector for a file or folder.

    Args:
        path: what the user handed in.
        connectors: the connectors to ask; all installed ones unless given.

    Raises:
        SettingsError: there is no such file, or several connectors claim it.
        SourceError: no connector reads it, or it is not safe to open.

    """
    open_archive(path).close()
    found = candidates(path, connectors)
    if not found:
        raise SourceError(
            "Nothing here reads this file",
            where=str(path),
            next_step="Give the export as the network made it, or name its kind with --as",
        )
    if len(found) > 1 and found[1].name != FALLBACK:
        raise SettingsError(
            f"This could be {' or '.join(one.name for one in found if one.name != FALLBACK)}",
            where=str(path),
            next_step="Name the kind with --as",
        )
    return found[0]


def candidates(
    path: Path, connectors: Mapping[str, type[Connector]] | None = None
) -> list[Recognised]:
    """All connectors that say they read this, the fallback last."""
    known = connector_types() if connectors is None else connectors
    found = [
        Recognised(name, why)
        for name, connector in known.items()
        if connector.source is Source.FILE and (why := connector.recognises(path))
    ]
    return sorted(found, key=lambda one: one.name == FALLBACK)
