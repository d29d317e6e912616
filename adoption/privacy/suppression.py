"""Which cells of a table must be hidden so that hidden ones cannot be worked out.

A cell below the floor is hidden first (primary). Whoever knows the total can subtract the shown
cells from it, so a line with hidden cells hides enough more (complementary) that what is left open
stays open: at least two cells that share at least :data:`OPEN` of everything counted.

Source of the method: Statistics Denmark/BLS practice as described in the SDC handbook (Hundepool et
al., Statistical disclosure control, 2012, chapter 4): primary and complementary suppression. In
tables with two splits the hidden cells form a graph of rows and columns; a cell that lies on no
cycle of it is fixed by the totals (Gusfield, SIAM J. Comput. 17, 1988), so such cells get company.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

OPEN = 3.0
TOTAL = "\0total"
Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Amounts:
    """What can be subtracted from a total: the counts that make up a cell.

    ``size`` orders cells when one more has to be hidden: the smallest goes first.
    """

    numerator: float
    denominator: float
    size: float

    @property
    def counts(self) -> tuple[float, float]:
        """The two counts."""
        return self.numerator, self.denominator


Line = tuple[Place, ...]


def hidden_cells(
    cells: Mapping[Place, Amounts],
    primary: Iterable[Place],
    hidden_rows: Iterable[str] = (),
    hidden_columns: Iterable[str] = (),
) -> set[Place]:
    """Primary cells plus those that must be hidden with them.

    Args:
        cells: every cell of the table, by row and column (one column in a table with one split).
        primary: the cells below a floor.
        hidden_rows: the rows whose total cannot be seen; such a line gives nothing away.
        hidden_columns: the columns whose total cannot be seen.

    """
    hidden = set(primary)
    unseen = {(row, TOTAL) for row in hidden_rows} | {(TOTAL, column) for column in hidden_columns}
    lines = _lines(cells, unseen)
    while True:
        before = len(hidden)
        for line in lines:
            _protect(line, cells, hidden)
        for place in _fixed_places(hidden, unseen):
            _give_company(place, cells, hidden)
        if len(hidden) == before:
            return hidden


def _lines(cells: Mapping[Place, Amounts], unseen: set[Place]) -> list[Line]:
    """The rows and columns whose total can be seen; a table with one column has no rows."""
    columns: dict[str, list[Place]] = defaultdict(list)
    rows: dict[str, list[Place]] = defaultdict(list)
    for place in cells:
        rows[place[0]].append(place)
        columns[place[1]].append(place)
    lines = [tuple(line) for name, line in columns.items() if (TOTAL, name) not in unseen]
    if len(columns) > 1:
        lines += [tuple(line) for name, line in rows.items() if (name, TOTAL) not in unseen]
    return lines


def is_open(line: Line, cells: Mapping[Place, Amounts], hidden: set[Place]) -> bool:
    """Whether the hidden cells of a line leave enough uncertain, or there are none."""
    kept = [cells[place] for place in line if place in hidden]
    if not kept:
        return True
    if len(kept) == 1:
        return False
    return all(sum(counts) >= OPEN for counts in zip(*(c.counts for c in kept), strict=True))


def _protect(line: Line, cells: Mapping[Place, Amounts], hidden: set[Place]) -> None:
    """Hide the smallest further cells of a line until its hidden ones are open."""
    while not is_open(line, cells, hidden):
        shown = [place for place in line if place not in hidden]
        if not shown:
            return
        hidden.add(min(shown, key=lambda place: _cost(place, line, cells, hidden)))


def _cost(
    place: Place, line: Line, cells: Mapping[Place, Amounts], hidden: set[Place]
) -> tuple[bool, float, Place]:
    """Cells that open the line at once come first, then the smallest."""
    return not is_open(line, cells, hidden | {place}), cells[place].size, place


def _fixed_places(hidden: set[Place], unseen: set[Place]) -> list[Place]:
    """Hidden cells on no cycle of the graph of rows and columns, in tables with two splits."""
    if len({column for _, column in hidden}) < 2:
        return []
    return sorted(_bridges(hidden | unseen) - unseen)


def _give_company(place: Place, cells: Mapping[Place, Amounts], hidden: set[Place]) -> None:
    """Hide the smallest shown cell in the row or column of a cell that the totals would fix."""
    row, column = place
    near = [
        other for other in cells if other not in hidden and (other[0] == row or other[1] == column)
    ]
    if near:
        hidden.add(min(near, key=lambda other: (cells[other].size, other)))


def _bridges(edges: set[Place]) -> set[Place]:
    """The edges of a bipartite graph that lie on no cycle (Tarjan 1974, without recursion)."""
    near: dict[tuple[int, str], list[tuple[tuple[int, str], Place]]] = defaultdict(list)
    for row, column in sorted(edges):
        near[(0, row)].append(((1, column), (row, column)))
        near[(1, column)].append(((0, row), (row, column)))
    order: dict[tuple[int, str], int] = {}
    low: dict[tuple[int, str], int] = {}
    found: set[Place] = set()
    for root in near:
        if root in order:
            continue
        order[root] = low[root] = len(order)
        stack: list[tuple[tuple[int, str], Place | None, int]] = [(root, None, 0)]
        while stack:
            node, came_by, position = stack.pop()
            if position < len(near[node]):
                stack.append((node, came_by, position + 1))
                other, edge = near[node][position]
                if edge == came_by:
                    continue
                if other in order:
                    low[node] = min(low[node], order[other])
                else:
                    order[other] = low[other] = len(order)
                    stack.append((other, edge, 0))
            elif came_by is not None and stack:
                parent = stack[-1][0]
                low[parent] = min(low[parent], low[node])
                if low[node] > order[parent]:
                    found.add(came_by)
    return found
