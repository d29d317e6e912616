"""The control file ``app.sqlite``: everything small that changes, through small typed methods.

One connection per :class:`Control`, guarded by a lock, so threads of a dashboard may share it.
WAL and ``synchronous=FULL``: what a method has written when it returns survives a power cut.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from adoption.connector import Checkpoint
from adoption.store.faults import store_faults
from adoption.store.migrations import migrate
from adoption.store.records import (
    AuditEntry,
    Counts,
    Enabler,
    Identity,
    Lease,
    Network,
    Published,
    Review,
    RunRecord,
    now,
)

BUSY_SECONDS = 30.0
CURRENT_MODEL = "current_model"
KEPT_SNAPSHOTS = 1000
"""How many published snapshots the control file remembers; only the newest can be opened."""
_KEEP_IDENTITY = """
INSERT INTO identities (network, person_id, source_id, name, email, handle) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (network, person_id) DO UPDATE SET name = coalesce(excluded.name, name),
    email = coalesce(excluded.email, email), handle = coalesce(excluded.handle, handle)
"""


class Control:
    """Typed access to the control file.

    Every method may raise StoreError: the disk is full, the file is read-only, damaged or busy.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = threading.RLock()
        with store_faults(path.parent, "opening the control file"):
            self._connection = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                self._connection.executescript(
                    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                    "PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;"
                )
                migrate(self._connection, path)
            except BaseException:
                self._connection.close()
                raise
            path.chmod(0o600)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One ``BEGIN IMMEDIATE`` transaction: all of it, or after an error nothing."""
        with self._guard, store_faults(self._path.parent, "writing the control file"):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _rows(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._guard, store_faults(self._path.parent, "reading the control file"):
            return self._connection.execute(query, parameters).fetchall()

    # Networks

    def put_network(self, network: Network) -> None:
        """Add a network or replace its connector, settings, pause and schedule."""
        with self.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO networks VALUES (?, ?, ?, ?, ?)",
                (
                    network.name,
                    network.connector,
                    json.dumps(dict(network.settings), default=str),
                    network.paused,
                    network.schedule,
                ),
            )

    def networks(self) -> list[Network]:
        """All networks by name."""
        rows = self._rows(
            "SELECT name, connector, settings, paused, schedule FROM networks ORDER BY name"
        )
        return [Network(r[0], r[1], json.loads(r[2]), bool(r[3]), r[4]) for r in rows]

    def network(self, name: str) -> Network | None:
        """The network of this name, if there is one."""
        return next((item for item in self.networks() if item.name == name), None)

    def forget_network(self, name: str) -> None:
        """Remove the connection of a network; its rows in the lake stay."""
        with self.transaction() as db:
            db.execute("DELETE FROM networks WHERE name = ?", (name,))
            db.execute("DELETE FROM checkpoints WHERE network = ?", (name,))

    # Checkpoints

    def checkpoint(self, network: str, stream: str) -> Checkpoint | None:
        """Where the sync of this stream stands."""
        rows = self._rows(
            "SELECT version, data FROM checkpoints WHERE network = ? AND stream = ?",
            (network, stream),
        )
        return Checkpoint(rows[0][0], json.loads(rows[0][1])) if rows else None

    def checkpoints(self) -> list[tuple[str, str, Checkpoint, datetime]]:
        """All checkpoints: network, stream, checkpoint, when it was set."""
        rows = self._rows(
            "SELECT network, stream, version, data, at FROM checkpoints ORDER BY network, stream"
        )
        return [(r[0], r[1], Checkpoint(r[2], json.loads(r[3])), _time(r[4])) for r in rows]

    # Runs

    def start_run(self, network: str) -> RunRecord:
        """Record that a run has begun; call while holding the writer lock.

        Runs still marked as running are then known to have died: they become "interrupted".
        """
        started = now()
        with self.transaction() as db:
            db.execute(
                "UPDATE runs SET state = 'interrupted', ended_at = ? WHERE state = 'running'",
                (started.isoformat(),),
            )
            number = db.execute(
                "INSERT INTO runs (network, started_at, state) VALUES (?, ?, 'running')",
                (network, started.isoformat()),
            ).lastrowid
        return RunRecord(int(number or 0), network, started)

    def save_run(self, run: RunRecord) -> None:
        """Write what is known of a run now."""
        with self.transaction() as db:
            _save_run(db, run)

    def runs(self, limit: int = 50, network: str | None = None) -> list[RunRecord]:
        """The last runs, newest first."""
        rows = self._rows(
            "SELECT id, network, started_at, ended_at, state, requests, wait_seconds, rows, skipped,"
            " notes, warnings, error FROM runs WHERE ? IS NULL OR network = ? ORDER BY id DESC LIMIT ?",
            (network, network, limit),
        )
        return [_run(row) for row in rows]

    # Publishing

    def published(self) -> Published | None:
        """The newest published snapshot; ``None`` in a store whose creation was interrupted."""
        rows = self._rows(
            "SELECT s.id, s.published_at, p.table_name, p.version FROM snapshots s"
            " LEFT JOIN published p ON p.snapshot_id = s.id"
            " WHERE s.id = (SELECT max(id) FROM snapshots)"
        )
        if not rows:
            return None
        return Published(rows[0][0], _time(rows[0][1]), {r[2]: r[3] for r in rows if r[2]})

    def publish(
        self,
        versions: Mapping[str, int] | None,
        *,
        reason: str,
        actor: str,
        checkpoints: Mapping[tuple[str, str], Checkpoint] | None = None,
        run: RunRecord | None = None,
        identities: Iterable[Identity] = (),
        model: str | None = None,
    ) -> int:
        """The commit point: everything a writer did becomes visible in one transaction.

        Args:
            versions: the table versions to publish; ``None`` keeps the published snapshot.
            reason: why, for the audit.
            actor: who, for the audit.
            checkpoints: new checkpoints by (network, stream).
            run: the run record to save.
            identities: people to add to or replace in the identity table.
            model: the detector version that verdicts show from now on.

        Returns:
            The id of the snapshot that is published now.

        """
        at = now().isoformat()
        with self.transaction() as db:
            for (network, stream), point in (checkpoints or {}).items():
                db.execute(
                    "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?, ?)",
                    (network, stream, point.version, json.dumps(dict(point.data)), at),
                )
            db.executemany(_KEEP_IDENTITY, identities)
            if run is not None:
                _save_run(db, run)
            if model is not None:
                db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (CURRENT_MODEL, model))
            if versions is not None:
                _new_snapshot(db, versions, reason, actor, at)
            return int(db.execute("SELECT max(id) FROM snapshots").fetchone()[0])

    def current_model(self) -> str | None:
        """The detector version whose scores the verdicts show."""
        rows = self._rows("SELECT value FROM settings WHERE name = ?", (CURRENT_MODEL,))
        return str(rows[0][0]) if rows else None

    # The writer's lease

    def take_lease(self, owner: str) -> Lease:
        """Say who writes now; call while holding the writer lock."""
        lease = Lease(owner, os.getpid(), now())
        with self.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO lease VALUES (1, ?, ?, ?)",
                (owner, lease.pid, lease.since.isoformat()),
            )
        return lease

    def lease(self) -> Lease | None:
        """Who wrote last, or writes now."""
        rows = self._rows("SELECT owner, pid, since FROM lease")
        return Lease(rows[0][0], rows[0][1], _time(rows[0][2])) if rows else None

    # Reviews and enablers

    def add_review(self, review: Review) -> int:
        """Keep a reviewer's word; see :meth:`add_reviews`."""
        return self.add_reviews([review])

    def add_reviews(self, reviews: Sequence[Review]) -> int:
        """Keep what one reviewer said, all or nothing; it counts at once, in a new snapshot.

        Returns:
            The id of the new snapshot.

        """
        with self.transaction() as db:
            db.executemany(
                "INSERT INTO reviews (network, message_id, verdict, barrier, reviewer_role, at, reason)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(*review[:5], review.at.isoformat(), review.reason) for review in reviews],
            )
            return _republish(db, _counted("review", len(reviews)), reviews[0].reviewer_role)

    def undo_review(self, network: str, message_id: str, reviewer_role: str) -> int:
        """Take the newest review of a message back; an earlier one counts again.

        Returns:
            The id of the new snapshot.

        """
        with self.transaction() as db:
            db.execute(
                "DELETE FROM reviews WHERE id = (SELECT max(id) FROM reviews"
                " WHERE network = ? AND message_id = ?)",
                (network, message_id),
            )
            return _republish(db, "review taken back", reviewer_role)

    def reviews(self) -> list[Review]:
        """The newest review of each message, oldest first."""
        rows = self._rows(
            "SELECT network, message_id, verdict, barrier, reviewer_role, at, reason FROM reviews"
            " WHERE id IN (SELECT max(id) FROM reviews GROUP BY network, message_id) ORDER BY id"
        )
        return [Review(r[0], r[1], r[2], r[3], r[4], _time(r[5]), r[6]) for r in rows]

    def put_enabler(self, enabler: Enabler) -> int:
        """Register an enabler (id 0) or change one; returns its id."""
        values = (
            enabler.kind,
            enabler.title,
            enabler.on.isoformat(),
            enabler.until.isoformat() if enabler.until else None,
            json.dumps(dict(enabler.target)),
        )
        with self.transaction() as db:
            number = db.execute(
                "INSERT OR REPLACE INTO enablers VALUES (?, ?, ?, ?, ?, ?)",
                (enabler.id or None, *values),
            ).lastrowid
        return int(number or 0)

    def remove_enabler(self, number: int) -> None:
        """Forget an enabler."""
        with self.transaction() as db:
            db.execute("DELETE FROM enablers WHERE id = ?", (number,))

    def enablers(self) -> list[Enabler]:
        """All enablers by date."""
        rows = self._rows(
            "SELECT id, kind, title, starts_on, ends_on, target FROM enablers ORDER BY starts_on, id"
        )
        return [
            Enabler(
                r[0],
                r[1],
                r[2],
                date.fromisoformat(r[3]),
                date.fromisoformat(r[4]) if r[4] else None,
                json.loads(r[5]),
            )
            for r in rows
        ]

    # Audit and identities

    def audit(self, actor: str, action: str, detail: str) -> None:
        """Add an entry; never message text, never a secret."""
        with self.transaction() as db:
            _audit(db, now().isoformat(), actor, action, detail)

    def audit_entries(self, limit: int = 100) -> list[AuditEntry]:
        """The last entries, newest first."""
        rows = self._rows(
            "SELECT at, actor, action, detail FROM audit ORDER BY id DESC LIMIT ?", (limit,)
        )
        return [AuditEntry(_time(r[0]), r[1], r[2], r[3]) for r in rows]

    def identities(self, network: str | None = None) -> list[Identity]:
        """Names and addresses behind pseudonyms; for matching and masking only."""
        rows = self._rows(
            "SELECT network, person_id, source_id, name, email, handle FROM identities"
            " WHERE ? IS NULL OR network = ? ORDER BY network, person_id",
            (network, network),
        )
        return [Identity(*row) for row in rows]

    def forget_people(self, accounts: Iterable[tuple[str, str]]) -> None:
        """Remove these (network, pseudonym) pairs from the identity table."""
        with self.transaction() as db:
            db.executemany(
                "DELETE FROM identities WHERE network = ? AND person_id = ?", list(accounts)
            )

    def forget_rows_of_network(self, network: str) -> None:
        """Remove checkpoints, reviews and identities of a network whose rows are gone."""
        with self.transaction() as db:
            for table in ("checkpoints", "reviews", "identities"):
                db.execute(f"DELETE FROM {table} WHERE network = ?", (network,))

    def shrink(self) -> None:
        """Rewrite the file so that nothing deleted is left in it, in its log or in older copies."""
        with self._guard, store_faults(self._path.parent, "shrinking the control file"):
            for backup in self._path.parent.glob(f"{self._path.name}.v*.bak"):
                backup.unlink()
            self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    # Cached figures

    def cached_metric(self, metric: str, params: str, snapshot: int) -> str | None:
        """A figure computed before for exactly this snapshot, as JSON."""
        rows = self._rows(
            "SELECT value FROM metric_cache WHERE metric = ? AND params = ? AND snapshot_id = ?",
            (metric, params, snapshot),
        )
        return str(rows[0][0]) if rows else None

    def cache_metric(self, metric: str, params: str, snapshot: int, value: str) -> None:
        """Keep a figure (JSON) until the next snapshot is published."""
        with self.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO metric_cache VALUES (?, ?, ?, ?)",
                (metric, params, snapshot, value),
            )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _audit(db: sqlite3.Connection, at: str, actor: str, action: str, detail: str) -> None:
    db.execute(
        "INSERT INTO audit (at, actor, action, detail) VALUES (?, ?, ?, ?)",
        (at, actor, action, detail),
    )


