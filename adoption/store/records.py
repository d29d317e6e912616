"""The small records the control file keeps, and the counts a write returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, NamedTuple


def now() -> datetime:
    """The time, UTC-aware."""
    return datetime.now(UTC)


class Counts(NamedTuple):
    """What writing some rows did to one table."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0

    def plus(self, other: Counts) -> Counts:
        """Both counts together."""
        return Counts(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


WriteCounts = Mapping[str, Counts]
"""Counts by table name."""


def merge_counts(left: WriteCounts, right: WriteCounts) -> dict[str, Counts]:
    """Add counts table by table."""
    tables = sorted(left.keys() | right.keys())
    return {table: left.get(table, Counts()).plus(right.get(table, Counts())) for table in tables}


@dataclass(frozen=True, slots=True)
class Network:
    """A connected source. ``settings`` never hold a secret. ``schedule`` is text such as ``15m``."""

    name: str
    connector: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    paused: bool = False
    schedule: str = ""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run of a sync.

    ``state`` is ``running``, ``finished``, ``stopped`` (by the user), ``failed`` (``error`` says why)
    or ``interrupted`` (the process died). ``rows`` are counts by table.
    """

    id: int
    network: str
    started_at: datetime
    ended_at: datetime | None = None
    state: str = "running"
    requests: int = 0
    wait_seconds: float = 0.0
    rows: Mapping[str, Counts] = field(default_factory=dict)
    skipped: int = 0
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    error: str = ""


class Lease(NamedTuple):
    """Who holds the writer lock."""

    owner: str
    pid: int
    since: datetime


class Published(NamedTuple):
    """A published snapshot: Delta version by table."""

    id: int
    at: datetime
    versions: Mapping[str, int]


class Review(NamedTuple):
    """A reviewer's word on one message.

    ``verdict`` is ``pushback``, ``support``, ``neutral`` or ``undetermined``; ``barrier`` is a code
    when the reviewer corrected it. Only the reviewer's role is kept. ``reason`` says why the message
    was reviewed: ``random`` when it was drawn by chance, so that it speaks for those not reviewed.
    """

    network: str
    message_id: str
    verdict: str
    barrier: str | None
    reviewer_role: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Enabler:
    """What is done about barriers; ``target`` narrows it, as in ``{"department": ["Emergency"]}``."""

    id: int
    kind: str
    title: str
    on: date
    until: date | None = None
    target: Mapping[str, Any] = field(default_factory=dict)


class AuditEntry(NamedTuple):
    """Who did what, when; never message text."""

    at: datetime
    actor: str
    action: str
    detail: str


class Identity(NamedTuple):
    """The person behind a pseudonym; nothing outside matching and masking may read it."""

    network: str
    person_id: str
    source_id: str
    name: str | None
    email: str | None
    handle: str | None
