"""Released figures as points of a chart, for pages and reports alike."""

from __future__ import annotations

from adoption.period import parse_week
from adoption.privacy import Released
from adoption.reports.charts import Point
from adoption.wording import counted_from, short_figure

TIME_SPLITS = ("week", "four_weeks")


def points(released: Released) -> list[Point]:
    """The rows of a figure as points; hidden ones stay, without a value."""
    time = released.by in TIME_SPLITS
    return [
        Point(
            at=parse_week(cell.key).isoformat() if time else cell.label,
            value=cell.value if cell.shown else None,
            shown=short_figure(cell, released.unit),
            low=cell.low,
            high=cell.high,
            series=cell.across or "",
            note=counted_from(cell) or cell.note,
        )
        for cell in released.rows
    ]


def ranked(released: Released, limit: int = 20) -> list[Point]:
    """The rows that have a figure, largest first."""
    shown = [point for point in points(released) if point.value is not None]
    return sorted(shown, key=lambda point: (-(point.value or 0.0), point.at))[:limit]
