"""Turns rows of connectors into Arrow tables for the lake, with pseudonyms in place of people.

Columns are built whole (``zip(*rows)``), never row by row: this is the hot path of an import.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from adoption.model import ActivityCount, Community, Message, Reaction
from adoption.store.schema import ACTIVITY, COMMUNITIES, MESSAGES, REACTIONS, SCORES, ScoreRow

PersonId = Callable[[str | None], str | None]
"""Gives the pseudonym of a source's id, and ``None`` for ``None``."""


def messages_table(network: str, rows: Iterable[Message], person: PersonId) -> Any:
    """The ``messages`` columns of these messages; of equal ids the last one stays."""
    unique = {row.id: row for row in rows}
    ids, community, conversation, parent, author, author_kind, kind, created, text, *rest = zip(
        *unique.values(), strict=True
    )
    created_at = _times(created)
    created_on = created_at.cast(pa.date32())
    columns = (
        [network] * len(unique),
        _texts(ids),
        _texts(community),
        _texts(conversation),
        _texts(parent),
        list(map(person, author)),
        author_kind,
        kind,
        created_at,
        created_on,
        _texts(text),
        *rest[:2],
        _texts(rest[2]),
        _months(created_on),
    )
    return _table(columns, MESSAGES.schema)


def reactions_table(network: str, rows: Iterable[Reaction], person: PersonId) -> Any:
    """The ``reactions`` columns of these reactions; of equal keys the last one stays."""
    unique = {(row.message_id, row.person_id, row.kind): row for row in rows}
    message, message_at, people, kind, reacted, number, removed = zip(*unique.values(), strict=True)
    at = _times(message_at)
    columns = (
        [network] * len(unique),
        _texts(message),
        at,
        list(map(person, people)),
        _texts(kind),
        reacted,
        number,
        removed,
        _months(at.cast(pa.date32())),
    )
    return _table(columns, REACTIONS.schema)


def activity_table(network: str, rows: Iterable[ActivityCount], person: PersonId) -> Any:
    """The ``activity`` columns of these counts; of equal keys the last one stays."""
    unique = {(r.person_id, r.day.date(), r.kind, r.window_days): r for r in rows}
    people, days, kind, number, window = zip(*unique.values(), strict=True)
    day = _times(days).cast(pa.date32())
    columns = ([network] * len(unique), list(map(person, people)), day, kind, number, window)
    return _table((*columns, _months(day)), ACTIVITY.schema)


def communities_table(network: str, rows: Iterable[Community]) -> Any:
    """The ``communities`` columns of these communities; of equal ids the last one stays."""
    unique = {row.id: row for row in rows}
    ids, names, kinds, private, created, archived = zip(*unique.values(), strict=True)
    columns = (
        [network] * len(unique),
        _texts(ids),
        _texts(names),
        kinds,
        private,
        created,
        archived,
    )
    return _table(columns, COMMUNITIES.schema)


def scores_table(rows: Iterable[ScoreRow]) -> Any:
    """The ``scores`` columns of these verdicts; of equal keys the last one stays."""
    unique = {(row.network, row.message_id, row.model): row for row in rows}
    network, message, created, *rest = zip(*unique.values(), strict=True)
    months = _months(_times(created).cast(pa.date32()))
    return _table((network, message, *rest, months), SCORES.schema)


def _table(columns: Sequence[Any], schema: Any) -> Any:
    arrays = [
        column if isinstance(column, pa.Array) else pa.array(column, type=field.type)
        for column, field in zip(columns, schema, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _times(values: Sequence[Any]) -> Any:
    return pa.array(values, type=pa.timestamp("us", tz="UTC"))


def _texts(values: Sequence[str | None]) -> Any:
    """Text as UTF-8; half surrogate pairs, which no UTF-8 can hold, become question marks."""
    try:
        return pa.array(values, type=pa.string())
    except UnicodeEncodeError:
        clean = [v if v is None else v.encode("utf-8", "replace").decode() for v in values]
        return pa.array(clean, type=pa.string())


def _months(days: Any) -> Any:
    """``YYYY-MM`` of each day; computed once per distinct day."""
    encoded = days.dictionary_encode()
    names = pa.array([_month(day) for day in encoded.dictionary.to_pylist()], type=pa.string())
    return names.take(encoded.indices)


def _month(day: date) -> str:
    return f"{day.year:04d}-{day.month:02d}"
