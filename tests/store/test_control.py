"""The control file: small typed methods, migrations, the publishing transaction."""

from __future__ import annotations

import os
import sqlite3
import stat
from datetime import date
from pathlib import Path

import pytest

from adoption.connector import Checkpoint
from adoption.errors import StoreError
from adoption.store import Counts, Enabler, Identity, Network, Store, migrations
from adoption.store.control import Control
from tests.store.build import MONDAY, message, put

RELEASED = migrations.CURRENT


def test_networks_are_kept_replaced_and_forgotten(store: Store) -> None:
    control = store.control
    control.put_network(Network("b", "table", {"path": "x.csv", "columns": ["a"]}))
    control.put_network(Network("a", "slack-export", paused=True, schedule="15m"))
    control.put_network(Network("b", "table", {"path": "y.csv"}))
    assert control.networks() == [
        Network("a", "slack-export", {}, True, "15m"),
        Network("b", "table", {"path": "y.csv"}),
    ]
    control.forget_network("a")
    assert control.network("a") is None
    assert control.network("b") == Network("b", "table", {"path": "y.csv"})


def test_checkpoints_come_back_as_they_were(store: Store) -> None:
    point = Checkpoint(3, {"next": "abc", "ids": [1, 2], "deep": {"a": None}})
    with store.writer("test") as writer:
        writer.commit(checkpoints={("net", "messages"): point})
    assert store.control.checkpoint("net", "messages") == point
    assert store.control.checkpoint("net", "people") is None
    ((network, stream, found, at),) = store.control.checkpoints()
    assert (network, stream, found) == ("net", "messages", point)
    assert at.utcoffset() is not None
    store.control.forget_network("net")
    assert store.control.checkpoints() == []


def test_a_commit_without_rows_keeps_the_snapshot(store: Store) -> None:
    before = store.control.published()
    with store.writer("test") as writer:
        snapshot = writer.commit(checkpoints={("net", "messages"): Checkpoint()})
    assert before is not None
    assert snapshot == before.id
    assert store.control.published() == before


def test_old_snapshots_are_forgotten(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adoption.store.control.KEPT_SNAPSHOTS", 2)
    for number in range(4):
        put(store, [message(str(number))])
    with store.control.transaction() as db:
        assert db.execute("SELECT count(*) FROM snapshots").fetchall() == [(2,)]
        assert db.execute("SELECT count(DISTINCT snapshot_id) FROM published").fetchall() == [(2,)]


def test_a_run_that_died_is_marked_when_the_next_one_starts(store: Store) -> None:
    first = store.control.start_run("net")
    second = store.control.start_run("net")
    newest, oldest = store.control.runs()
    assert (newest.id, newest.state, newest.ended_at) == (second.id, "running", None)
    assert (oldest.id, oldest.state) == (first.id, "interrupted")
    assert oldest.ended_at is not None
    assert store.control.runs(network="other") == []
    assert len(store.control.runs(limit=1)) == 1


def test_a_run_record_comes_back_as_it_was(store: Store) -> None:
    from dataclasses import replace

    run = replace(
        store.control.start_run("net"),
        ended_at=MONDAY,
        state="failed",
        requests=7,
        wait_seconds=1.5,
        rows={"messages": Counts(1, 2, 3)},
        skipped=4,
        notes=("a note",),
        warnings=("a warning",),
        error="why",
    )
    store.control.save_run(run)
    assert store.control.runs() == [run]


def test_enablers_are_registered_changed_and_removed(store: Store) -> None:
    control = store.control
    number = control.put_enabler(Enabler(0, "training", "Drop-in", date(2026, 2, 2)))
    other = control.put_enabler(
        Enabler(
            0, "policy", "House rules", date(2026, 1, 1), date(2026, 6, 1), {"department": ["A"]}
        )
    )
    control.put_enabler(Enabler(number, "training", "Drop-in hours", date(2026, 2, 9)))
    assert control.enablers() == [
        Enabler(
            other,
            "policy",
            "House rules",
            date(2026, 1, 1),
            date(2026, 6, 1),
            {"department": ["A"]},
        ),
        Enabler(number, "training", "Drop-in hours", date(2026, 2, 9)),
    ]
    control.remove_enabler(other)
    assert [enabler.id for enabler in control.enablers()] == [number]


def test_publishing_and_own_entries_are_audited(store: Store) -> None:
    put(store, [message("1")])
    store.control.audit("admin", "export", "report of 2026-W01")
    newest, published, _created = store.control.audit_entries()
    assert (newest.actor, newest.action, newest.detail) == ("admin", "export", "report of 2026-W01")
    assert (published.actor, published.action) == ("test", "publish")
    assert len(store.control.audit_entries(limit=1)) == 1


def test_cached_figures_end_with_their_snapshot(store: Store) -> None:
    published = store.control.published()
    assert published is not None
    store.control.cache_metric("posts", "{}", published.id, '{"value": 1}')
    assert store.control.cached_metric("posts", "{}", published.id) == '{"value": 1}'
    assert store.control.cached_metric("posts", '{"by": "week"}', published.id) is None
    put(store, [message("1")])
    assert store.control.cached_metric("posts", "{}", published.id) is None


def test_a_transaction_that_sqlite_rolled_back_itself_keeps_its_own_error(store: Store) -> None:
    def fill_the_disk() -> None:
        with store.control.transaction() as db:
            db.execute("ROLLBACK")
            raise sqlite3.OperationalError("database or disk is full")

    with pytest.raises(StoreError, match="disk is full"):
        fill_the_disk()


def test_identities_are_listed_by_network(store: Store) -> None:
    person = Identity("net", "p", "1", "Ann", None, None)
    store.control.publish(None, reason="", actor="", identities=[person])
    assert store.control.identities() == store.control.identities("net") == [person]
    assert store.control.identities("other") == []


def test_a_failing_transaction_leaves_nothing(store: Store) -> None:
    identity = Identity("net", None, "1", None, None, None)  # type: ignore[arg-type]
    with pytest.raises(StoreError):
        store.control.publish({}, reason="half", actor="half", identities=[identity])
    assert "half" not in {entry.actor for entry in store.control.audit_entries()}


@pytest.mark.skipif(os.name != "posix", reason="file modes exist on POSIX only")
def test_control_file_key_and_folder_are_the_owners_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    Store.open(home, create=True).close()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (home, *home.iterdir())}
    assert modes["home"] == 0o700
    assert modes["app.sqlite"] == modes["key"] == 0o600