def _new_snapshot(
    db: sqlite3.Connection, versions: Mapping[str, int], reason: str, actor: str, at: str
) -> int:
    number = db.execute(
        "INSERT INTO snapshots (published_at, reason) VALUES (?, ?)", (at, reason)
    ).lastrowid
    db.executemany(
        "INSERT INTO published VALUES (?, ?, ?)",
        [(number, table, version) for table, version in versions.items()],
    )
    db.execute("DELETE FROM metric_cache WHERE snapshot_id < ?", (number,))
    db.execute("DELETE FROM snapshots WHERE id <= ? - ?", (number, KEPT_SNAPSHOTS))
    _audit(db, at, actor, "publish", f"snapshot {number}: {reason}")
    return int(number or 0)


def _counted(word: str, number: int) -> str:
    return word if number == 1 else f"{number} {word}s"


def _republish(db: sqlite3.Connection, reason: str, actor: str) -> int:
    rows = db.execute(
        "SELECT table_name, version FROM published"
        " WHERE snapshot_id = (SELECT max(id) FROM snapshots)"
    ).fetchall()
    return _new_snapshot(db, dict(rows), reason, actor, now().isoformat())


def _save_run(db: sqlite3.Connection, run: RunRecord) -> None:
    db.execute(
        "UPDATE runs SET ended_at = ?, state = ?, requests = ?, wait_seconds = ?, rows = ?,"
        " skipped = ?, notes = ?, warnings = ?, error = ? WHERE id = ?",
        (
            run.ended_at.isoformat() if run.ended_at else None,
            run.state,
            run.requests,
            run.wait_seconds,
            json.dumps({table: list(counts) for table, counts in run.rows.items()}),
            run.skipped,
            json.dumps(list(run.notes)),
            json.dumps(list(run.warnings)),
            run.error,
            run.id,
        ),
    )


def _run(row: tuple[Any, ...]) -> RunRecord:
    return RunRecord(
        id=row[0],
        network=row[1],
        started_at=_time(row[2]),
        ended_at=_time(row[3]) if row[3] else None,
        state=row[4],
        requests=row[5],
        wait_seconds=row[6],
        rows={table: Counts(*counts) for table, counts in json.loads(row[7]).items()},
        skipped=row[8],
        notes=tuple(json.loads(row[9])),
        warnings=tuple(json.loads(row[10])),
        error=row[11],
    )
