"""Rates of pushback that are valid although the detector is imperfect.

People review a random slice of all messages. Within strata of the detector's probability the
slice shows how many really push back; weighing the strata by their true sizes gives the rate of
all messages. This is the difference estimator of survey sampling, of which prediction-powered
inference (Angelopoulos et al., Science 382, 2023) and Rogan-Gladen (1978) are special cases: with
two strata, flagged and not, it is Rogan-Gladen with error rates measured on the network itself.

Intervals use Jeffreys limits for each stratum, joined by the method of variance estimates recovery
(Zou and Donner, Statistics in Medicine 27, 2008), because a normal interval covers far too rarely
when pushback is rare. docs/detector.md reports the simulation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import beta

Floats = npt.NDArray[np.float64]

EDGES = (0.05, 0.3, 0.6)
"""Probabilities at which strata meet."""
FEWEST = 30
"""Fewer reviewed messages than this give no corrected rate."""
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate with its interval.

    Attributes:
        value, low, high: shares, 0 to 1.
        messages: how many messages the rate speaks of.
        reviewed: how many of them people looked at.

    """

    value: float
    low: float
    high: float
    messages: int
    reviewed: int


def jeffreys(hits: float, tries: float, level: float = LEVEL) -> tuple[float, float]:
    """Jeffreys interval of a share: quantiles of Beta(hits + 1/2, misses + 1/2).

    As Brown, Cai and DasGupta (Statistical Science 16, 2001) advise, the lower limit is 0 without
    hits and the upper limit 1 without misses.
    """
    tail = (1 - level) / 2
    misses = tries - hits
    low = 0.0 if hits == 0 else float(beta.ppf(tail, hits + 0.5, misses + 0.5))
    high = 1.0 if misses == 0 else float(beta.ppf(1 - tail, hits + 0.5, misses + 0.5))
    return low, high


def corrected_rate(
    probabilities: Sequence[float] | Floats,
    reviewed: Sequence[tuple[float, bool]],
    level: float = LEVEL,
) -> Rate | None:
    """The share of messages that push back, corrected by a random reviewed slice.

    Args:
        probabilities: the detector's probability for every message, the reviewed ones included.
        reviewed: probability and truth of each message of the slice, which must have been drawn
            at random from all messages (reviews chosen as uncertain must not be given).
        level: confidence of the interval.

    Returns:
        The rate, or ``None`` with fewer than :data:`FEWEST` reviewed messages.

    """
    if len(reviewed) < FEWEST:
        return None
    everything = np.asarray(probabilities, dtype=np.float64)
    seen = np.array([p for p, _ in reviewed])
    truth = np.array([t for _, t in reviewed], dtype=bool)
    edges = _usable_edges(seen)
    sizes = np.bincount(np.digitize(everything, edges), minlength=len(edges) + 1)
    stratum = np.digitize(seen, edges)
    value, below, above = 0.0, 0.0, 0.0
    for number, size in enumerate(sizes):
        inside = stratum == number
        if size == 0 or not inside.any():
            continue
        tries, hits = int(inside.sum()), int(truth[inside].sum())
        share, weight = hits / tries, size / len(everything)
        low, high = jeffreys(hits, tries, level)
        unseen = max(0.0, 1 - tries / size)
        value += weight * share
        below += unseen * (weight * (share - low)) ** 2
        above += unseen * (weight * (high - share)) ** 2
    low, high = max(0.0, value - below**0.5), min(1.0, value + above**0.5)
    return Rate(value, low, high, len(everything), len(reviewed))


def _usable_edges(seen: Floats) -> list[float]:
    """Edges between strata that each hold some reviewed messages; others are dropped.

    An edge goes when the stratum above it would hold fewer than five reviewed messages, so that
    no stratum is estimated from next to nothing.
    """
    edges = list(EDGES)
    for edge in reversed(EDGES):
        above = [e for e in edges if e > edge]
        upper = above[0] if above else np.inf
        if ((seen >= edge) & (seen < upper)).sum() < _FEW:
            edges.remove(edge)
    if edges and (seen < edges[0]).sum() < _FEW:
        edges.pop(0)
    return edges


_FEW = 5
