"""Whether the detector still fits the network: precision as reviewed, and a shift of its scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from adoption.sentiment.rates import jeffreys

LEAST_PRECISION = 0.75
"""Below this, with confidence, a notice is raised."""
LARGEST_SHIFT = 0.2
"""Population stability index above which scores are said to have shifted (a common convention)."""
_EDGES = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9)
_FEWEST = 20

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Precision:
    """How many of the flagged and reviewed messages of one period really push back.

    Attributes:
        period: as given.
        value, low, high: the share with its 95 % interval.
        reviewed: how many were reviewed.

    """

    period: str
    value: float
    low: float
    high: float
    reviewed: int


def reviewed_precision(flags: Sequence[tuple[str, bool]]) -> list[Precision]:
    """Precision by period, in the order of the periods.

    Args:
        flags: period and truth of each flagged message that a person reviewed.

    """
    periods = sorted({period for period, _ in flags})
    result = []
    for period in periods:
        truth = [right for name, right in flags if name == period]
        low, high = jeffreys(sum(truth), len(truth))
        result.append(Precision(period, sum(truth) / len(truth), low, high, len(truth)))
    return result


def stability_index(before: Sequence[float] | Floats, now: Sequence[float] | Floats) -> float:
    """Population stability index of two sets of probabilities.

    The sum over bins of ``(share now - share before) * ln(share now / share before)``, with half a
    message added to each bin so that empty ones stay finite.
    """
    old, new = (
        np.bincount(np.digitize(np.asarray(p, dtype=np.float64), _EDGES), minlength=len(_EDGES) + 1)
        + 0.5
        for p in (before, now)
    )
    old, new = old / old.sum(), new / new.sum()
    return float(np.sum((new - old) * np.log(new / old)))


def notices(
    precision: Sequence[Precision], before: Sequence[float], now: Sequence[float]
) -> list[str]:
    """What an operator should know, in plain words; nothing where all is well."""
    found = []
    latest = precision[-1] if precision else None
    if latest is not None and latest.reviewed >= _FEWEST and latest.high < LEAST_PRECISION:
        found.append(
            f"In {latest.period} reviewers agreed with {latest.value:.0%} of the flags they looked at "
            f"({latest.reviewed} reviewed, at most {latest.high:.0%} with 95 % confidence). "
            "Review more comments and train again with the corrections."
        )
    if before and now and stability_index(before, now) > LARGEST_SHIFT:
        found.append(
            "Comments are scored differently from before. Look at the latest flags: people may write "
            "about something new, or the network may have a new name that the detector does not know."
        )
    return found
