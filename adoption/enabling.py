"""What was done about barriers, and whether it worked: enablers and their effects.

An enabler's effect is estimated on released weekly figures only, so it can tell no more than the
figures themselves: the departments it was for against those it was not for, half a year before and
after (:mod:`adoption.statistics.effects`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from adoption.errors import SettingsError
from adoption.metrics import Selection
from adoption.period import WEEK, Period, monday
from adoption.privacy import Released
from adoption.statistics.effects import Effect, effect_of
from adoption.store import Enabler

KINDS: dict[str, str] = {
    "policy": "Policy",
    "training": "Training",
    "course": "Course",
    "infrastructure": "Infrastructure",
    "champions": "Champions",
    "leader": "A leader's post or example",
    "other": "Something else",
}
EFFECT_METRICS = ("active-share", "pushback-rate")
WEEKS_AROUND = 26

MetricReader = Callable[[str, Period, Selection, str | None], Released]


@dataclass(frozen=True, slots=True)
class MeasuredEffect:
    """The effect of one enabler on one metric, with the series it was estimated on.

    ``untreated`` is ``None`` when the enabler was for everybody.
    """

    metric: str
    title: str
    unit: str
    period: Period
    effect: Effect
    treated: Released
    untreated: Released | None


@dataclass(frozen=True, slots=True)
class EnablerReport:
    """One enabler with what it changed."""

    enabler: Enabler
    effects: tuple[MeasuredEffect, ...]


def departments_of(enabler: Enabler) -> tuple[str, ...]:
    """The departments an enabler was for; empty means everybody."""
    return tuple(enabler.target.get("department", ()))


def new_enabler(kind: str, title: str, on: date, departments: Sequence[str]) -> Enabler:
    """Check and make an enabler.

    Raises:
        SettingsError: the kind is unknown or the title empty.

    """
    if kind not in KINDS:
        raise SettingsError(
            f"{kind!r} is no kind of enabler",
            where="enabler",
            next_step=f"Use one of: {', '.join(KINDS)}",
        )
    if not title.strip():
        raise SettingsError(
            "The enabler has no title",
            where="enabler",
            next_step="Say in a few words what was done",
        )
    target = {"department": sorted(departments)} if departments else {}
    return Enabler(0, kind, title.strip(), on, target=target)


def measure(
    enabler: Enabler,
    metric: MetricReader,
    span: tuple[date, date],
    departments: Sequence[str],
) -> EnablerReport:
    """Estimate what an enabler changed.

    Args:
        enabler: what was done.
        metric: reads a released metric by week.
        span: first and last day with data.
        departments: all departments there are.

    """
    period = _around(enabler.on, span)
    if period is None:
        return EnablerReport(enabler, ())
    target = departments_of(enabler)
    others = tuple(name for name in departments if name not in target) if target else ()
    effects = []
    for name in EFFECT_METRICS:
        treated = metric(name, period, Selection(departments=target), "week")
        untreated = metric(name, period, Selection(departments=others), "week") if others else None
        effects.append(_measured(enabler, period, treated, untreated))
    return EnablerReport(enabler, tuple(effects))


def _measured(
    enabler: Enabler, period: Period, treated: Released, untreated: Released | None
) -> MeasuredEffect:
    start = (monday(enabler.on) - period.start) // WEEK
    return MeasuredEffect(
        metric=treated.metric,
        title=treated.title,
        unit=treated.unit,
        period=period,
        effect=effect_of(
            _series(treated),
            start,
            better=treated.better,
            untreated=_series(untreated) if untreated else None,
        ),
        treated=treated,
        untreated=untreated,
    )


def _series(released: Released) -> list[float | None]:
    return [cell.value if cell.shown else None for cell in released.rows]


def _around(on: date, span: tuple[date, date]) -> Period | None:
    """The weeks to look at: half a year before and after, as far as there is data."""
    start = max(monday(on) - WEEKS_AROUND * WEEK, monday(span[0]))
    end = min(monday(on) + WEEKS_AROUND * WEEK, Period.last_weeks(span[1], 1).end)
    return Period(start, end) if start < monday(on) < end else None
