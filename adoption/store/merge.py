"""Merges new rows into a lake table by key, month by month.

New rows are appended; a month is rewritten only if one of its rows changed. Rows that are already
there as they are cost a comparison and write nothing.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from adoption.store.lake import LakeTable, read_files
from adoption.store.records import Counts
from adoption.store.schema import TableSpec


class Found(NamedTuple):
    """The incoming rows that are already there, as NumPy arrays of equal length.

    ``place`` is a row's index among the incoming rows, ``month`` where it lies now, ``changed``
    whether any of its columns differs.
    """

    place: Any
    month: Any
    changed: Any


def merge(engine: Any, table: LakeTable, incoming: Any) -> Counts:
    """Bring ``incoming`` (an Arrow table without duplicate keys) into ``table``.

    Args:
        engine: a DuckDB connection.
        table: the table to write.
        incoming: rows in the columns of the table.

    Returns:
        How many rows were added, changed and left alone.

    """
    engine.register("incoming", _numbered(incoming))
    try:
        found = _existing(engine, table, incoming)
        changed = found.place[found.changed]
        fresh = np.ones(incoming.num_rows, dtype=bool)
        fresh[found.place] = False
        counts = Counts(int(fresh.sum()), len(changed), len(found.place) - len(changed))
        if len(changed):
            months = np.array(_months(incoming))
            touched = {*found.month[found.changed].tolist(), *months[changed].tolist()}
            for month in sorted(touched):
                _rewrite(engine, table, month, found)
            fresh &= ~np.isin(months, list(touched))
        if fresh.all():
            table.append(incoming)
        elif fresh.any():
            table.append(incoming.take(np.flatnonzero(fresh)))
    finally:
        engine.unregister("incoming")
    return counts


def compact(engine: Any, table: LakeTable, month: str | None) -> None:
    """Rewrite one month, or a table without months, into few files in order of time."""
    files = table.files() if month is None else table.files([month])
    order = ", ".join(table.spec.key if month is None else _sort_columns(table.spec))
    rows = engine.sql(
        f"SELECT {_columns(table.spec)} FROM {read_files(table.spec, files)} ORDER BY {order}"
    )
    table.replace(rows.to_arrow_reader(), month)


def remove_where(engine: Any, table: LakeTable, condition: str, parameters: dict[str, Any]) -> int:
    """Rewrite the months that hold rows for which the SQL ``condition`` is true, without those rows.

    Returns:
        How many rows went.

    """
    spec = table.spec
    month = "month" if spec.partitioned else "''"
    hits = engine.execute(
        f"SELECT {month}, count(*) FROM {read_files(spec, table.files())} WHERE {condition} GROUP BY 1",
        parameters,
    ).fetchall()
    for name, _count in hits:
        files = table.files([name]) if spec.partitioned else table.files()
        rest = engine.sql(
            f"SELECT {_columns(spec)} FROM {read_files(spec, files)} WHERE ({condition}) IS NOT TRUE",
            params=parameters,
        )
        table.replace(rest.to_arrow_reader(), name or None)
    return sum(count for _name, count in hits)


def _numbered(incoming: Any) -> Any:
    return incoming.append_column("place", pa.array(range(incoming.num_rows), type=pa.int64()))


def _months(incoming: Any) -> list[str]:
    if "month" not in incoming.column_names:
        return [""] * incoming.num_rows
    return [str(month) for month in incoming.column("month").to_pylist()]


def _existing(engine: Any, table: LakeTable, incoming: Any) -> Found:
    """The incoming rows that are already there.

    Two steps, because reading all columns of all months for every batch of a first import would be
    waste: the months that hold any of the keys, then a comparison in those months only.
    """
    spec = table.spec
    files = table.files(set(_months(incoming))) if spec.month_in_key else table.files()
    if files and spec.partitioned:
        rows = engine.execute(
            f"SELECT DISTINCT e.month FROM {read_files(spec, files)} e"
            f" JOIN incoming i ON {_same_key(spec)}"
        ).fetchall()
        files = table.files([row[0] for row in rows])
    month = "e.month" if spec.partitioned else "''"
    differs = " OR ".join(f"e.{name} IS DISTINCT FROM i.{name}" for name in spec.compared)
    found = engine.execute(
        f"SELECT i.place, {month} AS month, {differs} AS changed FROM {read_files(spec, files)} e"
        f" JOIN incoming i ON {_same_key(spec)}"
    ).fetchnumpy()
    return Found(found["place"], found["month"], found["changed"])


def _rewrite(engine: Any, table: LakeTable, month: str, found: Found) -> None:
    """Write a month anew: its rows that stay, and all incoming rows of this month but the unchanged."""
    spec = table.spec
    files = table.files([month])
    engine.register("changed", pa.table({"place": found.place[found.changed]}))
    engine.register("unchanged", pa.table({"place": found.place[~found.changed]}))
    here = f"i.month = '{month}' AND" if spec.partitioned else ""
    rows = engine.sql(
        f"SELECT {_columns(spec, 'e')} FROM {read_files(spec, files)} e WHERE NOT EXISTS ("
        f" SELECT 1 FROM incoming i SEMI JOIN changed USING (place) WHERE {_same_key(spec)})"
        f" UNION ALL SELECT {_columns(spec, 'i')} FROM incoming i"
        f" WHERE {here} NOT EXISTS (SELECT 1 FROM unchanged u WHERE u.place = i.place)"
    )
    table.replace(rows.to_arrow_reader(), month or None)
    engine.unregister("changed")
    engine.unregister("unchanged")


def _columns(spec: TableSpec, alias: str = "") -> str:
    prefix = f"{alias}." if alias else ""
    return ", ".join(prefix + name for name in spec.columns)


def _same_key(spec: TableSpec) -> str:
    return " AND ".join(f"e.{name} IS NOT DISTINCT FROM i.{name}" for name in spec.key)


def _sort_columns(spec: TableSpec) -> tuple[str, ...]:
    times = {"messages": "created_at", "reactions": "message_at", "activity": "day"}
    first = times.get(spec.name)
    return (first, *spec.key) if first else spec.key
