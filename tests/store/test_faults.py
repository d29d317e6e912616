"""What goes wrong with a data folder ends in one clear StoreError, and the store is as it was."""

from __future__ import annotations

import errno
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from deltalake.exceptions import DeltaError

from adoption.errors import StoreError
from adoption.pseudonyms import create_key
from adoption.store import Store
from adoption.store.faults import store_faults
from tests.store.build import ask, message, put, versions

NOBODY = 65534


def test_a_folder_without_a_store_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="There is no data folder here") as refusal:
        Store.open(tmp_path)
    assert str(tmp_path) in str(refusal.value)
    assert "adoption init" in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


def test_opening_to_create_twice_keeps_what_is_there(tmp_path: Path) -> None:
    with Store.open(tmp_path / "home", create=True) as store:
        put(store, [message("1")])
    with Store.open(tmp_path / "home", create=True) as store:
        assert ask(store, "SELECT count(*) FROM messages") == [(1,)]


def test_a_creation_that_was_interrupted_is_finished(tmp_path: Path) -> None:
    home = tmp_path / "home"
    Store.open(home, create=True).close()
    with sqlite3.connect(home / "app.sqlite") as connection:
        connection.execute("DELETE FROM published")
        connection.execute("DELETE FROM snapshots")
    connection.close()
    with Store.open(home) as store:
        assert put(store, [message("1")])["messages"].added == 1


