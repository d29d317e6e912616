"""Writes Slack workspace exports as Slack makes them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.connectors.viva import zipped

Record = dict[str, object]

CHANNELS: list[Record] = [
    {"id": "C1", "name": "general", "created": "1512000000", "is_archived": False},
    {
        "id": "C2",
        "name": "wards",
        "created": 1512000000,
        "is_archived": True,
        "updated": 1700000000000,
    },
]
USERS: list[Record] = [
    {
        "id": "U1",
        "name": "ada",
        "profile": {"real_name": "Ada Lang", "email": "ada@northfield.example", "title": "Nurse"},
    },
    {"id": "U2", "name": "ben", "deleted": True, "updated": 1700000000, "profile": {}},
    {"id": "U3", "name": "rota", "is_bot": True},
]


def stamp(number: int) -> str:
    """The ``ts`` of the message with this number: microseconds apart in one second."""
    return f"1577836800.{number:06}"


def said(number: int, **values: object) -> Record:
    """A message of Ada."""
    return {
        "type": "message",
        "user": "U1",
        "text": f"Rota for week {number} is out",
        "ts": stamp(number),
        **values,
    }


def export(
    path: Path,
    days: Mapping[str, Sequence[object]],
    *,
    channels: Sequence[object] = CHANNELS,
    users: Sequence[object] = USERS,
    more: Mapping[str, str] | None = None,
    folder: str = "",
) -> Path:
    """An export ZIP; ``days`` maps ``general/2020-01-01`` to the messages of that day."""
    entries = {
        f"{folder}channels.json": json.dumps(channels, indent=4),
        f"{folder}users.json": json.dumps(users, indent=4),
        **{f"{folder}{day}.json": json.dumps(said, indent=4) for day, said in days.items()},
    }
    return zipped(path, {**entries, **(more or {})})
