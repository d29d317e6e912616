"""Stopping long work politely: the first Ctrl-C ends it at the next committed point."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from adoption.errors import InterruptedRunError


@contextmanager
def stoppable(announce: Callable[[str], object]) -> Iterator[Callable[[], bool]]:
    """Give work a question to ask between pages: was I told to stop?

    Args:
        announce: told once that stopping was understood, since the next safe point may take a while.

    The first SIGINT or SIGTERM makes the answer yes; a second SIGINT interrupts at once, which
    loses nothing that was committed. Outside the main thread signals cannot be caught and the answer
    stays no.

    Raises:
        InterruptedRunError: at the end of the block, when the work was stopped.

    """
    told = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield told.is_set
        return

    def note(number: int, frame: FrameType | None) -> None:
        if told.is_set():
            raise KeyboardInterrupt
        told.set()
        announce("Stopping at the next safe point; Ctrl-C again ends at once.")

    former = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield told.is_set
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
    if told.is_set():
        raise InterruptedRunError(
            "Stopped as you asked; everything read so far is kept",
            next_step="Run the same command again to go on from here",
        )