def test_a_table_that_an_older_release_did_not_have_is_added(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with Store.open(home, create=True) as store:
        put(store, [message("1")])
    with sqlite3.connect(home / "app.sqlite") as connection:
        connection.execute("DELETE FROM published WHERE table_name = 'activity'")
    connection.close()
    with Store.open(home) as store:
        assert ask(store, "SELECT count(*) FROM activity") == [(0,)]
        assert ask(store, "SELECT count(*) FROM messages") == [(1,)]


def test_a_lost_key_is_never_replaced_by_a_new_one(tmp_path: Path) -> None:
    home = tmp_path / "home"
    Store.open(home, create=True).close()
    (home / "key").unlink()
    with pytest.raises(StoreError, match="pseudonym key cannot be read"):
        Store.open(home, create=True)


def test_a_creation_that_died_after_the_key_keeps_that_key(tmp_path: Path) -> None:
    create_key(tmp_path / "key")
    before = (tmp_path / "key").read_bytes()
    Store.open(tmp_path, create=True).close()
    assert (tmp_path / "key").read_bytes() == before
    assert not list(tmp_path.glob("*.new"))


@pytest.mark.parametrize("content", ["", "zz", "abcd", "\xff"])
def test_a_damaged_key_is_refused(tmp_path: Path, content: str) -> None:
    home = tmp_path / "home"
    Store.open(home, create=True).close()
    (home / "key").write_text(content, encoding="latin-1")
    with pytest.raises(StoreError, match="backup"):
        Store.open(home)


@pytest.mark.skipif(os.name != "posix", reason="file modes exist on POSIX only")
def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "home"
    Store.open(home, create=True).close()
    (home / "key").chmod(0o640)
    with pytest.raises(StoreError, match="chmod 600"):
        Store.open(home)


@pytest.mark.parametrize(
    "damage", [b"not a database at all" * 50, b"SQLite format 3\0" + b"x" * 4096]
)
def test_a_damaged_control_file_is_named(tmp_path: Path, damage: bytes) -> None:
    home = tmp_path / "home"
    Store.open(home, create=True).close()
    (home / "app.sqlite").write_bytes(damage)
    with pytest.raises(StoreError, match="damaged") as refusal:
        Store.open(home)
    assert "adoption doctor" in str(refusal.value)
    assert (home / "app.sqlite").read_bytes() == damage


def test_a_damaged_data_file_is_named(store: Store) -> None:
    put(store, [message("1")])
    (file,) = (store.home / "lake" / "messages").glob("month=*/*.parquet")
    file.write_bytes(b"rubbish" * 100)
    with pytest.raises(StoreError, match="damaged"):
        ask(store, "SELECT count(*) FROM messages")


def test_a_missing_log_is_a_store_error(store: Store) -> None:
    put(store, [message("1")])
    for entry in (store.home / "lake" / "messages" / "_delta_log").iterdir():
        entry.unlink()
    with pytest.raises(StoreError):
        ask(store, "SELECT count(*) FROM messages")


def test_a_snapshot_of_an_incomplete_store_says_what_to_do(store: Store) -> None:
    with sqlite3.connect(store.home / "app.sqlite") as connection:
        connection.execute("DELETE FROM published")
        connection.execute("DELETE FROM snapshots")
    connection.close()
    with pytest.raises(StoreError, match="adoption init"), store.snapshot():
        pass


def _child(code: str, home: Path, *, limit: int | None = None) -> str:
    """Run code on an existing store in a process of its own, maybe with a file size limit."""

    def prepare() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    prelude = "from pathlib import Path\nfrom adoption.errors import StoreError\n"
    prelude += "from tests.store.build import *\nfrom adoption.store import Store\n"
    body = "\n".join(f"    {line}" for line in code.splitlines())
    script = (
        f"{prelude}try:\n{body}\nexcept StoreError as error:\n    print(error.exit_code, error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(home)],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=prepare,
        env={
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
    )
    return done.stdout.strip()


WRITE_MUCH = """
import random, sys
rng = random.Random(3)
with Store.open(Path(sys.argv[1])) as store:
    put(store, [message(str(n), rng.randbytes(300).hex()) for n in range(2000)])
    print("written")
"""


@pytest.mark.parametrize("limit", [20_000, 60_000, 150_000, 300_000])
def test_a_full_disk_is_reported_and_changes_nothing(store: Store, limit: int) -> None:
    put(store, [message("1", "before")])
    before = versions(store)
    answer = _child(WRITE_MUCH, store.home, limit=limit)
    assert answer.startswith(("6 The disk is full", "6 The disk did not take the data")), answer
    assert versions(store) == before
    assert ask(store, "SELECT text FROM messages") == [("before",)]
    assert put(store, [message("2")])["messages"].added == 1
    assert ask(store, "SELECT count(*) FROM messages") == [(2,)]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs root to become nobody")
def test_a_folder_that_may_not_be_written_is_reported(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    home = tmp_path_factory.mktemp("readonly") / "home"
    with Store.open(home, create=True) as store:
        put(store, [message("1")])
    temporary = Path(tempfile.gettempdir()).resolve()
    above = [path for path in home.resolve().parents if temporary in path.parents]
    for path in (*above, home, *home.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    (home / "key").chmod(0o600)
    os.chown(home / "key", NOBODY, NOBODY)
    answer = _child(f"import os, pandas\nos.setuid({NOBODY})\n{WRITE_MUCH}", home)
    assert answer.startswith("6 The data folder cannot be written")
    assert "--home" in answer
    with Store.open(home) as store:
        assert ask(store, "SELECT count(*) FROM messages") == [(1,)]


def _raise(error: Exception) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk is full"),
        (OSError(errno.EFBIG, "File too large"), "disk is full"),
        (sqlite3.OperationalError("database or disk is full"), "disk is full"),
        (duckdb.IOException("Could not write: No space left on device"), "disk is full"),
        (sqlite3.OperationalError("disk I/O error"), "did not take the data"),
        (OSError(errno.EROFS, "Read-only file system"), "cannot be written"),
        (PermissionError(errno.EACCES, "Permission denied"), "cannot be written"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "cannot be written"),
        (DeltaError("Generic LocalFileSystem error: Permission denied"), "cannot be written"),
        (sqlite3.OperationalError("database is locked"), "busy for too long"),
        (sqlite3.DatabaseError("database disk image is malformed"), "is damaged"),
        (duckdb.InvalidInputException("No magic bytes found"), "is damaged"),
        (DeltaError("something new"), "Storage failed with DeltaError"),
    ],
)
def test_every_fault_says_what_where_and_what_next(
    tmp_path: Path, error: Exception, words: str
) -> None:
    with pytest.raises(StoreError, match=words) as told, store_faults(tmp_path, "writing messages"):
        _raise(error)()
    assert "writing messages" in str(told.value)
    assert told.value.where == str(tmp_path)
    assert told.value.next_step
    assert told.value.__cause__ is error


def test_other_errors_are_not_disguised(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), store_faults(tmp_path, "counting"):
        _raise(ZeroDivisionError())()
