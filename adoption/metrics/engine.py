"""From rows to cells: counting, per group, with the people behind each count."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import ibis
import ibis.expr.types as ir

from adoption.metrics.figures import LABELS, RawCell
from adoption.metrics.frames import records, split_columns
from adoption.metrics.metric import Floor, Key, Metric, Shape
from adoption.statistics.intervals import wilson

PER_1000 = 1000.0
_OF_PEOPLE = frozenset({Shape.PEOPLE, Shape.PEOPLE_SHARE, Shape.TOP_TEN})


@dataclass(frozen=True, slots=True)
class Measured:
    """Sums over one group, with the people behind them.

    ``first_*`` are the rows of the busiest, the two busiest and the ten busiest people.
    """

    numerator: float = 0.0
    denominator: float = 0.0
    authors: int = 0
    objectors: int = 0
    first_one: float = 0.0
    first_two: float = 0.0
    first_ten: float = 0.0
    median: float | None = None
    p90: float | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """What was found, per group; groups in which nothing happened are not listed.

    ``wholes`` are the denominators of a mix, by the splits that are not labels.
    """

    splits: tuple[str, ...]
    found: Mapping[Key, Measured]
    wholes: Mapping[Key, float]

    def of(self, keys: Sequence[Key]) -> Measured:
        """The sums of the group with these keys, one per split."""
        whole_key = _flat(
            key for key, split in zip(keys, self.splits, strict=True) if split not in LABELS
        )
        nothing = Measured(denominator=self.wholes.get(whole_key, 0.0))
        found = self.found.get(_flat(keys), nothing)
        return replace(found, denominator=nothing.denominator) if self.wholes else found


def measure(metric: Metric, events: ir.Table, splits: tuple[str, ...]) -> Counts:
    """Sum ``num`` and ``den`` per group.

    Where the metric is a mix, a split by a label (barrier, group, state) divides the numerator
    only, so the denominator is that of the other splits together.
    """
    if not is_mix(metric, splits):
        return Counts(splits, _measure(metric, events, _columns(splits)), {})
    marked = events.filter(events.num > 0)
    marked = marked.mutate(den=marked.num)
    others = _columns([split for split in splits if split not in LABELS])
    wholes = _grouped(events, others, {"denominator": events.den.sum()})
    return Counts(
        splits,
        _measure(metric, marked, _columns(splits)),
        {key: whole.denominator for key, whole in _keyed(wholes, others).items()},
    )


def is_mix(metric: Metric, splits: Sequence[str]) -> bool:
    """Whether these splits divide the numerator only."""
    return metric.mix and not LABELS.isdisjoint(splits)


def _flat(keys: Iterable[Key]) -> Key:
    return tuple(part for key in keys for part in key)


def _columns(splits: Sequence[str]) -> list[str]:
    return [column for split in splits for column in split_columns(split)]


def _measure(metric: Metric, events: ir.Table, columns: list[str]) -> dict[Key, Measured]:
    """Sums per group; who is behind them only where the figure or the gate asks for it."""
    by_person = metric.floor is Floor.PUSHBACK or metric.shape in _OF_PEOPLE
    times = _times(events) if metric.shape is Shape.TIME else {}
    if not by_person:
        return _keyed(_grouped(events, columns, {**_sums(events), **times}), columns)
    found = _measure_people(events, columns)
    if not times:
        return found
    timed = _keyed(_grouped(events, columns, times), columns)
    return {
        key: replace(found[key], median=time.median, p90=time.p90)
        for key, time in timed.items()
        if key in found
    }


def _sums(events: ir.Table) -> dict[str, ir.Value]:
    return {"numerator": events.num.sum(), "denominator": events.den.sum()}


def _times(events: ir.Table) -> dict[str, ir.Value]:
    return {"median": events.hours.median(), "p90": events.hours.quantile(0.9)}


def _measure_people(events: ir.Table, columns: list[str]) -> dict[Key, Measured]:
    people = events.group_by([*columns, "person_id"]).aggregate(
        num=events.num.sum(), den=events.den.sum()
    )
    busiest_first = ibis.window(
        group_by=columns or None, order_by=[ibis.desc("den"), ibis.desc("person_id")]
    )
    people = people.mutate(place=ibis.row_number().over(busiest_first))
    sums = {
        "numerator": people.num.sum(),
        "denominator": people.den.sum(),
        "authors": (people.den > 0).sum(),
        "objectors": (people.num > 0).sum(),
        "first_one": people.den.sum(where=people.place < 1),
        "first_two": people.den.sum(where=people.place < 2),
        "first_ten": people.den.sum(where=people.place < 10),
    }
    return _keyed(_grouped(people, columns, sums), columns)


def _grouped(table: ir.Table, columns: list[str], sums: dict[str, ir.Value]) -> ir.Table:
    return table.group_by(columns).aggregate(**sums) if columns else table.aggregate(**sums)


def _keyed(table: ir.Table, columns: list[str]) -> dict[Key, Measured]:
    result = {}
    for row in records(table):
        key = tuple(row.pop(column) for column in columns)
        result[key] = Measured(**{name: value for name, value in row.items() if value is not None})
    return result


def estimates(
    metric: Metric, events: ir.Table, splits: Sequence[str]
) -> Callable[[Sequence[Key], RawCell], RawCell]:
    """What puts a metric's own estimates into cells; it leaves them alone where there are none."""
    if metric.estimate is None:
        return lambda keys, raw: raw
    of = metric.estimate(events, _columns(splits))
    return lambda keys, raw: raw if raw.value is None else replace(raw, **asdict(of(_flat(keys))))


