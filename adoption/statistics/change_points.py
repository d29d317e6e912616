"""Where the level of a weekly figure changed, without being told when anything happened."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import log

import numpy as np

FEWEST = 4
PENALTY = 5.0
_NORMAL_MAD = 1.4826


def change_points(values: Sequence[float | None]) -> tuple[int, ...]:
    """Indices at which a new level begins.

    Exact minimisation of the squared distance to the means of the stretches plus a penalty of
    ``5 * variance * log(n)`` per change (optimal partitioning, B. Jackson et al., IEEE Signal
    Processing Letters 12, 2005). The variance comes from the median absolute difference of
    neighbours, so that the changes themselves do not blow it up. A stretch has at least 4 points.

    Args:
        values: one figure per week, oldest first; ``None`` where there is none.

    """
    places = [index for index, value in enumerate(values) if value is not None]
    series = np.array([value for value in values if value is not None], dtype=float)
    count = len(series)
    if count < 2 * FEWEST:
        return ()
    spread = _NORMAL_MAD * float(np.median(np.abs(np.diff(series)))) / np.sqrt(2)
    cuts = _best_cuts(series, PENALTY * spread**2 * log(count))
    return tuple(places[cut] for cut in cuts)


def _best_cuts(series: np.ndarray, penalty: float) -> list[int]:
    sums = np.concatenate([[0.0], np.cumsum(series)])
    squares = np.concatenate([[0.0], np.cumsum(series**2)])
    count = len(series)
    best = [-penalty] + [np.inf] * count
    came_from = [0] * (count + 1)
    for end in range(FEWEST, count + 1):
        for start in (0, *range(FEWEST, end - FEWEST + 1)):
            total = sums[end] - sums[start]
            cost = squares[end] - squares[start] - total**2 / (end - start)
            if best[start] + cost + penalty < best[end] - 1e-9:
                best[end], came_from[end] = best[start] + cost + penalty, start
    path = [count]
    while path[-1]:
        path.append(came_from[path[-1]])
    return [start for _, start in pairwise(path) if start][::-1]
