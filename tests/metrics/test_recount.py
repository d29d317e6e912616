"""Each figure equals an independent recount in pandas, on networks in which everything varies."""

from __future__ import annotations

from random import Random

import pytest

from adoption.metrics import CATALOGUE, RawCell, Selection, compute
from adoption.period import Period
from tests.metrics.networks import InMemory, Network, period, random_network
from tests.metrics.recount import METRICS, Recount, Result

SELECTIONS = (
    Selection(),
    Selection(departments=("Pharmacy", "")),
    Selection(networks=("net1",)),
    Selection(communities=("net0/1", "net1/2", "net0/")),
    Selection(networks=("net0",), departments=("Theatres",)),
    Selection(departments=("Estates",), communities=("net0/0", "net1/0", "net1/1")),
)
NOT_FOR_COMMUNITIES = {"active-share", "silent-people", "channel-shift"}


def case(number: int) -> tuple[Network, Period, Selection]:
    random = Random(number)
    network = random_network(number, messages=random.choice((60, 200, 400)))
    return network, period(random.choice((1, 6, 13))), SELECTIONS[number % len(SELECTIONS)]


@pytest.mark.parametrize("number", range(6))
def test_every_metric_equals_its_recount(number: int) -> None:
    network, when, selection = case(number)
    snapshot, recount = InMemory(network), Recount(network, when, selection)
    random = Random(number)
    for name, metric in CATALOGUE.items():
        if name in NOT_FOR_COMMUNITIES and selection.communities:
            continue
        by = random.choice(metric.splits)
        figures = compute(snapshot, name, when, selection, by)
        place = f"network {number}, {name} by {by}, {when}, {selection}"
        assert_same(figures.total, recount.count(name, None).get(""), f"{place}, total")
        expected = recount.count(name, by)
        assert {row.key for row in figures.rows} >= set(expected), place
        for row in figures.rows:
            assert_same(row, expected.get(row.key), f"{place}, {row.key!r}")


def assert_same(cell: RawCell, expected: Result | None, place: str) -> None:
    """Counts agree exactly; quotients and sums of probabilities to the last digits."""
    if expected is None:
        assert not cell.value, place
        return
    for mine, theirs in zip((cell.value, cell.numerator, cell.denominator), expected, strict=True):
        if theirs is None:
            assert mine is None or mine == cell.value, place
        else:
            assert mine == pytest.approx(theirs, rel=1e-12), place


def test_no_metric_is_left_out() -> None:
    assert set(CATALOGUE) == set(METRICS)
