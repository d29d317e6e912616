"""Turns what SQLite, Delta, DuckDB and the file system raise into one StoreError a person can act on."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from deltalake.exceptions import DeltaError

from adoption.errors import StoreError

_FULL = (
    "no space left",
    "disk is full",
    "file too large",
    "disk quota",
    "os error 28",
    "os error 27",
)
_READ_ONLY = ("readonly", "read-only", "permission denied", "unable to open database")
_DAMAGED = ("malformed", "not a database", "corrupt", "no magic bytes", "no such table")


@contextmanager
def store_faults(home: Path, doing: str) -> Iterator[None]:
    """Report any storage failure inside the block as a StoreError.

    Args:
        home: the data folder, for the message.
        doing: what was under way, as in "writing messages".

    Raises:
        StoreError: the disk is full, the folder is read-only, a file is damaged, or something else failed.

    """
    try:
        yield
    except (sqlite3.Error, duckdb.Error, DeltaError, OSError) as error:
        raise _explained(error, home, doing) from error


def _explained(error: Exception, home: Path, doing: str) -> StoreError:
    words = str(error).casefold()
    number = error.errno if isinstance(error, OSError) else None
    unchanged = "What was committed before is unchanged"
    if number in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT) or _any_in(_FULL, words):
        return StoreError(
            f"The disk is full ({doing}). {unchanged}",
            where=str(home),
            next_step="Free some space and run the same command again",
        )
    if number in (errno.EROFS, errno.EACCES, errno.EPERM) or _any_in(_READ_ONLY, words):
        return StoreError(
            f"The data folder cannot be written ({doing}). {unchanged}",
            where=str(home),
            next_step="Allow writing to this folder, or choose another one with --home",
        )
    if "locked" in words or "busy" in words:
        return StoreError(
            f"The data folder was busy for too long ({doing}). {unchanged}",
            where=str(home),
            next_step="Run the same command again in a minute",
        )
    if _any_in(_DAMAGED, words):
        return StoreError(
            f"A file of the data folder is damaged ({doing})",
            where=str(home),
            next_step="Run adoption doctor, then restore the data folder from a backup",
        )
    return StoreError(
        f"Storage failed with {type(error).__name__} ({doing}). {unchanged}",
        where=str(home),
        next_step="Run the same command again; if it fails again, run adoption doctor",
    )


def _any_in(needles: tuple[str, ...], words: str) -> bool:
    return any(needle in words for needle in needles)
