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
    sums = _Sums(cells, unseen)
    known = _known_zeros(cells, sums.lines)
    while True:
        before = len(hidden)
        for line in sums.lines:
            _protect(line, cells, hidden, known)
        for line, around in sums.differences(hidden):
            if not _protect(line, cells, hidden, known) and around:
                hidden.add(min(around, key=lambda place: (cells[place].size, place)))
        for place in _fixed_places(hidden, unseen):
            _give_company(place, cells, hidden)
        if len(hidden) == before:
            return hidden


class _Sums:
    """The sets of cells whose sum can be seen or worked out.

    These are the rows and columns with a total, the whole table, and what is left of it when the
    rows (or columns) with a total are taken off. A table with one column has no rows to add up.
    """

    def __init__(self, cells: Mapping[Place, Amounts], unseen: set[Place]) -> None:
        columns: dict[str, list[Place]] = defaultdict(list)
        rows: dict[str, list[Place]] = defaultdict(list)
        for place in cells:
            rows[place[0]].append(place)
            columns[place[1]].append(place)
        if len(columns) == 1:
            rows.clear()
        self.rows = [tuple(line) for name, line in rows.items() if (name, TOTAL) not in unseen]
        self.columns = [
            tuple(line) for name, line in columns.items() if (TOTAL, name) not in unseen
        ]
        left_rows = tuple(place for place in cells if (place[0], TOTAL) in unseen)
        left_columns = tuple(place for place in cells if (TOTAL, place[1]) in unseen)
        self._left = [line for line in (left_rows, left_columns) if line]
        self.lines = [*self.columns, *self.rows, *self._left, tuple(cells)]

    def differences(self, hidden: set[Place]) -> list[tuple[Line, Line]]:
        """What is left when lines whose hidden cells all lie in a remainder are taken off it.

        Each comes with the shown cells of the lines taken off: hiding one of them keeps its line in
        the remainder.
        """
        found = []
        for left in self._left:
            inside = set(left)
            for family in (self.rows, self.columns):
                lines = [
                    line
                    for line in family
                    if inside.issuperset(place for place in line if place in hidden)
                ]
                taken = {place for line in lines for place in line}
                line = tuple(place for place in left if place not in taken)
                around = tuple(
                    place
                    for line in lines
                    if not inside.isdisjoint(line)
                    for place in line
                    if place not in hidden
                )
                found.append((line, around))
        return [(line, around) for line, around in found if line]


def _known_zeros(cells: Mapping[Place, Amounts], lines: Iterable[Line]) -> tuple[set[Place], ...]:
    """The cells that everybody knows to be 0, because a sum they are in is; per count."""
    return tuple(
        {
            place
            for line in lines
            if not sum(cells[other].counts[count] for other in line)
            for place in line
        }
        for count in (0, 1)
    )


@dataclass(slots=True)
class _Gap:
    """What one line leaves uncertain in one count: how many hidden cells, and their sum."""

    cells: int = 0
    amount: float = 0.0

    def is_open(self) -> bool:
        """Whether that is enough, or nothing is hidden."""
        return not self.cells or (self.cells > 1 and self.amount >= OPEN)

    def with_one(self, amount: float) -> _Gap:
        """The gap with one more cell hidden."""
        return _Gap(self.cells + 1, self.amount + amount)


def _gaps(
    line: Line, cells: Mapping[Place, Amounts], hidden: set[Place], known: tuple[set[Place], ...]
) -> list[_Gap]:
    gaps = []
    for count, zeros in enumerate(known):
        kept = [cells[p].counts[count] for p in line if p in hidden and p not in zeros]
        gaps.append(_Gap(len(kept), sum(kept)))
    return gaps


def _protect(
    line: Line, cells: Mapping[Place, Amounts], hidden: set[Place], known: tuple[set[Place], ...]
) -> bool:
    """Hide the smallest further cells of a line until its hidden ones are open, if they can be."""
    while True:
        gaps = _gaps(line, cells, hidden, known)
        if all(gap.is_open() for gap in gaps):
            return True
        shown = [place for place in line if place not in hidden and place not in known[1]]
        if not shown:
            return False
        hidden.add(min(shown, key=_Cost(gaps, cells, known)))


@dataclass(frozen=True, slots=True)
class _Cost:
    """Which cell to hide next: one that opens the line at once before others, then the smallest."""

    gaps: list[_Gap]
    cells: Mapping[Place, Amounts]
    known: tuple[set[Place], ...]

    def __call__(self, place: Place) -> tuple[bool, float, Place]:
        amounts = self.cells[place]
        opens = all(
            gap.is_open() if place in zeros else gap.with_one(amount).is_open()
            for gap, amount, zeros in zip(self.gaps, amounts.counts, self.known, strict=True)
        )
        return not opens, amounts.size, place


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
