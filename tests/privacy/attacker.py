"""Somebody with every released table and pen and paper, trying to work out what was hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linprog

from adoption.metrics import RawCell
from adoption.privacy import Released, release
from tests.privacy.figures import figures, summed

Place = tuple[str, str]
TOTAL = "total"


@dataclass
class Table:
    """A table with two splits as it really is."""

    cells: dict[Place, RawCell]
    rows: tuple[str, ...]
    columns: tuple[str, ...]

    def row_total(self, row: str) -> RawCell:
        """A group's own figure; all columns are about the same people."""
        cells = [self.cells[row, column] for column in self.columns]
        return replace(summed(cells), key=row, people=cells[0].people)

    def column_total(self, column: str) -> RawCell:
        """Everybody's figure in one column."""
        return replace(summed([self.cells[row, column] for row in self.rows]), key=column)

    def total(self) -> RawCell:
        """Everybody's figure."""
        people = sum(self.cells[row, self.columns[0]].people for row in self.rows)
        return replace(summed(list(self.cells.values())), people=people)


def everything_released(table: Table, by: str, across: str) -> tuple[Released, Released, Released]:
    """The table itself, and each of its splits alone, as the product would release them."""
    row_totals = [table.row_total(row) for row in table.rows]
    column_totals = [table.column_total(column) for column in table.columns]
    inner = figures(
        list(table.cells.values()),
        table.total(),
        by=by,
        across=across,
        row_totals=row_totals,
        column_totals=column_totals,
    )
    return (
        release(inner),
        release(figures(row_totals, table.total(), by=by)),
        release(figures(column_totals, table.total(), by=across)),
    )


def known(released: tuple[Released, Released, Released], count: str) -> dict[Place, float]:
    """All counts that can be read off, by place; totals stand in row or column ``total``."""
    inner, rows, columns = released
    found: dict[Place, float] = {}
    for cell in inner.rows:
        _note(found, (cell.key, cell.across or ""), getattr(cell, count))
    for cell in rows.rows:
        _note(found, (cell.key, TOTAL), getattr(cell, count))
    for cell in columns.rows:
        _note(found, (TOTAL, cell.key), getattr(cell, count))
    _note(found, (TOTAL, TOTAL), getattr(inner.total, count))
    return found


def _note(found: dict[Place, float], place: Place, value: float | None) -> None:
    if value is not None:
        found[place] = value


def bounds(
    rows: Sequence[str], columns: Sequence[str], seen: Mapping[Place, float]
) -> dict[Place, tuple[float, float]]:
    """The narrowest range of each hidden inner cell, by linear programming over all sums."""
    places = [(row, column) for row in (*rows, TOTAL) for column in (*columns, TOTAL)]
    number = {place: position for position, place in enumerate(places)}
    equations, constants = [], []
    for row in (*rows, TOTAL):
        equations.append(_sum(number, [(row, c) for c in columns], (row, TOTAL)))
        constants.append(0.0)
    for column in (*columns, TOTAL):
        equations.append(_sum(number, [(r, column) for r in rows], (TOTAL, column)))
        constants.append(0.0)
    limits = [(seen[place], seen[place]) if place in seen else (0.0, None) for place in places]
    result = {}
    for place in ((row, column) for row in rows for column in columns):
        if place in seen:
            continue
        ends = []
        for sign in (1.0, -1.0):
            goal = np.zeros(len(places))
            goal[number[place]] = sign
            found = linprog(goal, A_eq=equations, b_eq=constants, bounds=limits, method="highs")
            ends.append(np.inf if found.status == 3 else sign * found.fun)
        result[place] = (ends[0], abs(ends[1]) if np.isinf(ends[1]) else ends[1])
    return result


def _sum(number: Mapping[Place, int], parts: Sequence[Place], whole: Place) -> np.ndarray:
    row = np.zeros(len(number))
    row[[number[part] for part in parts]] = 1.0
    row[number[whole]] = -1.0
    return row
