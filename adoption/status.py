"""What is in the data folder: rows per network, checkpoints, runs, and how old the data is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from adoption.connections import Connection
from adoption.connector import Capability
from adoption.store import RunRecord, Snapshot, Store

RUNS_SHOWN = 20

_ROWS_SQL = """
SELECT network,
    sum(messages)::INT8, sum(posts)::INT8, sum(replies)::INT8, sum(reactions)::INT8,
    sum(people)::INT8, sum(communities)::INT8,
    max(newest)
FROM (
    SELECT network, count(*) AS messages, count(*) FILTER (kind = 'post') AS posts,
        count(*) FILTER (kind = 'reply') AS replies, 0 AS reactions, 0 AS people,
        0 AS communities, max(created_at) AS newest
    FROM messages WHERE deleted_at IS NULL GROUP BY network
    UNION ALL
    SELECT network, 0, 0, 0, sum(number), 0, 0, NULL FROM reactions
    WHERE removed_at IS NULL GROUP BY network
    UNION ALL
    SELECT network, 0, 0, 0, 0, count(DISTINCT person_id), 0, NULL FROM people GROUP BY network
    UNION ALL
    SELECT network, 0, 0, 0, 0, 0, count(*), NULL FROM communities GROUP BY network
)
GROUP BY network ORDER BY network
"""

_UNFLAGGED_SQL = """
SELECT (SELECT count(*) FROM facts) - (SELECT count(*) FROM verdicts)
"""


@dataclass(frozen=True, slots=True)
class NetworkRows:
    """Rows of one network; deleted messages and removed reactions do not count.

    ``replies`` and ``reactions`` are ``None`` where the source cannot tell them: that is not 0.
    """

    messages: int = 0
    posts: int = 0
    replies: int | None = 0
    reactions: int | None = 0
    people: int = 0
    communities: int = 0
    newest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """The answer to ``adoption status``.

    ``unflagged`` counts messages of people that the current detector has not looked at yet.
    """

    networks: Mapping[str, NetworkRows]
    checkpoints: tuple[tuple[str, str, datetime], ...]
    runs: tuple[RunRecord, ...]
    unflagged: int
    model: str | None
    snapshot: int
    published_at: datetime

    def as_dict(self) -> dict[str, Any]:
        """JSON, as ``adoption status --json`` prints it."""
        return {
            "networks": {
                name: {**asdict(rows), "newest": _iso(rows.newest)}
                for name, rows in self.networks.items()
            },
            "checkpoints": [
                {"network": network, "stream": stream, "at": at.isoformat()}
                for network, stream, at in self.checkpoints
            ],
            "runs": [run_as_dict(run) for run in self.runs],
            "unflagged": self.unflagged,
            "model": self.model,
            "snapshot": self.snapshot,
            "published_at": self.published_at.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class ConnectionState:
    """One network as the Connectors page lists it.

    ``state`` is ``connected``, ``paused`` or ``imported`` (from files, nothing to synchronise).
    """

    network: str
    connector: str
    state: str
    messages: int
    people: int
    newest: datetime | None
    last_run: RunRecord | None

    def as_dict(self) -> dict[str, Any]:
        """JSON, as ``adoption connect list --json`` prints it."""
        return {
            "network": self.network,
            "connector": self.connector,
            "state": self.state,
            "messages": self.messages,
            "people": self.people,
            "newest": _iso(self.newest),
            "last_run": run_as_dict(self.last_run) if self.last_run else None,
        }


def read_status(store: Store, lacks: Mapping[str, Mapping[str, str]]) -> Status:
    """Count what is published now; ``lacks`` says per network what its source cannot tell."""
    control = store.control
    with store.snapshot() as snapshot:
        return Status(
            networks={
                name: _without(rows, lacks.get(name, {})) for name, rows in _rows(snapshot).items()
            },
            checkpoints=tuple((n, s, at) for n, s, _, at in control.checkpoints()),
            runs=tuple(control.runs(RUNS_SHOWN)),
            unflagged=int(snapshot.sql(_UNFLAGGED_SQL)[0][0]),
            model=control.current_model(),
            snapshot=snapshot.id,
            published_at=snapshot.published_at,
        )


def connection_states(store: Store, connections: Mapping[str, Connection]) -> list[ConnectionState]:
    """All networks that are connected or have data, by name."""
    with store.snapshot() as snapshot:
        rows = _rows(snapshot)
    kinds = {network.name: network.connector for network in store.control.networks()}
    kinds |= {network: item.connector for network, item in connections.items()}
    states = []
    for network, kind in sorted(kinds.items()):
        found = rows.get(network, NetworkRows())
        runs = store.control.runs(1, network)
        connection = connections.get(network)
        state = "imported" if connection is None else "paused" if connection.paused else "connected"
        states.append(
            ConnectionState(
                network,
                kind,
                state,
                found.messages,
                found.people,
                found.newest,
                runs[0] if runs else None,
            )
        )
    return states


def run_as_dict(run: RunRecord) -> dict[str, Any]:
    """A run as JSON."""
    return {
        "id": run.id,
        "network": run.network,
        "started_at": run.started_at.isoformat(),
        "ended_at": _iso(run.ended_at),
        "state": run.state,
        "requests": run.requests,
        "wait_seconds": round(run.wait_seconds, 1),
        "rows": {table: counts._asdict() for table, counts in run.rows.items()},
        "skipped": run.skipped,
        "notes": list(run.notes),
        "warnings": list(run.warnings),
        "error": run.error,
    }


def _rows(snapshot: Snapshot) -> dict[str, NetworkRows]:
    return {row[0]: NetworkRows(*row[1:]) for row in snapshot.sql(_ROWS_SQL)}


def _without(rows: NetworkRows, lacks: Mapping[str, str]) -> NetworkRows:
    return replace(
        rows,
        replies=None if Capability.REPLIES in lacks and not rows.replies else rows.replies,
        reactions=None if Capability.REACTIONS in lacks and not rows.reactions else rows.reactions,
    )


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
