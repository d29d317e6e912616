"""One Delta table of the lake: written by the one writer, read as a list of Parquet files.

What is written here is not visible to anybody until :meth:`Control.publish` names its version.
delta-rs never calls fsync, so :func:`flush_tables` does it for every new file, log entry and folder
before a version may be published.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
from deltalake import DeltaTable, WriterProperties, write_deltalake

from adoption.errors import StoreError
from adoption.store.schema import TableSpec

ROW_GROUP = 122_880
FLUSHING_THREADS = 8
_WRITER = WriterProperties(compression="ZSTD", max_row_group_size=ROW_GROUP)
_UNREADABLE_FEATURES = frozenset({"deletionVectors", "columnMapping"})
_BAD_IN_PATH = re.compile(r"[\[\]^|=]|%[0-9A-Fa-f]{2}")
_LOG = "_delta_log"
PROPERTIES = {
    "delta.dataSkippingNumIndexedCols": "0",
    "delta.enableExpiredLogCleanup": "false",
}
"""No statistics in the log: they would keep the first characters of messages after the rows are erased.
No clean-up of the log by delta-rs on its own: it might remove entries that the published version still
needs while newer versions are not published yet. :meth:`LakeTable.remove_unused_files` does it."""
_SQL_TYPES = {
    pa.string(): "VARCHAR",
    pa.int64(): "BIGINT",
    pa.int32(): "INTEGER",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.date32(): "DATE",
    pa.timestamp("us", tz="UTC"): "TIMESTAMPTZ",
    pa.list_(pa.string()): "VARCHAR[]",
}


def check_folder_name(home: Path) -> None:
    """Refuse a folder name that delta-rs or DuckDB would read as something else.

    Raises:
        StoreError: the path holds ``[ ] ^ |``, a percent sign before two hex digits, or ``=`` (which
            would look like a partition).

    """
    if _BAD_IN_PATH.search(str(home)):
        raise StoreError(
            "The name of the data folder holds a character the store cannot use: [ ] ^ | = or %",
            where=str(home),
            next_step="Choose another folder with --home",
        )


def month_of(file: str) -> str:
    """The month in a file's path, empty for a table without partitions."""
    name, _, value = Path(file).parent.name.partition("=")
    return value if name == "month" else ""


def read_files(spec: TableSpec, files: Sequence[str]) -> str:
    """SQL that reads these files as one table with all columns of ``spec``, missing ones as null."""
    if not files:
        columns = ", ".join(
            f"CAST(NULL AS {_SQL_TYPES[column.type]}) AS {column.name}" for column in spec.schema
        )
        return f"(SELECT {columns} WHERE false)"
    hive = ", hive_partitioning = true, hive_types = {'month': VARCHAR}" if spec.partitioned else ""
    return f"read_parquet({list_literal(files)}, union_by_name = true{hive})"


def list_literal(files: Sequence[str]) -> str:
    """A list of paths as an SQL literal."""
    return f"[{', '.join(_quoted(file) for file in files)}]"


def _quoted(path: str) -> str:
    """A path as an SQL string in which DuckDB sees no wildcard."""
    literal = re.sub(r"[*?]", lambda found: f"[{found.group()}]", path)
    return "'" + literal.replace("'", "''") + "'"


def files_of(table: DeltaTable, folder: Path) -> list[str]:
    """The Parquet files of the loaded version, as absolute paths in a stable order.

    Raises:
        StoreError: another program switched on a Delta feature that a plain file list cannot honour.

    """
    protocol = table.protocol()
    features = set(protocol.reader_features or ()) | set(protocol.writer_features or ())
    if features & _UNREADABLE_FEATURES:
        raise StoreError(
            f"Another program switched on {', '.join(sorted(features & _UNREADABLE_FEATURES))}",
            where=str(folder),
            next_step="Switch this feature off there and rewrite the table, then try again",
        )
    return sorted(str(folder / path) for path in _paths(table))


def _paths(table: DeltaTable) -> list[str]:
    return [str(path) for path in table.get_add_actions(flatten=True).column("path").to_pylist()]


def flush_file(path: Path) -> None:
    """Bring one file or folder to disk."""
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def drop_unpublished(log: Path, published: int) -> None:
    """Remove what a writer that died left in the log after the published version.

    Nobody reads those entries, and after a power cut they may be torn, since only publishing flushes.
    The newest goes first, so a kill in between leaves no gap.
    """
    hint = log / "_last_checkpoint"
    if hint.exists() and _checkpoint_version(hint) > published:
        hint.unlink()
    entries = [path for path in log.iterdir() if path.name[:20].isdigit()]
    for path in sorted(entries, reverse=True):
        if int(path.name[:20]) > published:
            path.unlink()


