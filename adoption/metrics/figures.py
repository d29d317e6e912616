"""Raw figures: what a metric gives before the privacy gate has seen it.

Nothing outside :mod:`adoption.metrics`, :mod:`adoption.statistics` and :mod:`adoption.privacy` may
show these: they hold counts of groups of any size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from adoption.period import Period

SPLITS: Mapping[str, str] = {
    "week": "week",
    "four_weeks": "four weeks",
    "department": "department",
    "location": "location",
    "job_family": "job family",
    "community": "community",
    "network": "network",
    "barrier": "barrier",
    "group": "barrier group",
    "state": "state",
}
"""What a figure can be split by, with its name in plain words."""

ORGANISATION = frozenset({"department", "location", "job_family", "community"})
"""Splits whose groups consist of colleagues one can point to."""

LABELS = frozenset({"barrier", "group", "state"})
"""Splits by what a message was found to be, not by who wrote it or when."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What a figure is limited to; empty means everything.

    ``communities`` holds keys of the form ``network/community id``. A department of ``""`` means
    the people whose department is not known.
    """

    networks: tuple[str, ...] = ()
    communities: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("networks", "communities", "departments"):
            object.__setattr__(self, name, tuple(sorted(set(getattr(self, name)))))

    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return not (self.networks or self.communities or self.departments)

    def points_at_groups(self) -> bool:
        """Whether the selection is limited to groups of colleagues."""
        return bool(self.communities or self.departments)

    def as_dict(self) -> dict[str, list[str]]:
        """The parts that are set, as JSON."""
        return {name: list(value) for name, value in asdict(self).items() if value}


@dataclass(frozen=True, slots=True)
class RawCell:
    """One figure with everything the gate needs to decide on it.

    Attributes:
        key: the group (a week, a department ...); ``""`` is "not known".
        label: the group in words.
        across: the key of the second split, where there is one.
        value: the figure in the metric's unit, or ``None`` with ``note`` saying why.
        numerator, denominator: the counts behind it.
        low, high: bounds of the 95 % interval, where the metric has one.
        p90: the ninetieth percentile, where the metric is a time.
        people: how many people the group has.
        authors: the people behind the messages the figure is about.
        objectors: the people behind the numerator, where it counts messages.
        top_one, top_two: the share of those messages by the busiest author and by the two busiest.

    """

    key: str = ""
    label: str = ""
    across: str | None = None
    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    low: float | None = None
    high: float | None = None
    p90: float | None = None
    people: int = 0
    authors: int = 0
    objectors: int = 0
    top_one: float = 0.0
    top_two: float = 0.0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Rest:
    """How many people and authors are *not* selected.

    A selection of nearly everybody, taken from the figure for everybody, tells about the few that
    were left out. The gate therefore looks at what is left as well.
    """

    people: int = 0
    authors: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """The result of one metric for one period, selection and split.

    ``row_totals`` and ``column_totals`` are the figures of each split alone where there are two;
    the gate needs them because they can be asked for, too. ``parts`` are the selected groups one
    by one, and ``rest`` is what the selection leaves out.
    """

    metric: str
    period: Period
    selection: Selection
    by: str | None
    across: str | None
    snapshot: int
    total: RawCell
    rows: tuple[RawCell, ...] = ()
    row_totals: tuple[RawCell, ...] = ()
    column_totals: tuple[RawCell, ...] = ()
    parts: tuple[RawCell, ...] = ()
    rest: Rest | None = None
    notes: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """JSON for the metric cache; :func:`figures_from_dict` reads it back."""
        result = asdict(self)
        result["period"] = [self.period.start.isoformat(), self.period.end.isoformat()]
        return result


def figures_from_dict(stored: Mapping[str, Any]) -> Figures:
    """Read back what :meth:`Figures.as_dict` wrote."""
    cells = {
        name: tuple(RawCell(**cell) for cell in stored[name])
        for name in ("rows", "row_totals", "column_totals", "parts")
    }
    start, end = (date.fromisoformat(day) for day in stored["period"])
    return Figures(
        metric=stored["metric"],
        period=Period(start, end),
        selection=Selection(**{name: tuple(value) for name, value in stored["selection"].items()}),
        by=stored["by"],
        across=stored["across"],
        snapshot=stored["snapshot"],
        total=RawCell(**stored["total"]),
        rest=None if stored["rest"] is None else Rest(**stored["rest"]),
        notes=tuple(stored["notes"]),
        **cells,
    )
