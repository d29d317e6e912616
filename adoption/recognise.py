"""Which connector reads a file, decided by content."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
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
    with closing(open_archive(path)) as archive:
        is_single = len(archive.entries) == 1
    known = connector_types() if connectors is None else connectors
    found = candidates(path, known)
    if not found:
        if is_single and FALLBACK in known:
            _let_it_say_why(known[FALLBACK], path)
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


def _let_it_say_why(fallback: type[Connector], path: Path) -> None:
    """Have the fallback try, so that the user learns what is wrong with what might be a table."""
    with closing(fallback({"path": str(path)})) as connector:
        connector.check()
