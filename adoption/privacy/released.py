"""What may be seen: figures and comments that have passed the gate.

Nobody but the gate can make one of these (the private ``key``), so a page, a report or a command
that takes a :class:`Released` cannot be given anything else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import InitVar, asdict, dataclass
from enum import StrEnum
from typing import Any

from adoption.metrics.figures import Selection
from adoption.period import Period

GATE_KEY = object()


class State(StrEnum):
    """Whether a figure is there, was hidden by the gate, or cannot be known."""

    SHOWN = "shown"
    SUPPRESSED = "suppressed"
    NOT_AVAILABLE = "not_available"


def check_key(key: object) -> None:
    """Refuse everybody but the gate.

    Raises:
        TypeError: the caller is not the gate; this is a mistake in the program.

    """
    if key is not GATE_KEY:
        raise TypeError("Only adoption.privacy may make released figures; call release()")


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure as it may be seen.

    ``state`` says whether ``value`` is there; where it is not, ``note`` says why in words and all
    numbers are ``None``. ``low`` and ``high`` bound the 95 % interval, ``p90`` is the ninetieth
    percentile of a time. ``key`` is the group (``""``: not known), ``label`` its name, ``across``
    the key of the second split.
    """

    key: str
    label: str
    state: State
    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    low: float | None = None
    high: float | None = None
    p90: float | None = None
    people: int | None = None
    note: str = ""
    across: str | None = None

    @property
    def shown(self) -> bool:
        """Whether there is a figure to show."""
        return self.state is State.SHOWN


@dataclass(frozen=True, slots=True)
class Released:
    """A metric's figures after the gate.

    Attributes:
        metric: its name in the catalogue; ``title`` is what a tile calls it.
        period, selection, by, across: what was asked.
        snapshot: the number of the snapshot it was counted on.
        unit: ``people``, ``share``, ``count``, ``hours`` or ``per_1000``.
        better: ``up``, ``down`` or ``none``.
        rows: one cell per group, in order; every week of the period is there.
        total: the figure for everything selected.
        window: the time a message is given or looked back on, in words.
        floor: the privacy floor in words.
        how_counted: formula, window, caveats and notes in words.
        notes: what a reader must know about this very figure, such as where the data ends.

    """

    metric: str
    title: str
    period: Period
    selection: Selection
    by: str | None
    across: str | None
    snapshot: int
    unit: str
    better: str
    rows: tuple[Cell, ...]
    total: Cell
    window: str
    floor: str
    how_counted: str
    notes: tuple[str, ...]
    key: InitVar[object]

    def __post_init__(self, key: object) -> None:
        check_key(key)

    def __iter__(self) -> Iterator[Cell]:
        return iter(self.rows)

    @property
    def suppressed(self) -> int:
        """How many rows the gate hid."""
        return sum(cell.state is State.SUPPRESSED for cell in self.rows)

    def as_dict(self) -> dict[str, Any]:
        """JSON, as ``adoption metrics NAME --json`` prints it."""
        result = asdict(self)
        result["period"] = str(self.period)
        result["selection"] = self.selection.as_dict()
        result["suppressed"] = self.suppressed
        return result
