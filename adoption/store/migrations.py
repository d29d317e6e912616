"""Numbered steps that bring ``app.sqlite`` of an older release to this one.

Step *n* leads to version *n*. A step is never edited after a release; a change is a new step.
Before the first step on an existing file a copy is kept beside it as ``app.sqlite.v<old>.bak``.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from adoption.errors import StoreError

_FIRST = """
CREATE TABLE networks (
    name TEXT PRIMARY KEY,
    connector TEXT NOT NULL,
    settings TEXT NOT NULL DEFAULT '{}',
    paused INTEGER NOT NULL DEFAULT 0,
    schedule TEXT NOT NULL DEFAULT ''
);
CREATE TABLE checkpoints (
    network TEXT NOT NULL,
    stream TEXT NOT NULL,
    version INTEGER NOT NULL,
    data TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (network, stream)
);
CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    network TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    state TEXT NOT NULL,
    requests INTEGER NOT NULL DEFAULT 0,
    wait_seconds REAL NOT NULL DEFAULT 0,
    rows TEXT NOT NULL DEFAULT '{}',
    skipped INTEGER NOT NULL DEFAULT 0,
    notes TEXT NOT NULL DEFAULT '[]',
    warnings TEXT NOT NULL DEFAULT '[]',
    error TEXT NOT NULL DEFAULT ''
);
CREATE TABLE snapshots (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    published_at TEXT NOT NULL,
    reason TEXT NOT NULL
);
CREATE TABLE published (
    snapshot_id INTEGER NOT NULL REFERENCES snapshots (id) ON DELETE CASCADE,
    table_name TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (snapshot_id, table_name)
);
CREATE TABLE lease (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    owner TEXT NOT NULL,
    pid INTEGER NOT NULL,
    since TEXT NOT NULL
);
CREATE TABLE reviews (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    network TEXT NOT NULL,
    message_id TEXT NOT NULL,
    verdict TEXT NOT NULL,
    barrier TEXT,
    reviewer_role TEXT NOT NULL,
    at TEXT NOT NULL
);
CREATE INDEX reviews_by_message ON reviews (network, message_id);
CREATE TABLE enablers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    starts_on TEXT NOT NULL,
    ends_on TEXT,
    target TEXT NOT NULL DEFAULT '{}'
);
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE TABLE identities (
    network TEXT NOT NULL,
    person_id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    name TEXT,
    email TEXT,
    handle TEXT,
    PRIMARY KEY (network, person_id)
);
CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
CREATE TABLE metric_cache (
    metric TEXT NOT NULL,
    params TEXT NOT NULL,
    snapshot_id INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (metric, params, snapshot_id)
);
"""

_WHY_REVIEWED = "ALTER TABLE reviews ADD COLUMN reason TEXT NOT NULL DEFAULT '';"

STEPS: tuple[str, ...] = (_FIRST, _WHY_REVIEWED)
CURRENT = len(STEPS)


def version_of(connection: sqlite3.Connection) -> int:
    """The schema version of an open control file; 0 for an empty one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Apply the missing steps, each in a transaction of its own, after a backup.

    An interrupted migration goes on with the next missing step when the store is opened again.

    Raises:
        StoreError: the file was made by a newer release.
        sqlite3.Error: a step or the backup failed; the step left nothing behind.

    """
    found = version_of(connection)
    if found > CURRENT:
        raise StoreError(
            f"The data folder was made by a newer release (format {found}, this release knows {CURRENT})",
            where=str(path),
            next_step="Install the newer release again, or choose another data folder with --home",
        )
    if 0 < found < CURRENT:
        _back_up(connection, path.with_name(f"{path.name}.v{found}.bak"))
    for version in range(found, CURRENT):
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{STEPS[version]}\nPRAGMA user_version = {version + 1};\nCOMMIT;"
        )


def _back_up(connection: sqlite3.Connection, target: Path) -> None:
    if target.exists():
        return
    draft = target.with_suffix(".part")
    with closing(sqlite3.connect(draft)) as copy:
        connection.backup(copy)
    draft.chmod(0o600)
    draft.replace(target)
