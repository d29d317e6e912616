"""Progress on the command line: a bar on a terminal, plain lines elsewhere, always on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as RichProgress

PLAIN_INTERVAL_SECONDS = 5.0


class PlainProgress:
    """One line per stage, then at most one every few seconds."""

    def __init__(self) -> None:
        self._stage = ""
        self._said_at = 0.0

    def __call__(self, stage: str, done: int, total: int | None, note: str = "") -> None:
        """Say how far a stage has come, unless something was said just now."""
        now = time.monotonic()
        if stage == self._stage and now - self._said_at < PLAIN_INTERVAL_SECONDS and done != total:
            return
        self._stage, self._said_at = stage, now
        amount = f"{done:,} of {total:,}" if total else f"{done:,}"
        with suppress(BrokenPipeError):  # nobody listens any more; the work goes on
            sys.stderr.write(f"{stage}: {amount}{f' - {note}' if note else ''}\n")
            sys.stderr.flush()


class BarProgress:
    """A bar per stage on a terminal."""

    def __init__(self) -> None:
        self._bars = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(compact=True),
            TextColumn("[dim]{task.fields[note]}"),
            console=Console(stderr=True),
            transient=False,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> BarProgress:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def __call__(self, stage: str, done: int, total: int | None, note: str = "") -> None:
        """Move the bar of a stage."""
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(stage, total=total, note=note)
        self._bars.update(self._tasks[stage], completed=done, total=total, note=note)


@contextmanager
def shown_progress() -> Iterator[PlainProgress | BarProgress]:
    """The progress that fits where we run."""
    if sys.stderr.isatty():
        with BarProgress() as bars:
            yield bars
    else:
        yield PlainProgress()