class TestMigrations:
    """Stores of other releases."""

    def test_an_older_store_is_backed_up_and_brought_up_to_date(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path, old = tmp_path / "app.sqlite", migrations.CURRENT
        first = Control(path)
        first.put_network(Network("net", "table"))
        first.close()
        step = "CREATE TABLE added (one INTEGER); INSERT INTO added VALUES (1)"
        _next_release(monkeypatch, step)
        upgraded = Control(path)
        assert upgraded.networks() == [Network("net", "table")]
        upgraded.close()
        assert _version(path) == old + 1
        backup = tmp_path / f"app.sqlite.v{old}.bak"
        assert _version(backup) == old
        assert stat.S_IMODE(backup.stat().st_mode) == 0o600
        Control(path).close()
        assert _version(path) == old + 1

    def test_a_step_that_fails_leaves_the_store_as_it_was_and_may_be_repeated(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path, old = tmp_path / "app.sqlite", migrations.CURRENT
        Control(path).close()
        with monkeypatch.context() as broken:
            _next_release(
                broken, "CREATE TABLE added (one INTEGER); INSERT INTO missing VALUES (1)"
            )
            with pytest.raises(StoreError, match="opening the control file"):
                Control(path)
        assert _version(path) == old
        _next_release(monkeypatch, "CREATE TABLE added (one INTEGER)")
        Control(path).close()
        assert _version(path) == old + 1

    def test_a_newer_store_is_refused_and_left_alone(self, tmp_path: Path) -> None:
        home = tmp_path / "home"
        Store.open(home, create=True).close()
        with sqlite3.connect(home / "app.sqlite") as connection:
            connection.execute("PRAGMA user_version = 99")
        connection.close()
        with pytest.raises(StoreError, match=r"newer release.*format 99") as refusal:
            Store.open(home)
        assert refusal.value.exit_code == 6
        assert _version(home / "app.sqlite") == 99


def _next_release(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    monkeypatch.setattr(migrations, "STEPS", (*migrations.STEPS, step + ";"))
    monkeypatch.setattr(migrations, "CURRENT", migrations.CURRENT + 1)


def _version(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        return migrations.version_of(connection)
    finally:
        connection.close()
