"""Readers of published snapshots: Ibis tables and SQL over DuckDB, nothing that can write.

Opening a snapshot pins it: files it uses are not deleted before it is closed. Several snapshots of
the same id in one process share one engine, so a dashboard page costs milliseconds.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
from deltalake import DeltaTable

from adoption.errors import StoreError
from adoption.store.control import Control
from adoption.store.derived import DERIVED, Derived
from adoption.store.engine import READER_MEMORY, open_engine
from adoption.store.faults import store_faults
from adoption.store.lake import files_of, read_files
from adoption.store.locks import FileLock
from adoption.store.records import Published, Review
from adoption.store.schema import TABLES

PIN_WAIT_SECONDS = 60.0
_REVIEWS = pa.schema(
    [(name, pa.string()) for name in ("network", "message_id", "verdict", "barrier", "reason")]
)


class Snapshot:
    """All tables as they were published together.

    Attributes:
        id: the snapshot's number; every figure names it.
        published_at: when it was published, UTC.

    """

    def __init__(self, home: Path, published: Published, engine: Any, derived: Derived) -> None:
        self.id = published.id
        self.published_at: datetime = published.at
        self._home = home
        self._engine = engine
        self._derived = derived
        self._ibis: Any = None
        self._tables: dict[str, Any] = {}

    def table(self, name: str) -> Any:
        """A lake table or one of the views ``persons``, ``facts``, ``verdicts``, ``acts`` as an Ibis table.

        Raises:
            StoreError: there is no such table, or a file is damaged.

        """
        if name not in TABLES and name not in DERIVED:
            raise StoreError(
                f"The store has no table called {name!r}",
                where=str(self._home),
                next_step=f"Use one of: {', '.join((*TABLES, *DERIVED))}",
            )
        with store_faults(self._home, f"reading {name}"):
            self._derived.ensure(self._engine, {name})
            if self._ibis is None:
                self._ibis = ibis.duckdb.from_connection(self._engine)
            if name not in self._tables:
                self._tables[name] = self._ibis.table(name)
            return self._tables[name]

    def sql(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one SELECT over the tables and views; values go through ``parameters``, never into the text.

        Raises:
            StoreError: a file is damaged or the query is wrong.

        """
        with store_faults(self._home, "reading the store"):
            self._derived.ensure(self._engine, _words(query))
            return list(self._engine.execute(query, list(parameters)).fetchall())

    def stream(
        self, query: str, parameters: Sequence[object] = (), *, rows: int = 2000
    ) -> Iterator[list[tuple[Any, ...]]]:
        """As :meth:`sql`, in lists of at most ``rows`` rows, for results that do not fit in memory."""
        with store_faults(self._home, "reading the store"):
            self._derived.ensure(self._engine, _words(query))
            cursor = self._engine.cursor()
            try:
                cursor.execute(query, list(parameters))
                while page := cursor.fetchmany(rows):
                    yield page
            finally:
                cursor.close()

    def warm(self) -> None:
        """Build all views now, so that the first page does not have to."""
        with store_faults(self._home, "preparing figures"):
            self._derived.ensure(self._engine, set(DERIVED))


class Frame:
    """The engine of one snapshot, shared by everybody in this process who reads that snapshot."""

    def __init__(
        self, home: Path, published: Published, reviews: list[Review], model: str | None
    ) -> None:
        self.published = published
        self.users = 0
        self.engine = open_engine(home / "tmp", READER_MEMORY)
        try:
            files = {name: _published_files(home, name, published) for name in TABLES}
            for name, spec in TABLES.items():
                columns = ", ".join(spec.columns)
                self.engine.execute(
                    f"CREATE VIEW {name} AS SELECT {columns} FROM {read_files(spec, files[name])}"
                )
            rows = pa.Table.from_pylist([r._asdict() for r in reviews], schema=_REVIEWS)
            self.engine.register("given_reviews", rows)
            self.engine.execute("CREATE TABLE reviews AS SELECT * FROM given_reviews")
            self.engine.unregister("given_reviews")
            self.derived = Derived(home / "cache", files, model)
        except BaseException:
            self.engine.close()
            raise


class Readers:
    """The snapshots open in this process; one :class:`Frame` per snapshot in use, the newest kept."""

    def __init__(self, home: Path, control: Control) -> None:
        self._home = home
        self._control = control
        self._guard = threading.Lock()
        self._newest: Frame | None = None

    def lock(self) -> FileLock:
        """The lock between those who read files and those who delete them."""
        return FileLock(self._home / "readers.lock")

    @contextmanager
    def pinned(self) -> Iterator[Snapshot]:
        """Pin the published snapshot and open it."""
        with ExitStack() as stack:
            pin = self.lock()
            with store_faults(self._home, "opening a snapshot"):
                if not pin.acquire_shared(PIN_WAIT_SECONDS):
                    raise StoreError(
                        "Files of the store are being deleted for too long",
                        where=str(self._home),
                        next_step="Run the same command again in a minute",
                    )
                stack.callback(pin.release)
                frame = self._borrow()
                stack.callback(self._give_back, frame)
                engine = frame.engine.cursor()
                stack.callback(engine.close)
            yield Snapshot(self._home, frame.published, engine, frame.derived)

    def close(self) -> None:
        """Free the engine that is kept."""
        with self._guard:
            newest, self._newest = self._newest, None
            if newest is not None and newest.users == 0:
                newest.engine.close()

    def _borrow(self) -> Frame:
        with self._guard:
            published = self._control.published()
            if published is None:
                raise StoreError(
                    "The data folder is not complete",
                    where=str(self._home),
                    next_step="Run adoption init again",
                )
            previous = self._newest
            if previous is None or previous.published.id != published.id:
                reviews, model = self._control.reviews(), self._control.current_model()
                self._newest = Frame(self._home, published, reviews, model)
                if previous is not None and previous.users == 0:
                    previous.engine.close()
            frame = self._newest
            assert frame is not None  # noqa: S101
            frame.users += 1
            return frame

    def _give_back(self, frame: Frame) -> None:
        with self._guard:
            frame.users -= 1
            if frame.users == 0 and frame is not self._newest:
                frame.engine.close()


def _words(query: str) -> set[str]:
    """All names in a query; a view that is only mentioned is made in vain, which does no harm."""
    return set(re.findall(r"\w+", query))


def _published_files(home: Path, name: str, published: Published) -> list[str]:
    folder = home / "lake" / name
    return files_of(DeltaTable(str(folder), version=published.versions[name]), folder)
