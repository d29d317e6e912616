"""Did it work? The effect of an enabler on a weekly figure, with an interval and in words.

An interrupted time series: ``y = b0 + b1*t + b2*after + b3*t_after``, where ``b2`` is the jump of the
level and ``b3`` the change of the slope (A. K. Wagner et al., J. Clin. Pharm. Ther. 27, 2002). What is
reported is the mean difference to the continued earlier line over the weeks after. Errors of
neighbouring weeks are related, so the variance is the larger of the ordinary one and that of
W. K. Newey and K. D. West (Econometrica 55, 1987) with a Bartlett kernel; intervals of short series
are still somewhat too narrow, which the verdict does not hide.

With groups that were not treated the figures are the differences to theirs, so that what happened to
everybody is not taken for an effect.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import ceil, floor, isfinite

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

FEWEST_BEFORE = 8
FEWEST_AFTER = 6
MEANINGFUL_SHARE = 0.2
COEFFICIENTS = 4
YEAR_OF_WEEKS = 52
Floats = npt.NDArray[np.float64]


class Verdict(StrEnum):
    """What can be said of an effect."""

    WORKED = "worked"
    BACKFIRED = "went the wrong way"
    NO_CLEAR_EFFECT = "no clear effect"
    UNDER_POWERED = "under-powered"
    TOO_EARLY = "too early"
    NOT_ENOUGH_DATA = "not enough data"


@dataclass(frozen=True, slots=True)
class Effect:
    """The effect of one enabler on one figure.

    Attributes:
        verdict: what can be said.
        effect: mean difference per week to the continued earlier line, in the figure's unit.
        low, high: its 95 % interval.
        expected: what the treated groups' mean in the weeks after would have been without it.
        level_jump, slope_change: ``b2`` and ``b3``.
        weeks_before, weeks_after: how many weeks with a figure there are.
        weeks_needed: how many further weeks after are needed, where that can be said.
        compared: whether untreated groups were subtracted.

    """

    verdict: Verdict
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    expected: float | None = None
    level_jump: float | None = None
    slope_change: float | None = None
    weeks_before: int = 0
    weeks_after: int = 0
    weeks_needed: int | None = None
    compared: bool = False

    def in_words(self) -> str:
        """The verdict as one or two sentences without numbers of the effect itself."""
        return _WORDS[self.verdict] + self._wait() + ("" if self.compared else _UNCOMPARED)

    def _wait(self) -> str:
        if not self.weeks_needed:
            return ""
        if self.weeks_needed > YEAR_OF_WEEKS:
            return " A year more would not be enough."
        return f" About {self.weeks_needed} more weeks are needed."


_UNCOMPARED = " There was no group to compare with, so something else may be the cause."
_WORDS = {
    Verdict.WORKED: "The figure moved in the desired direction, more than the weeks before lead to expect.",
    Verdict.BACKFIRED: "The figure moved in the wrong direction, more than the weeks before lead to expect.",
    Verdict.NO_CLEAR_EFFECT: "No clear effect: any change is small enough to be chance.",
    Verdict.UNDER_POWERED: "The weeks differ too much among themselves to tell.",
    Verdict.TOO_EARLY: f"Too early: at least {FEWEST_AFTER} weeks must have passed.",
    Verdict.NOT_ENOUGH_DATA: f"Not enough data: at least {FEWEST_BEFORE} weeks before are needed.",
}


def effect_of(
    values: Sequence[float | None],
    start: int,
    *,
    better: str,
    untreated: Sequence[float | None] | None = None,
    relative: bool = False,
    meaningful: float | None = None,
) -> Effect:
    """Estimate what an enabler changed.

    Args:
        values: the weekly figure of the groups that were treated, oldest first; ``None`` where there
            is none.
        start: index of the first week under the enabler.
        better: ``up`` or ``down``, the desired direction.
        untreated: the same figure of groups that were not treated.
        relative: whether the untreated figures are first brought to the level the treated ones had
            before. Needed for counts, which are larger in larger groups.
        meaningful: the smallest change that would matter, in the figure's unit; a fifth of the mean
            before by default.

    Raises:
        ValueError: ``better`` is neither, or the two series differ in length.

    """
    if better not in ("up", "down"):
        raise ValueError(f"no direction: {better!r}")
    others = untreated
    if untreated is not None and relative:
        others = _to_level_of(values[:start], untreated, start)
    weeks, series = _differences(values, others)
    before = int((weeks < start).sum())
    after = len(weeks) - before
    known = Effect(
        Verdict.NOT_ENOUGH_DATA,
        weeks_before=before,
        weeks_after=after,
        compared=untreated is not None,
    )
    if before < FEWEST_BEFORE:
        return known
    if after < FEWEST_AFTER:
        return replace(known, verdict=Verdict.TOO_EARLY, weeks_needed=FEWEST_AFTER - after)
    fit = segmented_fit(weeks, series, start)
    matters = MEANINGFUL_SHARE * abs(_mean(values[:start])) if meaningful is None else meaningful
    verdict = _verdict(fit, better, matters)
    needed = None
    if verdict is Verdict.UNDER_POWERED and matters > 0:
        more = after * ((fit.half_width / matters) ** 2 - 1)
        needed = max(1, ceil(more)) if isfinite(more) else None
    return replace(
        known,
        verdict=verdict,
        effect=fit.effect,
        low=fit.effect - fit.half_width,
        high=fit.effect + fit.half_width,
        expected=_mean(values[start:]) - fit.effect,
        level_jump=fit.coefficients[2],
        slope_change=fit.coefficients[3],
        weeks_needed=needed,
    )


@dataclass(frozen=True, slots=True)
class SegmentedFit:
    """The fitted lines: coefficients ``b0`` to ``b3`` and the mean effect with its half-width."""

    coefficients: tuple[float, float, float, float]
    effect: float
    half_width: float


def segmented_fit(weeks: Floats, series: Floats, start: int) -> SegmentedFit:
    """Fit both lines by least squares.

    Args:
        weeks: the numbers of the weeks, ascending; weeks without a figure are simply missing.
        series: the figures.
        start: number of the first week after.

    """
    after = (weeks >= start).astype(float)
    since = np.where(weeks >= start, weeks - start, 0.0)
    design = np.column_stack([np.ones_like(weeks), weeks, after, since])
    coefficients, *_ = np.linalg.lstsq(design, series, rcond=None)
    residuals = series - design @ coefficients
    mean_after = np.array([0.0, 0.0, 1.0, since[after > 0].mean()])
    variance = max(
        float(mean_after @ ordinary_covariance(design, residuals) @ mean_after),
        float(mean_after @ newey_west(design, residuals) @ mean_after),
    )
    quantile = float(student.ppf(0.975, len(series) - COEFFICIENTS))
    b0, b1, b2, b3 = (float(value) for value in coefficients)
    return SegmentedFit(
        (b0, b1, b2, b3),
        effect=float(mean_after @ coefficients),
        half_width=quantile * float(np.sqrt(variance)),
    )


def ordinary_covariance(design: Floats, residuals: Floats) -> Floats:
    """Covariance of least-squares coefficients under independent errors."""
    count, terms = design.shape
    inverse = np.linalg.pinv(design.T @ design)
    return np.asarray(inverse * (residuals @ residuals) / (count - terms))


def newey_west(design: Floats, residuals: Floats, lags: int | None = None) -> Floats:
    """Newey-West covariance with a Bartlett kernel and the correction ``n / (n - k)``.

    ``lags`` is ``floor(4 * (n / 100) ** (2 / 9))`` by default (Newey and West 1994).
    """
    count, terms = design.shape
    depth = floor(4 * (count / 100) ** (2 / 9)) if lags is None else lags
    scores = design * residuals[:, None]
    meat = scores.T @ scores
    for lag in range(1, depth + 1):
        cross = scores[lag:].T @ scores[:-lag]
        meat += (1 - lag / (depth + 1)) * (cross + cross.T)
    inverse = np.linalg.pinv(design.T @ design)
    return np.asarray(inverse @ meat @ inverse * count / (count - terms))


def _mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else 0.0


def _to_level_of(
    before: Sequence[float | None], untreated: Sequence[float | None], start: int
) -> list[float | None]:
    """The untreated figures times the ratio of both means before the start."""
    level = _mean(untreated[:start])
    ratio = _mean(before) / level if level else 1.0
    return [None if value is None else ratio * value for value in untreated]


def _differences(
    values: Sequence[float | None], untreated: Sequence[float | None] | None
) -> tuple[Floats, Floats]:
    """Weeks with a figure, and the figures (less those of the untreated groups)."""
    others: Sequence[float | None] = [0.0] * len(values) if untreated is None else untreated
    pairs = [
        (week, value - other)
        for week, (value, other) in enumerate(zip(values, others, strict=True))
        if value is not None and other is not None
    ]
    weeks = np.array([week for week, _ in pairs], dtype=float)
    return weeks, np.array([difference for _, difference in pairs], dtype=float)


def _verdict(fit: SegmentedFit, better: str, meaningful: float) -> Verdict:
    if abs(fit.effect) > fit.half_width:
        return Verdict.WORKED if (fit.effect > 0) == (better == "up") else Verdict.BACKFIRED
    return Verdict.NO_CLEAR_EFFECT if fit.half_width <= meaningful else Verdict.UNDER_POWERED
