"""One writer at a time, across processes; readers are never in its way."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from adoption.errors import StoreError
from adoption.store import Store
from adoption.store.locks import FileLock
from tests.store.build import ask, message, put

HOLD = """
import sys, time
from pathlib import Path
from adoption.store import Store
with Store.open(Path(sys.argv[1])) as store, store.writer("sync of viva"):
    print("held", flush=True)
    sys.stdin.read()
"""


def _holder(home: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_writer_is_told_who_writes_and_since_when(store: Store) -> None:
    with _holder(store.home) as holder:
        with pytest.raises(StoreError) as refusal, store.writer("import"):
            pass
        assert ask(store, "SELECT count(*) FROM messages") == [(0,)]
        assert holder.stdin is not None
        holder.stdin.close()
    lease = store.control.lease()
    assert lease is not None
    told = str(refusal.value)
    assert f"sync of viva (process {lease.pid}, since {lease.since:%Y-%m-%d %H:%M}" in told
    assert lease.pid == holder.pid
    assert refusal.value.exit_code == 6
    assert put(store, [message("1")])["messages"].added == 1


def test_a_killed_writer_holds_nothing(store: Store) -> None:
    with _holder(store.home) as holder:
        holder.kill()
    assert put(store, [message("1")])["messages"].added == 1


def test_a_second_writer_may_wait(store: Store) -> None:
    entered = threading.Event()
    with store.writer("first"):

        def wait() -> None:
            with store.writer("second", wait_seconds=30):
                entered.set()

        waiting = threading.Thread(target=wait)
        waiting.start()
        assert not entered.is_set()
    waiting.join()
    assert entered.is_set()


def test_an_error_in_the_block_frees_the_lock(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.writer("first"):
        raise ZeroDivisionError
    with store.writer("second"):
        pass


def test_a_lock_nobody_can_be_named_for_is_still_refused(store: Store) -> None:
    lock = FileLock(store.home / "writer.lock")
    with store.control.transaction() as db:
        db.execute("DELETE FROM lease")
    assert lock.acquire_exclusive(0.0)
    with pytest.raises(StoreError, match="Another process is writing"), store.writer("import"):
        pass
    lock.release()


class TestFileLock:
    """The lock under both."""

    def test_shared_holders_share_and_keep_an_exclusive_one_out(self, tmp_path: Path) -> None:
        locks = [FileLock(tmp_path / "lock") for _ in range(3)]
        assert locks[0].acquire_shared(0.0)
        assert locks[1].acquire_shared(0.0)
        assert not locks[2].acquire_exclusive(0.0)
        locks[0].release()
        locks[1].release()
        assert locks[2].acquire_exclusive(0.0)
        assert not locks[0].acquire_shared(0.0)
        locks[2].release()
        locks[2].release()

    def test_a_folder_that_is_not_there_is_an_error_not_a_refusal(self, tmp_path: Path) -> None:
        with pytest.raises(sqlite3.OperationalError):
            FileLock(tmp_path / "missing" / "lock").acquire_exclusive(0.0)

    def test_a_damaged_lock_file_is_an_error_not_a_refusal(self, tmp_path: Path) -> None:
        (tmp_path / "lock").write_bytes(b"rubbish" * 1000)
        with pytest.raises(sqlite3.DatabaseError):
            FileLock(tmp_path / "lock").acquire_shared(0.0)


def test_readers_that_wait_too_long_for_files_being_deleted_are_told(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adoption.store.reader.PIN_WAIT_SECONDS", 0.0)
    deleting = FileLock(store.home / "readers.lock")
    assert deleting.acquire_exclusive(0.0)
    with pytest.raises(StoreError, match="being deleted"), store.snapshot():
        pass
    deleting.release()
    assert ask(store, "SELECT 1") == [(1,)]


def test_a_store_that_somebody_else_is_creating_is_refused_after_a_while(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adoption.store.CREATION_WAIT_SECONDS", 0.0)
    with store.control.transaction() as db:
        db.execute("DELETE FROM published")
    with store.writer("creation"), pytest.raises(StoreError, match="creation"):
        Store.open(store.home)
