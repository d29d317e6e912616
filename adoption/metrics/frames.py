"""The rows a metric may look at: one period, one selection, split as asked.

Everything here is an Ibis expression over the views of a snapshot (docs/architecture.md), so that
the same definitions run on DuckDB and on Spark.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, Protocol

import ibis
import ibis.expr.types as ir

from adoption.metrics.figures import Selection
from adoption.metrics.memory import Memory
from adoption.metrics.taxonomy import barrier_groups
from adoption.period import WEEK, Period

FOUR_WEEKS = 4 * WEEK
TIME_SPLITS = frozenset({"week", "four_weeks"})
NETWORK_COMMUNITY = ("network", "community_id")


class Tables(Protocol):
    """What a metric needs of a snapshot: its number and its tables."""

    @property
    def id(self) -> int:
        """The number of the snapshot, printed beside every figure."""

    def table(self, name: str) -> ir.Table:
        """The table or view called ``name``."""


def split_columns(split: str) -> tuple[str, ...]:
    """The columns a split groups by; a community's id is only unique inside its network."""
    return NETWORK_COMMUNITY if split == "community" else (split,)


class Frames:
    """The tables of a snapshot, limited to a period and a selection.

    ``without`` names networks that cannot tell what the metric asks for; they are left out.
    ``memory`` keeps what several metrics need. With
    ``inverse`` the tables hold what the selection leaves out instead.
    """

    def __init__(
        self,
        snapshot: Tables,
        period: Period,
        selection: Selection,
        without: Collection[str] = (),
        *,
        memory: Memory | None = None,
        inverse: bool = False,
    ) -> None:
        self.snapshot = snapshot
        self.period = period
        self.selection = selection
        self.without = frozenset(without)
        self.memory = memory or Memory(snapshot.id)
        self.inverse = inverse

    def acts(self, start: date | None = None, end: date | None = None) -> ir.Table:
        """Posts, replies and reactions of people, from ``start`` to ``end`` (the period's bounds)."""
        return self._within("acts", start, end)

    def facts(self, start: date | None = None, end: date | None = None) -> ir.Table:
        """Messages of people in public places."""
        return self._within("facts", start, end)

    def verdicts(self, start: date | None = None, end: date | None = None) -> ir.Table:
        """The same messages with the verdict that counts now."""
        table = self._within("verdicts", start, end)
        groups = barrier_groups()
        return table.mutate(
            barrier=table.barrier.fill_null(""),
            group=table.barrier.fill_null("").cases(*groups.items(), else_=""),
        )

    def select(self, table: ir.Table) -> ir.Table:
        """Limit a table that has network, community_id and department to the selection."""
        table = self.can_tell(table)
        selected = self._selected(table)
        if not selected:
            return table
        chosen = ibis.and_(*selected)
        return table.filter(~chosen if self.inverse else chosen)

    def facts_of_everybody(self) -> ir.Table:
        """The period's messages in the selected places, with ``chosen``: the writer is selected.

        A conversation of two departments is a dialogue for both.
        """
        table = self.snapshot.table("facts")
        table = table.filter(table.week >= self.period.start, table.week < self.period.end)
        table = self.in_communities(self.in_networks(table))
        departments = self.selection.departments
        known = table.department.fill_null("")
        return table.mutate(chosen=known.isin(departments) if departments else ibis.literal(True))

    def can_tell(self, table: ir.Table) -> ir.Table:
        """Leave out the networks that cannot tell what is asked."""
        return table.filter(table.network.notin(sorted(self.without))) if self.without else table

    def in_networks(self, table: ir.Table) -> ir.Table:
        """Limit to the selected networks that can tell, whatever else is selected."""
        table = self.can_tell(table)
        networks = () if self.inverse else self.selection.networks
        return table.filter(table.network.isin(networks)) if networks else table

    def in_departments(self, table: ir.Table) -> ir.Table:
        """Limit to the selected departments, whatever else is selected."""
        departments = self.selection.departments
        if not departments:
            return table
        known = table.department.fill_null("")
        return table.filter(known.notin(departments) if self.inverse else known.isin(departments))

    def in_communities(self, table: ir.Table) -> ir.Table:
        """Limit to the selected communities, whatever else is selected."""
        communities = self.selection.communities
        return table.filter(_in_communities(table, communities)) if communities else table

    def _selected(self, table: ir.Table) -> list[ir.BooleanValue]:
        chosen = self.selection
        conditions: list[ir.BooleanValue] = []
        if chosen.networks:
            conditions.append(table.network.isin(chosen.networks))
        if chosen.communities:
            conditions.append(_in_communities(table, chosen.communities))
        if chosen.departments:
            conditions.append(table.department.fill_null("").isin(chosen.departments))
        return conditions

    def split(self, table: ir.Table, splits: Sequence[str]) -> ir.Table:
        """Add what the splits group by, with ``""`` for "not known"."""
        columns = table.columns
        added: dict[str, Any] = {}
        for split in splits:
            if split in columns and split in TIME_SPLITS:
                continue
            if split == "four_weeks":
                added[split] = self._four_weeks(table)
            elif split in ("department", "location", "job_family") and split in columns:
                added[split] = table[split].fill_null("")
            elif split == "community":
                added["community_id"] = table.community_id.fill_null("")
        return table.mutate(**added) if added else table

    @cached_property
    def data_span(self) -> dict[str, tuple[datetime, datetime]]:
        """First and last act per network, over everything that was collected."""
        spans = self.memory.recall("data-span", None, self._spans)
        networks = () if self.inverse else self.selection.networks
        return {
            network: (datetime.fromisoformat(first), datetime.fromisoformat(last))
            for network, first, last in spans
            if network not in self.without and (not networks or network in networks)
        }

    def _spans(self) -> list[tuple[str, str, str]]:
        acts = self.snapshot.table("acts")
        spans = acts.group_by("network").aggregate(
            first=acts.acted_at.min(), last=acts.acted_at.max()
        )
        return [
            (row["network"], row["first"].isoformat(), row["last"].isoformat())
            for row in records(spans)
        ]

    def old_enough(self, table: ir.Table, column: str, window: timedelta) -> ir.Table:
        """Leave out rows whose ``window`` was not over when the network's data ends."""
        limits = [
            (table.network == network) & (table[column] <= last - window)
            for network, (_, last) in sorted(self.data_span.items())
        ]
        return table.filter(ibis.or_(*limits) if limits else ibis.literal(False))

    def _within(self, name: str, start: date | None, end: date | None) -> ir.Table:
        table = self.snapshot.table(name)
        first, last = start or self.period.start, end or self.period.end
        return self.select(table.filter(table.week >= first, table.week < last))

    def _four_weeks(self, table: ir.Table) -> ir.Value:
        """The first Monday of the block of four weeks, counted from the period's first week."""
        starts = self.period.weeks()[::4]
        branches = [((table.week < start + FOUR_WEEKS), ibis.literal(start)) for start in starts]
        return ibis.cases(*branches, else_=ibis.null(date))


def _in_communities(table: ir.Table, keys: Collection[str]) -> ir.BooleanValue:
    by_network: dict[str, list[str]] = {}
    for key in keys:
        network, _, community = key.partition("/")
        by_network.setdefault(network, []).append(community)
    known = table.community_id.fill_null("")
    return ibis.or_(
        *((table.network == network) & known.isin(ids) for network, ids in by_network.items())
    )


def records(expression: ir.Table) -> list[dict[str, Any]]:
    """Run an expression and give its rows as plain Python values."""
    return list(expression.to_pyarrow().to_pylist())
