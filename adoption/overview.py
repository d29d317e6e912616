"""The headline row: which figures stand first, each with its comparison and its weeks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from adoption.metrics import Selection
from adoption.period import Period
from adoption.privacy import Released

HEADLINES: tuple[str, ...] = (
    "active-share",
    "active-people",
    "posts",
    "replies",
    "reactions",
    "dialogue-share",
    "response-rate",
    "response-time",
    "pushback-rate",
    "unscored-share",
)
"""The metrics of the Overview page and of page one of a report, in this order."""

TREND_HEADLINES: tuple[str, ...] = ("active-people", "dialogue-share", "pushback-rate")
"""Those whose weeks are drawn as a chart."""

MetricReader = Callable[[str, Period, Selection, str | None], Released]


@dataclass(frozen=True, slots=True)
class Headline:
    """One headline figure: now, in the comparison period, and week by week where it is drawn."""

    now: Released
    before: Released
    weekly: Released | None = None


def overview(
    metric: MetricReader, period: Period, selection: Selection, names: Sequence[str] = HEADLINES
) -> tuple[Headline, ...]:
    """All headline figures for a period, compared with the preceding one of equal length."""
    return tuple(
        Headline(
            now=metric(name, period, selection, None),
            before=metric(name, period.previous(), selection, None),
            weekly=metric(name, period, selection, "week") if name in TREND_HEADLINES else None,
        )
        for name in names
    )
