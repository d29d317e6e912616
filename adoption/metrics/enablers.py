"""The effect of an enabler: treated departments against the others, week by week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from adoption.errors import SettingsError
from adoption.metrics.catalogue import metric_called
from adoption.metrics.compute import Lacks, compute
from adoption.metrics.figures import Figures, RawCell, Selection
from adoption.metrics.frames import Tables
from adoption.metrics.memory import Cache
from adoption.period import WEEK, Period, monday
from adoption.statistics.effects import Effect, effect_of

HALF_YEAR = 26 * WEEK


@dataclass(frozen=True, slots=True)
class RawEffect:
    """An effect before the privacy gate, with the totals of both sides.

    ``untreated`` is ``None`` where everybody was treated.
    """

    metric: str
    period: Period
    start: date
    departments: tuple[str, ...]
    snapshot: int
    effect: Effect
    treated: RawCell
    untreated: RawCell | None


def weeks_around(start: date, last: date) -> Period:
    """The weeks to judge an enabler by: half a year before it, and up to half a year after.

    Longer stretches hold more that a straight line does not describe, such as the launch.

    Args:
        start: the day it began.
        last: the last day of the data; only weeks that were complete then are taken.

    """
    first = monday(start)
    complete = monday(last + timedelta(days=1))
    end = min(first + HALF_YEAR, max(complete, first + WEEK))
    return Period(first - HALF_YEAR, end)


def enabler_effect(
    snapshot: Tables,
    metric: str,
    period: Period,
    start: date,
    departments: Sequence[str] = (),
    *,
    lacks: Lacks | None = None,
    cache: Cache | None = None,
) -> RawEffect:
    """Compare a weekly figure before and after an enabler began.

    Args:
        snapshot: the published data to read.
        metric: a metric that can be split by week and has a desired direction.
        period: the weeks to look at, before and after.
        start: the day the enabler began; its week counts as the first one after.
        departments: those it was meant for; the others are the comparison. Empty: everybody.
        lacks: what the connectors of the networks lack, as for :func:`compute`.
        cache: where figures are kept.

    Raises:
        SettingsError: the metric has no direction, or the start is not inside the period.

    """
    definition = metric_called(metric)
    first = monday(start)
    if definition.better == "none":
        raise SettingsError(
            f"{definition.title} has no desired direction, so nothing can have improved it",
            where=f"metric {metric}",
            next_step="Choose a figure such as active-share or pushback-rate",
        )
    if not period.start < first < period.end:
        raise SettingsError(
            f"The enabler began on {start}, outside the weeks {period}",
            where="enabler",
            next_step="Choose weeks that begin before it and end after it",
        )

    def weekly(chosen: Sequence[str]) -> Figures:
        selection = Selection(departments=tuple(chosen))
        return compute(snapshot, metric, period, selection, "week", lacks=lacks, cache=cache)

    treated = weekly(departments)
    others = _other_departments(snapshot, period, departments, lacks, cache)
    untreated = weekly(others) if others else None
    effect = effect_of(
        [row.value for row in treated.rows],
        (first - period.start) // WEEK,
        better=definition.better,
        untreated=None if untreated is None else [row.value for row in untreated.rows],
        relative=definition.unit in ("count", "people"),
    )
    return RawEffect(
        metric=metric,
        period=period,
        start=start,
        departments=tuple(departments),
        snapshot=snapshot.id,
        effect=effect,
        treated=treated.total,
        untreated=None if untreated is None else untreated.total,
    )


def _other_departments(
    snapshot: Tables,
    period: Period,
    departments: Sequence[str],
    lacks: Lacks | None,
    cache: Cache | None,
) -> list[str]:
    if not departments:
        return []
    known = compute(snapshot, "active-people", period, by="department", lacks=lacks, cache=cache)
    return [row.key for row in known.rows if row.key not in departments]
