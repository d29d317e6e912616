"""What was hidden cannot be worked out from everything that was released."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adoption.metrics import CATALOGUE, RawCell
from adoption.privacy import Floors, State, release
from adoption.privacy.gate import below_floor
from adoption.privacy.suppression import OPEN, Amounts, Place, hidden_cells
from tests.privacy.attacker import TOTAL, Table, bounds, everything_released, known
from tests.privacy.figures import activity, figures, raw, summed

COUNTS = ("numerator", "denominator")


def cells(key: str) -> st.SearchStrategy[RawCell]:
    """Cells of every size, consistent in themselves."""

    def build(people: int, denominator: int, part: float, writers: int) -> RawCell:
        authors = min(people, denominator, writers)
        numerator = int(part * denominator)
        objectors = min(authors, numerator)
        return raw(
            key,
            people=people,
            authors=authors,
            objectors=objectors,
            numerator=numerator,
            denominator=denominator,
        )

    sizes = st.sampled_from((0, 1, 2, 5, 20, 300))
    return st.builds(
        build,
        st.sampled_from((0, 3, 19, 20, 21, 400)),
        sizes,
        st.floats(0, 1),
        st.sampled_from((1, 4, 5, 60)),
    )


tables_with_one_split = st.integers(1, 8).flatmap(
    lambda size: st.tuples(*(cells(f"g{number}") for number in range(size)))
)


@settings(max_examples=300, deadline=None)
@given(tables_with_one_split)
def test_a_total_gives_no_hidden_row_away(rows: tuple[RawCell, ...]) -> None:
    total = summed(rows)
    released = release(figures(rows, total))
    hidden = [
        row for row, cell in zip(rows, released.rows, strict=True) if cell.state is State.SUPPRESSED
    ]
    for count in COUNTS:
        amounts = [getattr(row, count) for row in hidden]
        left = getattr(total, count) - sum(getattr(cell, count) or 0 for cell in released.rows)
        assert left == sum(amounts)
        everything_is_hidden = len(hidden) == len(rows)
        assert not hidden or left >= OPEN or everything_is_hidden or not getattr(total, count)
        assert len(hidden) != 1 or len(rows) == 1 or not total.denominator


@settings(max_examples=200, deadline=None)
@given(tables_with_one_split)
def test_nothing_below_a_floor_is_ever_shown(rows: tuple[RawCell, ...]) -> None:
    for row, cell in zip(rows, release(figures(rows)).rows, strict=True):
        if cell.shown:
            assert row.people >= 20
            assert row.authors >= 5 or not row.denominator
            assert row.objectors >= 5 or not row.numerator
        if cell.state is State.SUPPRESSED:
            assert (cell.value, cell.numerator, cell.denominator, cell.people) == (None,) * 4


@given(st.lists(st.tuples(st.sampled_from((2, 9, 10, 80)), st.integers(0, 50)), min_size=1))
def test_counts_of_activity_are_protected_alike(groups: list[tuple[int, int]]) -> None:
    rows = [activity(f"g{n}", people, value) for n, (people, value) in enumerate(groups)]
    total = activity("", sum(p for p, _ in groups), sum(v for _, v in groups))
    released = release(figures(rows, total, metric="posts"))
    hidden = [v for (_, v), cell in zip(groups, released.rows, strict=True) if not cell.shown]
    assert all(
        people >= 10 for (people, _), c in zip(groups, released.rows, strict=True) if c.shown
    )
    assert not hidden or len(hidden) == len(rows) or sum(hidden) >= OPEN or not total.value


def random_table(random: Random) -> Table:
    rows = tuple(f"r{number}" for number in range(random.randint(2, 5)))
    columns = tuple(f"c{number}" for number in range(random.randint(2, 6)))
    inner: dict[Place, RawCell] = {}
    for row in rows:
        people = random.choice((4, 15, 30, 200))
        for column in columns:
            denominator = random.choice((0, 1, 3, 10, 50, 200))
            numerator = random.randint(0, denominator)
            authors = min(denominator, people, random.choice((1, 3, 6, 40)))
            inner[row, column] = raw(
                row,
                across=column,
                people=people,
                authors=authors,
                objectors=min(authors, numerator),
                numerator=numerator,
                denominator=denominator,
            )
    return Table(inner, rows, columns)


@pytest.mark.parametrize("start", range(0, 60, 20))
def test_linear_programming_over_all_tables_and_totals_finds_nothing(start: int) -> None:
    """Departments by weeks, released together with departments alone and weeks alone.

    Only where a visible sum is itself smaller than :data:`OPEN` may a range be that small.
    """
    for seed in range(start, start + 20):
        table = random_table(Random(seed))
        released = everything_released(table, "department", "week")
        for count in COUNTS:
            seen = known(released, count)
            for place, (low, high) in bounds(table.rows, table.columns, seen).items():
                true = getattr(table.cells[place], count)
                assert low - 1e-6 <= true <= high + 1e-6
                sums = [seen.get((place[0], TOTAL)), seen.get((TOTAL, place[1]))]
                tiny = any(total is not None and total < OPEN for total in sums)
                below = below_floor(table.cells[place], CATALOGUE["pushback-rate"], Floors(), True)
                assert high - low >= OPEN - 1e-6 or tiny or not below, (seed, count, place)


def test_a_hidden_cell_between_two_rings_of_hidden_cells_gets_company() -> None:
    """Each line has two hidden cells, and yet the one that joins both rings is fixed by the sums."""
    rings = {(r, c) for r in "ab" for c in "12"} | {(r, c) for r in "cd" for c in "34"}
    joint = ("a", "3")
    table = {(row, column): Amounts(9, 9, 9) for row in "abcdef" for column in "123456"}
    hidden = hidden_cells(table, rings | {joint})
    assert hidden > rings | {joint}


def test_where_everything_is_hidden_already_nothing_more_can_be() -> None:
    """The corner is fixed by the sums, and there is nothing left to keep it company."""
    table = {("a", "1"): Amounts(9, 9, 9), ("b", "2"): Amounts(9, 9, 9)}
    assert hidden_cells(table, list(table)) == set(table)


def test_hiding_costs_little() -> None:
    """Beside the cells below a floor only a few more are hidden."""
    random = Random(1)
    sizes = {
        (f"r{r}", f"c{c}"): int(random.expovariate(0.02)) for r in range(15) for c in range(26)
    }
    table = {place: Amounts(size // 9, size, size) for place, size in sizes.items()}
    primary = {place for place, size in sizes.items() if size < 20}
    assert len(hidden_cells(table, primary)) <= 1.2 * len(primary)
