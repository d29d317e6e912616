"""Runs a file connector as a sync would, and collects what it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from adoption.connector import Connector
from adoption.errors import AdoptionError
from adoption.model import Community, Message, Person, Reaction, Row


@dataclass
class Read:
    """All rows of a connector, of each message the last word, and what was said about them."""

    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    skipped: int = 0

    @property
    def messages(self) -> dict[str, Message]:
        return {row.id: row for row in self.rows if isinstance(row, Message)}

    @property
    def people(self) -> dict[str, Person]:
        return {row.id: row for row in self.rows if isinstance(row, Person)}

    @property
    def communities(self) -> dict[str, Community]:
        return {row.id: row for row in self.rows if isinstance(row, Community)}

    @property
    def reactions(self) -> list[Reaction]:
        return [row for row in self.rows if isinstance(row, Reaction)]

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.messages.values()]

    @property
    def said(self) -> str:
        return "\n".join(self.notes)


def read(kind: type[Connector], path: Path | str | list[str], **settings: Any) -> Read:
    given: Mapping[str, Any] = {"path": path if isinstance(path, list) else str(path), **settings}
    connector = kind(given)
    result = Read()
    try:
        for stream in connector.streams:
            for page in connector.read(stream, None):
                result.rows += page.rows
                result.notes += page.notes
                result.skipped += page.skipped
    finally:
        connector.close()
    return result


def refused(kind: type[Connector], path: Path | str, **settings: Any) -> AdoptionError:
    """The error of a file that is refused as a whole: not a single row was given before."""
    connector = kind({"path": str(path), **settings})
    rows: list[Row] = []

    def give() -> None:
        for stream in connector.streams:
            for page in connector.read(stream, None):
                rows.extend(page.rows)

    with pytest.raises(AdoptionError) as caught:
        give()
    connector.close()
    assert rows == []
    assert caught.value.what
    assert caught.value.where
    assert caught.value.next_step
    return caught.value


def read_or_refused(kind: type[Connector], path: Path | str, **settings: Any) -> Read | None:
    """What is read, or ``None`` for a file that is refused with a complete message."""
    try:
        return read(kind, path, **settings)
    except AdoptionError as error:
        if not (error.what and error.where and error.next_step):
            raise AssertionError(f"an incomplete message: {error}") from error
        return None