def _checkpoint_version(hint: Path) -> int:
    """The version a checkpoint hint names; a torn hint counts as unpublished."""
    try:
        return int(json.loads(hint.read_text())["version"])
    except (ValueError, KeyError):
        return sys.maxsize


class Unflushed(NamedTuple):
    """Files and folders that are not known to be on disk."""

    files: list[Path]
    folders: list[Path]


def flush_tables(tables: Collection[LakeTable]) -> None:
    """Bring everything these tables have written to disk, files before the folders that name them.

    Many files are flushed side by side, because a disk does that in little more than the time of one.
    Windows has no way to flush a folder, and does not need it.
    """
    unflushed = [table.unflushed() for table in tables]
    files = [file for one in unflushed for file in one.files]
    folders = {folder for one in unflushed for folder in one.folders} if os.name == "posix" else ()
    if files:
        with ThreadPoolExecutor(FLUSHING_THREADS) as pool:
            list(pool.map(flush_file, files))
            list(pool.map(flush_file, folders))
    for table in tables:
        table.mark_flushed()


class LakeTable:
    """The writer's hold on one table.

    Args:
        spec: which table.
        folder: where it lies.
        published: the published version, or ``None`` if the table was never published. What a killed
            writer left beyond it is undone first, so its rows can be neither doubled nor seen.

    """

    def __init__(self, spec: TableSpec, folder: Path, published: int | None) -> None:
        self.spec = spec
        self.folder = folder
        self._delta = self._opened(published)
        self._durable_version = -1 if published is None else published
        self._files = files_of(self._delta, folder)
        self._durable = set() if published is None else set(self._files)

    @property
    def version(self) -> int:
        """The newest version, published or not."""
        return int(self._delta.version())

    def files(self, months: Iterable[str] | None = None) -> list[str]:
        """The files of the newest version, all or only those of some months."""
        if months is None:
            return self._files
        wanted = set(months)
        return [file for file in self._files if month_of(file) in wanted]

    def append(self, rows: Any) -> None:
        """Add rows (Arrow table or reader)."""
        self._write(rows, mode="append")

    def replace(self, rows: Any, month: str | None = None) -> None:
        """Put these rows in the place of a month's rows, or of all rows."""
        predicate = f"month = '{month}'" if month is not None else None
        self._write(rows, mode="overwrite", predicate=predicate)

    def unflushed(self) -> Unflushed:
        """What was written since the last :meth:`mark_flushed`: data files, log entries, folders."""
        if self._durable_version == self.version:
            return Unflushed([], [])
        log = self.folder / _LOG
        new_files = [Path(file) for file in self._files if file not in self._durable]
        entries = [
            log / f"{number:020d}.json"
            for number in range(self._durable_version + 1, self.version + 1)
        ]
        checkpoints = [*log.glob("*.checkpoint*.parquet"), *log.glob("_last_checkpoint")]
        folders = {log, *(path.parent for path in new_files)}
        created = self._durable_version < 0
        if created or not folders <= {log, *(Path(file).parent for file in self._durable)}:
            folders |= {self.folder}
        if created:
            folders |= {self.folder.parent, self.folder.parent.parent}
        return Unflushed([*new_files, *entries, *checkpoints], sorted(folders))

    def mark_flushed(self) -> None:
        """Remember that everything up to the newest version is on disk."""
        self._durable = set(self._files)
        self._durable_version = self.version

    def remove_unused_files(self) -> int:
        """Delete data files and old log entries that the newest version does not use.

        Call only when the newest version is the published one and no reader is about.

        Returns:
            How many files went.

        """
        used = set(self._files)
        unused = [path for path in self.folder.rglob("*.parquet") if path.parent.name != _LOG]
        unused = [path for path in unused if str(path) not in used]
        for path in unused:
            path.unlink()
        self._delta.cleanup_metadata()
        return len(unused)

    def _opened(self, published: int | None) -> DeltaTable:
        if published is not None:
            drop_unpublished(self.folder / _LOG, published)
            return DeltaTable(str(self.folder), version=published)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True, mode=0o700)
        return DeltaTable.create(
            str(self.folder),
            schema=self.spec.schema,
            partition_by=["month"] if self.spec.partitioned else None,
            configuration=PROPERTIES,
        )

    def _write(self, rows: Any, **options: Any) -> None:
        write_deltalake(self._delta, rows, writer_properties=_WRITER, **options)
        self._files = files_of(self._delta, self.folder)
