"""The gate: the one way from raw figures to what may be seen.

Suppression is its last step; nothing is joined, added or filtered afterwards (docs/privacy.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from adoption.metrics.catalogue import CATALOGUE
from adoption.metrics.figures import LABELS, ORGANISATION, Figures, RawCell
from adoption.metrics.metric import Floor, Metric
from adoption.privacy.floors import Floors
from adoption.privacy.released import GATE_KEY, Cell, Released, State
from adoption.privacy.suppression import Amounts, Place, hidden_cells

PROTECTS_OTHERS = "Hidden so that a smaller group cannot be worked out."
ONE_COLUMN = ""
COUNT_STEP = 5
SHARE_STEP = 0.01


def release(figures: Figures, floors: Floors = Floors()) -> Released:  # noqa: B008 - frozen
    """Let through what may be seen, hide the rest.

    Args:
        figures: the result of :func:`adoption.metrics.compute`.
        floors: the floors of this installation.

    Returns:
        The only kind of figure that pages, reports and commands accept.

    """
    metric = CATALOGUE[figures.metric]
    rules = _Rules(metric, floors)
    refusal = rules.refuses_selection(figures)
    if refusal:
        rows = tuple(_hidden(cell, refusal) for cell in figures.rows)
        return _released(metric, floors, figures, rows, _hidden(figures.total, refusal))
    rows = _release_rows(figures, rules)
    reason = rules.below(figures.total, _pointable(figures, None))
    total = _hidden(figures.total, reason) if reason else _seen(figures.total)
    return _released(metric, floors, figures, rows, total)


def rounded(released: Released) -> Released:
    """The same figures as they go into exports: counts to 5, shares to one per cent.

    Rounding blurs small changes between two exports of overlapping groups. Rates per 1,000 and hours
    are rounded to one decimal.
    """
    rows = tuple(_rounded(cell, released.unit) for cell in released.rows)
    return replace(released, rows=rows, total=_rounded(released.total, released.unit), key=GATE_KEY)


class _Rules:
    """The floors, applied to the cells of one metric."""

    def __init__(self, metric: Metric, floors: Floors) -> None:
        self.metric = metric
        self.floors = floors
        self.pushback = metric.floor is Floor.PUSHBACK
        self.people = people_floor(metric, floors)

    def below(self, cell: RawCell, pointable: bool) -> str:
        """Why a cell may not be shown, or ``""``."""
        return below_floor(cell, self.metric, self.floors, pointable)

    def refuses_selection(self, figures: Figures) -> str:
        """Why nothing of a selection may be shown, or ``""``."""
        if any(0 < part.people < self.people for part in figures.parts):
            return f"A selected group has fewer than {self.people} people."
        rest = figures.rest
        if rest is None:
            return ""
        few_people = 0 < rest.people < self.people
        few_authors = self.pushback and 0 < rest.authors < self.floors.pushback_authors
        if few_people or few_authors:
            return f"Fewer than {self.people} people are left out by this selection."
        return ""


def people_floor(metric: Metric, floors: Floors) -> int:
    """How many people a group needs."""
    pushback = metric.floor is Floor.PUSHBACK
    return floors.pushback_people if pushback else floors.activity_people


def below_floor(cell: RawCell, metric: Metric, floors: Floors, pointable: bool) -> str:
    """Why a cell may not be shown, or ``""``.

    ``pointable`` says that the group consists of colleagues one can point to; there, fewer
    objectors than the floor of authors are hidden as well.
    """
    people = people_floor(metric, floors)
    if _is_without_people(cell):
        return ""
    if cell.people < people:
        return f"Fewer than {people} people."
    if metric.floor is not Floor.PUSHBACK or not cell.authors:
        return ""
    if cell.authors < floors.pushback_authors:
        return f"Fewer than {floors.pushback_authors} people wrote about this."
    if pointable and 0 < cell.objectors < floors.pushback_authors:
        return f"Fewer than {floors.pushback_authors} people pushed back."
    if cell.top_one > floors.one_author or cell.top_two > floors.two_authors:
        return "One or two people wrote most of this."
    return ""


def _is_without_people(cell: RawCell) -> bool:
    """Whether there is nothing to protect: no figure and nobody there."""
    return cell.value is None and not cell.people and not cell.denominator


def _pointable(figures: Figures, split: str | None) -> bool:
    return split in ORGANISATION or figures.selection.points_at_groups()


def _release_rows(figures: Figures, rules: _Rules) -> tuple[Cell, ...]:
    reasons = _primary(figures, figures.rows, rules, (figures.by, figures.across))
    cells = {_place(cell): _amounts(figures, cell) for cell in figures.rows}
    hidden = hidden_cells(
        cells,
        reasons,
        hidden_rows=_hidden_totals(figures, rules, figures.by, figures.row_totals),
        hidden_columns=_hidden_totals(figures, rules, figures.across, figures.column_totals),
    )
    return tuple(
        _hidden(cell, reasons.get(_place(cell), PROTECTS_OTHERS))
        if _place(cell) in hidden
        else _seen(cell)
        for cell in figures.rows
    )


def _hidden_totals(
    figures: Figures, rules: _Rules, split: str | None, totals: Sequence[RawCell]
) -> list[str]:
    """The lines of a table with two splits whose total is hidden wherever it is asked for."""
    reasons = _primary(figures, totals, rules, (split,))
    cells = {_place(cell): _amounts(figures, cell) for cell in totals}
    return [row for row, _ in hidden_cells(cells, reasons)]


def _primary(
    figures: Figures,
    cells: Sequence[RawCell],
    rules: _Rules,
    splits: Sequence[str | None],
) -> dict[Place, str]:
    pointable = any(_pointable(figures, split) for split in splits)
    reasons = {_place(cell): rules.below(cell, pointable) for cell in cells}
    return {place: reason for place, reason in reasons.items() if reason}


def _place(cell: RawCell) -> Place:
    return cell.key, ONE_COLUMN if cell.across is None else cell.across


def _amounts(figures: Figures, cell: RawCell) -> Amounts:
    """What can be subtracted: in a mix the whole is the same for all labels, so only the part."""
    value = cell.value or 0.0
    numerator = value if cell.numerator is None else cell.numerator
    denominator = numerator if cell.denominator is None else cell.denominator
    if CATALOGUE[figures.metric].mix and not LABELS.isdisjoint({figures.by, figures.across}):
        denominator = numerator
    return Amounts(numerator, denominator, size=denominator or cell.people)


def _seen(cell: RawCell) -> Cell:
    state = State.NOT_AVAILABLE if cell.value is None else State.SHOWN
    return Cell(
        key=cell.key,
        label=cell.label,
        state=state,
        value=cell.value,
        numerator=cell.numerator,
        denominator=cell.denominator,
        low=cell.low,
        high=cell.high,
        p90=cell.p90,
        people=cell.people,
        note=cell.note,
        across=cell.across,
    )


def _hidden(cell: RawCell, reason: str) -> Cell:
    return Cell(
        key=cell.key, label=cell.label, state=State.SUPPRESSED, note=reason, across=cell.across
    )


def _released(
    metric: Metric, floors: Floors, figures: Figures, rows: tuple[Cell, ...], total: Cell
) -> Released:
    return Released(
        metric=metric.name,
        title=metric.title,
        period=figures.period,
        selection=figures.selection,
        by=figures.by,
        across=figures.across,
        snapshot=figures.snapshot,
        unit=metric.unit,
        better=metric.better,
        rows=rows,
        total=total,
        window=metric.window,
        floor=floor_text(metric, floors),
        how_counted=how_counted(metric, figures.notes),
        notes=figures.notes,
        key=GATE_KEY,
    )


def floor_text(metric: Metric, floors: Floors) -> str:
    """The floor that applies to a metric, in words."""
    if metric.floor is Floor.ACTIVITY:
        return f"Shown from {floors.activity_people} people in a group."
    return (
        f"Shown from {floors.pushback_people} people in a group and {floors.pushback_authors} "
        "people who wrote."
    )


def how_counted(metric: Metric, notes: Sequence[str] = ()) -> str:
    """The panel "how this is counted": formula, window, caveats, notes."""
    window = f"Window: {metric.window}; whole ISO weeks, Monday to Sunday, UTC."
    return " ".join((metric.formula, window, *metric.caveats, *notes))


def _rounded(cell: Cell, unit: str) -> Cell:
    if not cell.shown:
        return cell
    value = _ROUNDING.get(unit, _to_one_decimal)
    return replace(
        cell,
        value=_maybe(value, cell.value),
        numerator=_maybe(_to_count, cell.numerator),
        denominator=_maybe(_to_count, cell.denominator),
        low=_maybe(value, cell.low),
        high=_maybe(value, cell.high),
        p90=_maybe(value, cell.p90),
        people=None if cell.people is None else int(_to_count(cell.people)),
    )


def _maybe(function: Callable[[float], float], number: float | None) -> float | None:
    return None if number is None else function(number)


def _to_count(number: float) -> float:
    return float(COUNT_STEP * round(number / COUNT_STEP))


def _to_share(number: float) -> float:
    return round(SHARE_STEP * round(number / SHARE_STEP), 2)


def _to_one_decimal(number: float) -> float:
    return round(number, 1)


_ROUNDING: dict[str, Callable[[float], float]] = {
    "share": _to_share,
    "count": _to_count,
    "people": _to_count,
}
