"""Intervals for shares."""

from __future__ import annotations

from math import sqrt

from scipy.stats import norm

Z_95 = float(norm.ppf(0.975))


def wilson(successes: float, trials: float, z: float = Z_95) -> tuple[float, float]:
    """The Wilson score interval of a share, as (low, high) between 0 and 1.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference,
    Journal of the American Statistical Association 22 (1927) 209-212. Unlike the textbook interval
    it neither collapses at 0 of n nor leaves the range 0 to 1.

    Raises:
        ValueError: ``trials`` is not positive, or ``successes`` lies outside 0 to ``trials``.

    """
    if trials <= 0 or not 0 <= successes <= trials:
        raise ValueError(f"no share: {successes} of {trials}")
    share = successes / trials
    spread = z * z / trials
    centre = (share + spread / 2) / (1 + spread)
    half = z * sqrt(share * (1 - share) / trials + spread / (4 * trials)) / (1 + spread)
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == trials else min(1.0, centre + half)
    return low, high
