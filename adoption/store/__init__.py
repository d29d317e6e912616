"""The data folder: what a sync writes and what figures are read from.

``Store.open`` is the only way in. One :class:`Writer` at a time stages rows and publishes them;
any number of :class:`Snapshot` readers see published versions only (docs/storage.md).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adoption.errors import StoreError
from adoption.pseudonyms import Pseudonyms, create_key, read_key
from adoption.store.control import Control
from adoption.store.faults import store_faults
from adoption.store.lake import check_folder_name
from adoption.store.locks import FileLock
from adoption.store.reader import Readers, Snapshot
from adoption.store.records import (
    AuditEntry,
    Counts,
    Enabler,
    Identity,
    Lease,
    Network,
    Review,
    RunRecord,
    WriteCounts,
)
from adoption.store.schema import TABLES, ScoreRow
from adoption.store.writer import Writer

__all__ = [
    "AuditEntry",
    "Control",
    "Counts",
    "Enabler",
    "Identity",
    "Lease",
    "Network",
    "Review",
    "RunRecord",
    "ScoreRow",
    "Snapshot",
    "Store",
    "WriteCounts",
    "Writer",
]

CONTROL_FILE = "app.sqlite"
KEY_FILE = "key"
CREATION_WAIT_SECONDS = 30.0


class Store:
    """An open data folder. Use :meth:`open`, and :meth:`close` or ``with`` when done."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.control = Control(home / CONTROL_FILE)
        try:
            self.pseudonyms = Pseudonyms(read_key(home / KEY_FILE))
        except BaseException:
            self.control.close()
            raise
        self._readers = Readers(home, self.control)

    @classmethod
    def open(cls, home: Path, *, create: bool = False) -> Store:
        """Open a data folder, bringing an older one to this release's format (after a backup).

        Args:
            home: the folder.
            create: make the folder when it does not exist or is empty.

        Raises:
            StoreError: there is no data folder, or it is newer, damaged, read-only or on a full disk.

        """
        home = Path(os.path.abspath(home.expanduser()))
        check_folder_name(home)
        if create:
            with store_faults(home, "creating the data folder"):
                home.mkdir(parents=True, exist_ok=True, mode=0o700)
                if not (home / CONTROL_FILE).exists():
                    create_key(home / KEY_FILE)
        elif not (home / CONTROL_FILE).is_file():
            raise StoreError(
                "There is no data folder here",
                where=str(home),
                next_step="Run adoption init, or name the right folder with --home",
            )
        store = cls(home)
        try:
            store._complete()
        except BaseException:
            store.close()
            raise
        return store

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close files; open snapshots must be closed before."""
        self._readers.close()
        self.control.close()

    @contextmanager
    def writer(self, owner: str, *, wait_seconds: float = 0.0) -> Iterator[Writer]:
        """The only writer, until the block ends. What was not committed by then is dropped.

        Args:
            owner: what is going on, for the message that a second writer gets ("sync of viva").
            wait_seconds: how long to wait for another writer.

        Raises:
            StoreError: another process writes; says which, and since when.

        """
        lock = FileLock(self.home / "writer.lock")
        with store_faults(self.home, "taking the writer lock"):
            taken = lock.acquire_exclusive(wait_seconds)
        if not taken:
            raise self._held()
        try:
            self.control.take_lease(owner)
            writer = Writer(
                self.home,
                self.control,
                self.pseudonyms,
                self.control.published(),
                self._readers.lock(),
                owner,
            )
            try:
                yield writer
            finally:
                writer.close()
        finally:
            lock.release()

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """One published, consistent version of all tables, pinned until the block ends.

        Raises:
            StoreError: files are missing or damaged.

        """
        with self._readers.pinned() as snapshot:
            yield snapshot

    def _held(self) -> StoreError:
        lease = self.control.lease()
        holder = "Another process"
        if lease is not None:
            holder = (
                f"{lease.owner} (process {lease.pid}, since {lease.since:%Y-%m-%d %H:%M:%S} UTC)"
            )
        return StoreError(
            f"{holder} is writing to the data folder",
            where=str(self.home),
            next_step="Wait until it has finished, or stop it, and run the same command again",
        )

    def _complete(self) -> None:
        """Finish a creation or an upgrade: make and publish the tables that are missing."""
        published = self.control.published()
        if published is None or published.versions.keys() < TABLES.keys():
            with self.writer(
                "creating the data folder", wait_seconds=CREATION_WAIT_SECONDS
            ) as writer:
                writer.prepare()
                writer.commit(reason="create")
