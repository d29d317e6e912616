"""Two locks between processes, both held by the operating system and so freed when a process dies.

SQLite's own file locks are used because they behave alike on Linux, macOS and Windows
(https://sqlite.org/lockingv3.html): an exclusive transaction on ``writer.lock`` makes the only
writer; a shared one on ``readers.lock`` pins the files a reader may still open.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

_PRIMARY_CODE = 0xFF
"""The bits of an extended result code that hold the primary one (https://sqlite.org/rescode.html)."""

_CREATE = "CREATE TABLE IF NOT EXISTS lock (one INTEGER)"


class FileLock:
    """A lock on one small file; shared or exclusive.

    Raises (from :meth:`acquire_shared` and :meth:`acquire_exclusive`):
        sqlite3.Error: the folder cannot be written.

    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def acquire_exclusive(self, wait_seconds: float) -> bool:
        """Take the lock alone; ``False`` if somebody else kept it for ``wait_seconds``."""
        return self._acquire("BEGIN EXCLUSIVE", None, wait_seconds)

    def acquire_shared(self, wait_seconds: float) -> bool:
        """Take the lock together with others; ``False`` if somebody held it alone for that long."""
        return self._acquire("BEGIN", "SELECT one FROM lock", wait_seconds)

    def release(self) -> None:
        """Give the lock back; harmless when it is not held."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _acquire(self, begin: str, touch: str | None, wait_seconds: float) -> bool:
        connection = sqlite3.connect(
            self._path, timeout=wait_seconds, isolation_level=None, check_same_thread=False
        )
        try:
            if self._path.stat().st_size == 0:
                connection.execute(_CREATE)
            connection.execute(begin)
            if touch is not None:
                connection.execute(touch).fetchall()
        except sqlite3.Error as error:
            connection.close()
            if error.sqlite_errorcode & _PRIMARY_CODE == sqlite3.SQLITE_BUSY:
                return False
            raise
        self._connection = connection
        return True