def cell(metric: Metric, found: Measured, people: int, *, mixed: bool, empty: str) -> RawCell:
    """Turn sums into a figure.

    Args:
        metric: its definition.
        found: the sums of the group.
        people: how many people the group has.
        mixed: whether the group is a label of a mix; the messages it is about are then its own.
        empty: why there is no figure when nothing was counted.

    """
    about = found.numerator if mixed else found.denominator
    base = RawCell(
        people=people,
        authors=found.authors,
        objectors=found.objectors if metric.objectors else 0,
        top_one=found.first_one / about if about else 0.0,
        top_two=found.first_two / about if about else 0.0,
    )
    return _SHAPES[metric.shape](metric, base, found, empty)


def _count(metric: Metric, base: RawCell, found: Measured, empty: str) -> RawCell:
    of = found.denominator if metric.parts else None
    part = found.numerator if of is not None else None
    return replace(base, value=found.numerator, numerator=part, denominator=of)


def _people(metric: Metric, base: RawCell, found: Measured, empty: str) -> RawCell:
    return replace(base, value=float(found.objectors))


def _share(metric: Metric, base: RawCell, found: Measured, empty: str) -> RawCell:
    return _part(metric, base, found.numerator, found.denominator, empty)


def _people_share(metric: Metric, base: RawCell, found: Measured, empty: str) -> RawCell:
    return _part(metric, base, float(found.objectors), float(found.authors), empty)


def _top_ten(metric: Metric, base: RawCell, found: Measured, empty: str) -> RawCell:
    return _part(metric, base, found.first_ten, found.denominator, empty)


def _part(metric: Metric, base: RawCell, part: float, whole: float, empty: str) -> RawCell:
    scale = PER_1000 if metric.unit == "per_1000" else 1.0
    base = replace(base, numerator=part, denominator=whole)
    if not whole:
        return replace(base, note=empty)
    low, high = wilson(part, whole) if metric.interval else (None, None)
    return replace(
        base,
        value=scale * part / whole,
        low=None if low is None else scale * low,
        high=None if high is None else scale * high,
    )


def _time(metric: Metric, base: RawCell, found: Measured, empty: str) -> RawCell:
    base = replace(base, numerator=found.denominator, value=found.median, p90=found.p90)
    return base if found.median is not None else replace(base, note=empty)


_SHAPES = {
    Shape.COUNT: _count,
    Shape.PEOPLE: _people,
    Shape.SHARE: _share,
    Shape.PEOPLE_SHARE: _people_share,
    Shape.TOP_TEN: _top_ten,
    Shape.TIME: _time,
}
