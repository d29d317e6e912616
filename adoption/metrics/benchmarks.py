"""Figures of other organisations, where one is comparable."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache

from adoption.period import Period
from adoption.settings import config_dir

TOLERANCE = 0.25


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One published figure.

    ``low`` and ``high`` bound the range in the metric's unit. ``weeks`` is the window it was measured
    over (0: it does not matter); ``people_from`` and ``people_to`` the size of organisation.
    """

    metric: str
    label: str
    basis: str
    source: str
    weeks: int
    low: float | None = None
    high: float | None = None
    people_from: int = 0
    people_to: int | None = None

    def fits(self, period: Period, people: int | None) -> bool:
        """Whether it was measured over about as long a window and about as large a place."""
        window = not self.weeks or abs(len(period) - self.weeks) <= TOLERANCE * self.weeks
        if people is None:
            return window and not self.people_from and self.people_to is None
        return window and self.people_from <= people <= (self.people_to or people)


@cache
def _stored() -> tuple[Benchmark, ...]:
    text = (config_dir() / "benchmarks.toml").read_text(encoding="utf-8")
    return tuple(Benchmark(**entry) for entry in tomllib.loads(text)["benchmark"])


def benchmark_for(metric: str, period: Period, people: int | None = None) -> Benchmark | None:
    """The first benchmark that a figure can be compared with, or ``None``.

    Args:
        metric: the metric's name.
        period: the window of the figure.
        people: how many people the organisation has, where it is known.

    """
    fitting = (b for b in _stored() if b.metric == metric and b.fits(period, people))
    return next(fitting, None)
