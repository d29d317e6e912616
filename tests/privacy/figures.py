"""Raw figures for tests of the gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from adoption.metrics import Figures, RawCell, Rest, Selection
from adoption.period import Period

WHEN = Period.parse("2026-W01:2026-W13")


def raw(
    key: str = "",
    *,
    people: int = 100,
    authors: int = 50,
    objectors: int = 10,
    numerator: float = 20,
    denominator: float = 200,
    across: str | None = None,
    top_one: float = 0.1,
    top_two: float = 0.15,
) -> RawCell:
    """A cell of the pushback rate that may be shown, unless told otherwise."""
    return RawCell(
        key=key,
        label=key.title(),
        across=across,
        value=1000 * numerator / denominator if denominator else None,
        numerator=numerator,
        denominator=denominator,
        low=1.0,
        high=900.0,
        people=people,
        authors=authors,
        objectors=objectors,
        top_one=top_one,
        top_two=top_two,
        note="" if denominator else "Nothing to count here in this period.",
    )


def figures(
    rows: Sequence[RawCell] = (),
    total: RawCell | None = None,
    *,
    metric: str = "pushback-rate",
    by: str | None = None,
    across: str | None = None,
    selection: Selection = Selection(),  # noqa: B008 - frozen
    rest: Rest | None = None,
    parts: Sequence[RawCell] = (),
    row_totals: Sequence[RawCell] = (),
    column_totals: Sequence[RawCell] = (),
) -> Figures:
    """Figures around some cells; the total is their sum unless given."""
    return Figures(
        metric=metric,
        period=WHEN,
        selection=selection,
        by=by if by or not rows else "department",
        across=across,
        snapshot=7,
        total=total or (summed(rows) if rows else raw()),
        rows=tuple(rows),
        row_totals=tuple(row_totals),
        column_totals=tuple(column_totals),
        parts=tuple(parts),
        rest=rest,
    )


def summed(rows: Sequence[RawCell]) -> RawCell:
    """The total of a table."""
    return raw(
        people=sum(row.people for row in rows),
        authors=sum(row.authors for row in rows),
        objectors=sum(row.objectors for row in rows),
        numerator=sum(row.numerator or 0 for row in rows),
        denominator=sum(row.denominator or 0 for row in rows),
    )


def activity(key: str, people: int, value: float) -> RawCell:
    """A cell of a count such as posts."""
    return replace(
        raw(key, people=people, authors=0, objectors=0),
        value=value,
        numerator=None,
        denominator=None,
        low=None,
        high=None,
    )
