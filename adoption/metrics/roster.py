"""Who could take part: the people a figure is compared with.

A people file is the roster where there is one. Otherwise the members a network names are, unless
its connector says that it cannot name them; then there is no roster and every figure that needs
one is "not available".
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property
from typing import Any

import ibis
import ibis.expr.types as ir

from adoption.metrics.figures import Selection
from adoption.metrics.frames import FOUR_WEEKS, TIME_SPLITS, Frames, Tables, records, split_columns
from adoption.period import WEEK

PEOPLE_NETWORK = "people"
ROSTER_SPLITS = frozenset({"department", "location", "job_family"})


class Roster:
    """The people employed in a period, each once, as they stood at its end.

    ``unnamed`` are the networks whose connector cannot name all members.
    """

    def __init__(self, frames: Frames, unnamed: Collection[str]) -> None:
        self.frames = frames
        self.unnamed = unnamed
        self.networks = _roster_networks(frames.snapshot, frames.selection, unnamed)

    @cached_property
    def exists(self) -> bool:
        """Whether anybody is on it."""
        persons = self.frames.snapshot.table("persons")
        known = persons.filter(persons.network.isin(self.networks), persons.author_kind == "person")
        return bool(self.networks) and bool(records(known.select("person_id").limit(1)))

    @property
    def people(self) -> ir.Table:
        """One row per person: person_id, department, location, job_family, employed_from/to."""
        frames = self.frames
        end_at = frames.period.end_at
        persons = frames.snapshot.table("persons")
        persons = persons.filter(
            persons.network.isin(self.networks),
            persons.author_kind == "person",
            persons.valid_from.isnull() | (persons.valid_from < end_at),
        )
        newest_first = ibis.window(
            group_by="person_id",
            order_by=[ibis.desc("valid_from", nulls_first=False), "network", "account_id"],
        )
        latest = persons.mutate(place=ibis.row_number().over(newest_first))
        latest = latest.filter(latest.place == 0)
        employed = latest.filter(*_employed(latest, frames.period.start_at, end_at))
        return frames.in_departments(
            employed.select(
                "person_id",
                "department",
                "location",
                "job_family",
                "employed_from",
                "employed_to",
            )
        )

    def over_time(self, split: str) -> ir.Table:
        """One row per person and stretch of time in which they were employed."""
        length = WEEK if split == "week" else FOUR_WEEKS
        starts = self.frames.period.weeks()[:: length // WEEK]
        people = self.people.mutate(
            **{split: ibis.array([ibis.literal(start) for start in starts]).unnest()}
        )
        begins = people[split].cast("timestamp('UTC')")
        return people.filter(*_employed(people, begins, begins + ibis.interval(days=length.days)))

    def with_acts(self, splits: Sequence[str]) -> ir.Table:
        """The roster with ``acted``: whether the person did anything (in that stretch of time)."""
        times = [split for split in splits if split in TIME_SPLITS]
        people = self.over_time(times[0]) if times else self.people
        acts = self.frames.split(
            self.frames.in_communities(self.frames.in_networks(self._acts_of_everybody())),
            splits,
        )
        active = acts.select("person_id", *times).distinct().mutate(acted=True)
        joined = people.left_join(active, ["person_id", *times])
        return joined.mutate(acted=joined.acted.fill_null(False))

    def sizes(self, split: str | None) -> dict[tuple[Any, ...], int]:
        """How many people each group has; the key of everybody is ``()``."""
        if split in TIME_SPLITS:
            people = self.over_time(split)
        else:
            people = self.frames.split(self.people, [split] if split else [])
        return counted(people, split)

    def _acts_of_everybody(self) -> ir.Table:
        acts = self.frames.snapshot.table("acts")
        period = self.frames.period
        return acts.filter(acts.week >= period.start, acts.week < period.end)


def counted(people: ir.Table, split: str | None) -> dict[tuple[Any, ...], int]:
    """Distinct people per group of a table with ``person_id``."""
    if split is None:
        found = records(people.aggregate(people=people.person_id.nunique()))
        return {(): found[0]["people"]}
    columns = split_columns(split)
    found = records(people.group_by(columns).aggregate(people=people.person_id.nunique()))
    return {tuple(row[column] for column in columns): row["people"] for row in found}


def _employed(people: ir.Table, begins: Any, ends: Any) -> tuple[ir.BooleanValue, ...]:
    return (
        people.employed_from.isnull() | (people.employed_from < ends),
        people.employed_to.isnull() | (people.employed_to > begins),
    )


def _roster_networks(
    snapshot: Tables, selection: Selection, unnamed: Collection[str]
) -> tuple[str, ...]:
    persons = snapshot.table("persons")
    known = {row["network"] for row in records(persons.select("network").distinct())}
    if PEOPLE_NETWORK in known:
        return (PEOPLE_NETWORK,)
    wanted = known & set(selection.networks) if selection.networks else known
    return tuple(sorted(wanted - set(unnamed)))
