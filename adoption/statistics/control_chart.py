"""Control charts for weekly figures: what is usual, and which weeks are not.

An XmR chart: the centre is the mean, the limits lie 2.66 mean moving ranges to either side, after
moving ranges above 3.267 times their mean were left out. Source of the constants and rules: D. J.
Wheeler, Understanding variation (1993), as NHS England's "Making data count" uses them. Limits rest
on the first 12 points and stay; fewer points give trial limits, fewer than 5 none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

LIMIT = 2.66
NEAR = 1.77
SCREEN = 3.267
FEWEST = 5
LOCKED = 12
RUN = 7


class Signal(StrEnum):
    """Why a point is not usual."""

    OUTSIDE = "outside the limits"
    TREND = "seven in a row rising or falling"
    NEAR_LIMIT = "two of three near a limit"
    SHIFT = "seven in a row on one side of the centre"


@dataclass(frozen=True, slots=True)
class Limits:
    """What is usual from the point ``start`` on (index into the values).

    ``trial`` says that they rest on fewer than 12 points. ``low`` may lie below what is possible.
    """

    start: int
    centre: float
    low: float
    high: float
    trial: bool

    @property
    def near_low(self) -> float:
        """Where the zone near the lower limit begins."""
        return self.centre - (self.centre - self.low) * NEAR / LIMIT

    @property
    def near_high(self) -> float:
        """Where the zone near the upper limit begins."""
        return self.centre + (self.high - self.centre) * NEAR / LIMIT


@dataclass(frozen=True, slots=True)
class Unusual:
    """A point with a signal; ``side`` is 1 above (or rising), -1 below (or falling)."""

    index: int
    signal: Signal
    side: int


@dataclass(frozen=True, slots=True)
class ControlChart:
    """A series with what is usual in it.

    ``limits`` has one entry per stretch (one, unless it was rebased); none where there are too few
    points. ``unusual`` lists signals in order of the points.
    """

    values: tuple[float | None, ...]
    limits: tuple[Limits, ...]
    unusual: tuple[Unusual, ...]

    def verdict(self) -> str:
        """The state of the newest point in words."""
        if not self.limits:
            return f"Not enough data: a control chart needs {FEWEST} weeks."
        last = max(i for i, value in enumerate(self.values) if value is not None)
        newest = [unusual for unusual in self.unusual if unusual.index == last]
        trial = " The limits are provisional." if self.limits[-1].trial else ""
        if not newest:
            return f"As usual: the newest week is within what chance explains.{trial}"
        first = newest[0]
        if first.signal is Signal.TREND:
            direction = "Rising" if first.side > 0 else "Falling"
        else:
            direction = "Higher than usual" if first.side > 0 else "Lower than usual"
        return f"{direction}: {first.signal}.{trial}"


def control_chart(values: Sequence[float | None], rebase_at: Sequence[int] = ()) -> ControlChart:
    """Find what is usual in a series and what is not.

    Args:
        values: one figure per week, oldest first; ``None`` where there is none (not available or
            hidden). Such weeks are left out of ranges and runs.
        rebase_at: indices at which limits are computed anew, because something is known to have
            changed. Never rebase only because the chart signals.

    """
    starts = sorted({0, *rebase_at})
    ends = [*starts[1:], len(values)]
    limits: list[Limits] = []
    unusual: list[Unusual] = []
    for start, end in zip(starts, ends, strict=True):
        points = [
            (index, value)
            for index, value in enumerate(values[start:end], start)
            if value is not None
        ]
        found = _limits(start, [value for _, value in points])
        if found is not None:
            limits.append(found)
            unusual += _signals(points, found)
    return ControlChart(tuple(values), tuple(limits), tuple(sorted(unusual, key=_by_index)))


def _by_index(unusual: Unusual) -> int:
    return unusual.index


def _limits(start: int, values: Sequence[float]) -> Limits | None:
    if len(values) < FEWEST:
        return None
    base = np.asarray(values[:LOCKED])
    ranges = np.abs(np.diff(base))
    kept = ranges[ranges <= SCREEN * ranges.mean()]
    spread = LIMIT * float(kept.mean())
    centre = float(base.mean())
    return Limits(start, centre, centre - spread, centre + spread, len(values) < LOCKED)


def _signals(points: Sequence[tuple[int, float]], limits: Limits) -> Iterator[Unusual]:
    values = [value for _, value in points]
    for place, (index, value) in enumerate(points):
        if value > limits.high or value < limits.low:
            yield Unusual(index, Signal.OUTSIDE, 1 if value > limits.high else -1)
        last_run = values[max(0, place - RUN + 1) : place + 1]
        trend = _trend(last_run)
        if trend:
            yield Unusual(index, Signal.TREND, trend)
        near = _near(values[max(0, place - 2) : place + 1], limits)
        if near:
            yield Unusual(index, Signal.NEAR_LIMIT, near)
        shift = _shift(last_run, limits.centre)
        if shift:
            yield Unusual(index, Signal.SHIFT, shift)


def _trend(run: Sequence[float]) -> int:
    steps = np.diff(run)
    if len(run) < RUN:
        return 0
    return int(bool((steps > 0).all())) - int(bool((steps < 0).all()))


def _shift(run: Sequence[float], centre: float) -> int:
    if len(run) < RUN:
        return 0
    return int(all(value > centre for value in run)) - int(all(value < centre for value in run))


def _near(three: Sequence[float], limits: Limits) -> int:
    """The side on which two of the last three, the newest among them, are near the limit."""
    if len(three) < 3:
        return 0
    above = [limits.near_high < value <= limits.high for value in three]
    below = [limits.low <= value < limits.near_low for value in three]
    if above[-1] and sum(above) >= 2:
        return 1
    return -1 if below[-1] and sum(below) >= 2 else 0
