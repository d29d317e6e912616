"""Released figures arranged for a reader: points of a chart, and which groups it leaves out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from adoption.period import parse_week
from adoption.privacy import Cell, Released, State
from adoption.reports.charts import Point
from adoption.wording import counted_from, short_figure

TIME_SPLITS = ("week", "four_weeks")


@dataclass(frozen=True, slots=True)
class Ranking:
    """The groups of a figure: those with something to show, largest first, and the others by name.

    ``nothing`` had a figure of zero, ``hidden`` are kept back by the privacy gate, ``silent`` had
    nothing to count at all.
    """

    shown: tuple[Cell, ...]
    nothing: tuple[str, ...]
    hidden: tuple[str, ...]
    silent: tuple[str, ...]


def ranking(released: Released) -> Ranking:
    """Arrange the groups of a figure that is split once."""
    shown = [cell for cell in released if cell.shown and cell.value]
    return Ranking(
        shown=tuple(sorted(shown, key=lambda cell: (-(cell.value or 0.0), cell.label))),
        nothing=_labels(cell for cell in released if cell.shown and not cell.value),
        hidden=_labels(cell for cell in released if cell.state is State.SUPPRESSED),
        silent=_labels(cell for cell in released if cell.state is State.NOT_AVAILABLE),
    )


def points(released: Released) -> list[Point]:
    """The rows of a figure as points; hidden ones stay, without a value."""
    time = released.by in TIME_SPLITS
    return [
        _point(released, cell, parse_week(cell.key).isoformat() if time else cell.label)
        for cell in released.rows
    ]


def ranked(released: Released, limit: int = 20) -> list[Point]:
    """The groups that have something to show, largest first."""
    return [_point(released, cell, cell.label) for cell in ranking(released).shown[:limit]]


def _point(released: Released, cell: Cell, at: str) -> Point:
    return Point(
        at=at,
        value=cell.value if cell.shown else None,
        shown=short_figure(cell, released.unit),
        low=cell.low,
        high=cell.high,
        series=cell.across or "",
        note=counted_from(cell) or cell.note,
    )


def _labels(cells: Iterable[Cell]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(cell.label for cell in cells))
