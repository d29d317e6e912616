"""Walking through pages: one page ahead of the writer, and never in circles."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from adoption.errors import SourceError

T = TypeVar("T")

_END = object()


class CursorGuard:
    """Ends a walk whose cursor does not move, which would otherwise never end."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._seen: set[str] = set()

    def check(self, cursor: object) -> None:
        """Remember ``cursor``.

        Raises:
            SourceError: it was given before.

        """
        key = str(cursor)
        if key in self._seen:
            raise SourceError(
                "The server gives the same page again and again",
                where=self._where,
                next_step="Report this to the maker of the network; what was read so far is kept",
            )
        self._seen.add(key)


def read_ahead(items: Iterator[T], wake: Callable[[], None], depth: int = 1) -> Iterator[T]:
    """Draw from ``items`` in a second thread, up to ``depth`` items ahead of the caller.

    So the next page travels while the last one is written. An exception comes out where the item
    would have. Closing the generator early calls ``wake``, which must end whatever ``items`` is
    waiting for, and returns when the thread has ended.
    """
    line: queue.Queue[Any] = queue.Queue(maxsize=depth)
    stopped = threading.Event()

    def put(item: object) -> bool:
        while not stopped.is_set():
            try:
                line.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def draw() -> None:
        try:
            for item in items:
                if not put((item, None)):
                    return
        except BaseException as error:
            put((None, error))
        else:
            put((_END, None))

    worker = threading.Thread(target=draw, name="read-ahead", daemon=True)
    worker.start()
    try:
        while True:
            item, error = line.get()
            if error is not None:
                raise error
            if item is _END:
                return
            yield item
    finally:
        stopped.set()
        if worker.is_alive():
            wake()
        worker.join()
