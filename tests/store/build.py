"""Short ways to say what tests store and read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from adoption.model import AuthorKind, Community, CommunityKind, Message, MessageKind, Reaction, Row
from adoption.store import Counts, ScoreRow, Store

MONDAY = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def message(number: str, text: str = "hello", **changes: Any) -> Message:
    """A post of person ``ann`` on a Monday in January 2026."""
    row = Message(
        id=number,
        community_id="ward",
        conversation_id=number,
        parent_id=None,
        author_id="ann",
        author_kind=AuthorKind.PERSON,
        kind=MessageKind.POST,
        created_at=MONDAY,
        text=text,
    )
    return row._replace(**changes)


def like(message_id: str, person: str | None = "bob", **changes: Any) -> Reaction:
    """A like of a message of :func:`message`."""
    return Reaction(message_id, MONDAY, person, "like")._replace(**changes)


def community(number: str, **changes: Any) -> Community:
    """A public community."""
    return Community(number, f"Community {number}", CommunityKind.COMMUNITY)._replace(**changes)


def score_row(number: str, **changes: Any) -> ScoreRow:
    """A flagged verdict of detector ``v1`` on a message of network ``net``."""
    row = ScoreRow(
        network="net",
        message_id=number,
        created_at=MONDAY,
        model="v1",
        text_hash="",
        state="scored",
        stance="pushback",
        pushback=0.9,
        barrier="existing_channel",
        barriers='[["existing_channel", 0.9]]',
        kind="objection",
        intensity=2,
        polarity=-0.1,
        subjectivity=0.5,
        language="en",
        evidence="[]",
        target="named",
        flag="flag",
        scored_at=MONDAY,
    )
    return row._replace(**changes)


def put(store: Store, rows: Sequence[Row], network: str = "net") -> dict[str, Counts]:
    """Write rows and commit."""
    with store.writer("test") as writer:
        counts = writer.write(network, rows)
        writer.commit()
    return counts


def put_scores(store: Store, rows: Sequence[ScoreRow], model: str | None = "v1") -> None:
    """Write verdicts and commit, showing ``model``."""
    with store.writer("test") as writer:
        writer.write_scores(rows)
        writer.commit(model=model)


def ask(store: Store, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    """One query on the published snapshot."""
    with store.snapshot() as snapshot:
        return snapshot.sql(query, parameters)


def versions(store: Store) -> dict[str, int]:
    """The published version of each table."""
    published = store.control.published()
    assert published is not None
    return dict(published.versions)
