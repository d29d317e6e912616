"""What is in a data folder, in a form two moments of it can be compared by."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from adoption.service import Service


class Rows(NamedTuple):
    """Rows of a network; ``None`` where the source cannot tell."""

    messages: int
    posts: int
    replies: int | None
    reactions: int | None
    people: int
    communities: int


class Contents(NamedTuple):
    """The published snapshot, the rows of each network, and what is not flagged."""

    snapshot: int
    rows: dict[str, Rows]
    unflagged: int
    model: str | None


def contents(home: Path) -> Contents:
    """Look at a data folder."""
    with Service(home) as service:
        status = service.status()
    rows = {
        name: Rows(r.messages, r.posts, r.replies, r.reactions, r.people, r.communities)
        for name, r in status.networks.items()
    }
    return Contents(status.snapshot, rows, status.unflagged, status.model)
