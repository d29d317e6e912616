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

UNCHANGED = "What was committed before is unchanged"

_KINDS: tuple[tuple[frozenset[int], tuple[str, ...], str, str], ...] = (
    (
        frozenset({errno.ENOSPC, errno.EFBIG, errno.EDQUOT}),
        ("no space left", "disk is full", "file too large", "quota", "os error 28", "os error 27"),
        f"The disk is full ({{doing}}). {UNCHANGED}",
        "Free some space and run the same command again",
    ),
    (
        frozenset({errno.EIO}),
        ("disk i/o error",),
        f"The disk did not take the data ({{doing}}). {UNCHANGED}",
        "See whether the disk is full or failing, then run the same command again",
    ),
    (
        frozenset({errno.EROFS, errno.EACCES, errno.EPERM}),
        ("readonly", "read-only", "permission denied", "unable to open database"),
        f"The data folder cannot be written ({{doing}}). {UNCHANGED}",
        "Allow writing to this folder, or choose another one with --home",
    ),
    (
        frozenset(),
        ("locked", "busy"),
        f"The data folder was busy for too long ({{doing}}). {UNCHANGED}",
        "Run the same command again in a minute",
    ),
    (
        frozenset(),
        ("malformed", "not a database", "corrupt", "no magic bytes", "no such table"),
        "A file of the data folder is damaged ({doing})",
        "Run adoption doctor, then restore the data folder from a backup",
    ),
)
"""Error numbers and words by which a fault is known, what to say of it, and what to do next."""


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
    for numbers, needles, what, next_step in _KINDS:
        if number in numbers or any(needle in words for needle in needles):
            return StoreError(what.format(doing=doing), where=str(home), next_step=next_step)
    return StoreError(
        f"Storage failed with {type(error).__name__} ({doing}). {UNCHANGED}",
        where=str(home),
        next_step="Run the same command again; if it fails again, run adoption doctor",
    )
