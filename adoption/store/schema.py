"""The lake tables: columns, keys, partitions. docs/architecture.md shows the same to a reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pyarrow as pa

BEGINNING = datetime(1900, 1, 1, tzinfo=UTC)
"""``valid_from`` of what is known of a person "as far back as we know"."""

PEOPLE_FILE = "people"
"""The network name of a people file; its rows win over what a network says of a person."""

_TEXT = pa.string()
_TIME = pa.timestamp("us", tz="UTC")
_DAY = pa.date32()


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One lake table.

    ``key`` identifies a row. ``partitioned`` tables have a last column ``month`` (``YYYY-MM``, UTC).
    ``month_in_key`` says that equal keys always have the same month, so only that month is searched.
    """

    name: str
    key: tuple[str, ...]
    schema: Any
    partitioned: bool = True
    month_in_key: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns in order."""
        return tuple(self.schema.names)

    @property
    def compared(self) -> tuple[str, ...]:
        """The columns whose change makes a row a changed row."""
        return tuple(name for name in self.columns if name not in self.key)


class ScoreRow(NamedTuple):
    """One detector verdict on one message, ready for the table ``scores``.

    ``barriers`` is JSON ``[[code, probability], ...]``, ``evidence`` JSON ``[[start, end, weight], ...]``
    with offsets into the text. ``text_hash`` is :func:`adoption.scoring.text_hash` of the text judged.
    ``created_at`` is the message's time; it decides the month.
    """

    network: str
    message_id: str
    created_at: datetime
    model: str
    text_hash: str
    state: str
    stance: str | None
    pushback: float | None
    barrier: str | None
    barriers: str
    kind: str | None
    intensity: int | None
    polarity: float
    subjectivity: float
    language: str
    evidence: str
    target: str
    flag: str
    scored_at: datetime


def _schema(**columns: Any) -> Any:
    return pa.schema(list(columns.items()))


MESSAGES = TableSpec(
    "messages",
    ("network", "message_id"),
    _schema(
        network=_TEXT,
        message_id=_TEXT,
        community_id=_TEXT,
        conversation_id=_TEXT,
        parent_id=_TEXT,
        author_id=_TEXT,
        author_kind=_TEXT,
        kind=_TEXT,
        created_at=_TIME,
        created_on=_DAY,
        text=_TEXT,
        edited_at=_TIME,
        deleted_at=_TIME,
        raw_type=_TEXT,
        month=_TEXT,
    ),
)

REACTIONS = TableSpec(
    "reactions",
    ("network", "message_id", "person_id", "kind"),
    _schema(
        network=_TEXT,
        message_id=_TEXT,
        message_at=_TIME,
        person_id=_TEXT,
        kind=_TEXT,
        reacted_at=_TIME,
        number=pa.int64(),
        removed_at=_TIME,
        month=_TEXT,
    ),
)

SCORES = TableSpec(
    "scores",
    ("network", "message_id", "model"),
    _schema(
        network=_TEXT,
        message_id=_TEXT,
        model=_TEXT,
        text_hash=_TEXT,
        state=_TEXT,
        stance=_TEXT,
        pushback=pa.float64(),
        barrier=_TEXT,
        barriers=_TEXT,
        kind=_TEXT,
        intensity=pa.int32(),
        polarity=pa.float64(),
        subjectivity=pa.float64(),
        language=_TEXT,
        evidence=_TEXT,
        target=_TEXT,
        flag=_TEXT,
        scored_at=_TIME,
        month=_TEXT,
    ),
)

ACTIVITY = TableSpec(
    "activity",
    ("network", "person_id", "day", "kind", "window_days"),
    _schema(
        network=_TEXT,
        person_id=_TEXT,
        day=_DAY,
        kind=_TEXT,
        number=pa.int64(),
        window_days=pa.int32(),
        month=_TEXT,
    ),
    month_in_key=True,
)

PEOPLE = TableSpec(
    "people",
    ("network", "person_id", "valid_from"),
    _schema(
        network=_TEXT,
        person_id=_TEXT,
        match_keys=pa.list_(_TEXT),
        author_kind=_TEXT,
        department=_TEXT,
        location=_TEXT,
        job_family=_TEXT,
        is_leader=pa.bool_(),
        employed_from=_TIME,
        employed_to=_TIME,
        valid_from=_TIME,
    ),
    partitioned=False,
)

COMMUNITIES = TableSpec(
    "communities",
    ("network", "community_id"),
    _schema(
        network=_TEXT,
        community_id=_TEXT,
        name=_TEXT,
        kind=_TEXT,
        is_private=pa.bool_(),
        created_at=_TIME,
        archived_at=_TIME,
    ),
    partitioned=False,
)

TABLES: Mapping[str, TableSpec] = {
    spec.name: spec for spec in (PEOPLE, COMMUNITIES, MESSAGES, REACTIONS, ACTIVITY, SCORES)
}
