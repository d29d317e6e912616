"""Reads a connector's streams into the store: page by page, rows and checkpoint committed together.

Pages are gathered into batches, because a commit costs about the same for twenty rows as for
thousands. A batch is committed when it has many rows, much text, or is a few seconds old; so a kill
or a failure costs at most one batch, which the next run reads again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Protocol, runtime_checkable

from adoption.connector import Checkpoint, Connector, Page, Stream
from adoption.errors import (
    AdoptionError,
    InterruptedRunError,
    SettingsError,
    SourceError,
    StoreError,
)
from adoption.model import Message, Row
from adoption.store import Counts, RunRecord, Store, Writer
from adoption.store.records import merge_counts, now

BATCH_ROWS = 50_000
BATCH_CHARACTERS = 32_000_000
BATCH_SECONDS = 5.0
KEPT_NOTES = 200
WATCH_SECONDS = 0.2


class Progress(Protocol):
    """Told how far a long piece of work has come."""

    def __call__(self, stage: str, done: int, total: int | None, note: str = "") -> None:
        """``done`` of ``total`` (``None``: nobody knows) of the stage are finished."""


class Traffic(Protocol):
    """What asking a server has cost so far."""

    requests: int
    wait_seconds: float


@runtime_checkable
class Metered(Protocol):
    """A connector that counts its requests."""

    @property
    def traffic(self) -> Traffic:
        """Requests sent and seconds waited since the connector was made."""


@runtime_checkable
class Wakeable(Protocol):
    """A connector that may have to wait long for a server, and can be told to stop waiting."""

    def cancel(self) -> None:
        """End the waiting; reading then raises :class:`InterruptedRunError`."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run did.

    Attributes:
        run: number of the run record.
        network: which network.
        state: ``finished`` or ``stopped``.
        rows: counts by table.
        skipped: source rows that were left out.
        notes: sentences for the reader, without repeats.
        seconds: how long it took.
        snapshot: the snapshot that is published now.

    """

    run: int
    network: str
    state: str
    rows: Mapping[str, Counts]
    skipped: int
    notes: tuple[str, ...]
    seconds: float
    snapshot: int


def sync(
    store: Store,
    network: str,
    connector: Connector,
    *,
    progress: Progress,
    cancelled: Callable[[], bool],
    full: bool = False,
    wait_seconds: float = 0.0,
) -> RunResult:
    """Read all streams of a connector, from their checkpoints on, and close the connector.

    Args:
        store: where to.
        network: a network the store knows.
        connector: where from.
        progress: told after each page.
        cancelled: asked before each page; ``True`` ends the run as "stopped" after what was read so
            far is committed. The next run goes on from there.
        full: start from the beginning instead of the checkpoints.
        wait_seconds: how long to wait while another process writes.

    Raises:
        SettingsError: the store does not know the network.
        StoreError: another process writes, or the data folder cannot be used.
        SourceError, AccessError: from the connector; what was read before is committed, and the run
            is recorded as failed with the reason.

    """
    try:
        if store.control.network(network) is None:
            raise SettingsError(
                f"There is no network called {network!r}",
                where=str(store.home),
                next_step="Run adoption connect list to see those there are",
            )
        with store.writer(f"sync of {network}", wait_seconds=wait_seconds) as writer:
            run = store.control.start_run(network)
            batch = Batch(writer, run, connector)
            with _recorded(store, batch, connector.title), _woken(connector, cancelled):
                stopped = not _read_streams(store, batch, connector, progress, cancelled, full)
                snapshot = batch.finish("stopped" if stopped else "finished")
            writer.compact()
    finally:
        connector.close()
    run = batch.run
    seconds = ((run.ended_at or now()) - run.started_at).total_seconds()
    return RunResult(
        run.id, network, run.state, run.rows, run.skipped, run.notes, seconds, snapshot
    )


@dataclass(slots=True)
class Batch:
    """Pages that were read and not yet committed, and the run they belong to."""

    writer: Writer
    run: RunRecord
    connector: Connector
    rows: list[Row] = field(default_factory=list)
    characters: int = 0
    checkpoints: dict[tuple[str, str], Checkpoint] = field(default_factory=dict)
    began: float = 0.0

    def add(self, stream: Stream, page: Page) -> None:
        """Take a page; commits when the batch is large or old enough."""
        if not self.checkpoints:
            self.began = time.monotonic()
        self.rows.extend(page.rows)
        self.characters += sum(len(row.text) for row in page.rows if isinstance(row, Message))
        self.checkpoints[(self.run.network, stream.name)] = page.checkpoint
        notes = dict.fromkeys((*self.run.notes, *page.notes))
        self.run = replace(
            self.run,
            skipped=self.run.skipped + page.skipped,
            notes=tuple(notes)[:KEPT_NOTES],
        )
        if (
            len(self.rows) >= BATCH_ROWS
            or self.characters >= BATCH_CHARACTERS
            or time.monotonic() - self.began >= BATCH_SECONDS
        ):
            self.commit()

    def commit(self) -> int:
        """Write the rows and publish them with their checkpoints and the run so far."""
        self._write()
        return self._publish()

    def finish(self, state: str, error: str = "") -> int:
        """Commit what is left together with how the run ended."""
        self._write()
        self.run = replace(self.run, state=state, ended_at=now(), error=error)
        return self._publish()

    def _write(self) -> None:
        counts = self.writer.write(self.run.network, self.rows)
        self.run = replace(self.run, rows=merge_counts(self.run.rows, counts))
        if isinstance(self.connector, Metered):
            traffic = self.connector.traffic
            self.run = replace(
                self.run, requests=traffic.requests, wait_seconds=traffic.wait_seconds
            )

    def _publish(self) -> int:
        snapshot = self.writer.commit(checkpoints=self.checkpoints, run=self.run)
        self.rows, self.checkpoints, self.characters = [], {}, 0
        return snapshot


@contextmanager
def _recorded(store: Store, batch: Batch, title: str) -> Iterator[None]:
    """Record a failure inside the block; what the connector gave before it is committed."""
    try:
        yield
    except StoreError as error:
        _abandon(store, batch, str(error))
        raise
    except AdoptionError as error:
        batch.finish("failed", str(error))
        raise
    except Exception as error:
        reason = f"The connector {title} stopped with {type(error).__name__}"
        _abandon(store, batch, reason)
        raise SourceError(
            reason,
            where=f"network {batch.run.network}",
            next_step="Run it again; if it fails again, report this to whoever made the connector",
        ) from error
    except BaseException:
        _abandon(store, batch, "The process was told to end")
        raise


def _abandon(store: Store, batch: Batch, reason: str) -> None:
    """Record the failure without committing; a store that cannot even do that keeps its own error."""
    with suppress(StoreError):
        store.control.save_run(replace(batch.run, state="failed", ended_at=now(), error=reason))


def _read_streams(
    store: Store,
    batch: Batch,
    connector: Connector,
    progress: Progress,
    cancelled: Callable[[], bool],
    full: bool,
) -> bool:
    """Read every stream in the declared order; ``False`` if the user stopped it."""
    for stream in connector.streams:
        since = None if full else store.control.checkpoint(batch.run.network, stream.name)
        read = 0
        try:
            for page in _until(cancelled, connector.read(stream, since)):
                batch.add(stream, page)
                read += len(page.rows)
                done, total = (read, None) if page.done is None else (page.done, page.total)
                progress(stream.name, done, total, "")
        except InterruptedRunError:
            if not cancelled():
                raise
        if cancelled():
            return False
    return True


@contextmanager
def _woken(connector: Connector, cancelled: Callable[[], bool]) -> Iterator[None]:
    """Tell a connector that waits for a server when the user stops the run meanwhile."""
    if not isinstance(connector, Wakeable):
        yield
        return
    over = threading.Event()

    def watch() -> None:
        while not over.wait(WATCH_SECONDS):
            if cancelled():
                connector.cancel()
                return

    watcher = threading.Thread(target=watch, name="watch for a stop", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _until(cancelled: Callable[[], bool], pages: Iterable[Page]) -> Iterator[Page]:
    """Pages until the user stops the run; asked before the next page is read."""
    for page in pages:
        yield page
        if cancelled():
            return
