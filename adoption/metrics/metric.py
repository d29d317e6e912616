"""What a metric is: one definition with its question, formula and rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import ibis.expr.types as ir

from adoption.metrics.frames import Frames
from adoption.metrics.roster import Roster

Key = tuple[Any, ...]
"""A group: the values of the columns that rows are grouped by."""


class Shape(StrEnum):
    """How the rows of a metric become one number."""

    COUNT = "count"
    PEOPLE = "people"
    SHARE = "share"
    PEOPLE_SHARE = "people_share"
    TOP_TEN = "top_ten"
    TIME = "time"


class Floor(StrEnum):
    """Which privacy floor applies."""

    ACTIVITY = "activity"
    PUSHBACK = "pushback"


@dataclass(frozen=True, slots=True)
class Scene:
    """What a definition may look at: the limited tables, the roster, and how the result is split."""

    frames: Frames
    roster: Roster
    splits: Sequence[str]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure that is not simply one sum divided by another, for one group.

    ``value``, ``low`` and ``high`` are in the metric's unit, ``numerator`` is the estimated count;
    all are ``None`` where ``note`` says why there is no figure.
    """

    note: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    numerator: float | None = None
    denominator: float | None = None


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of the catalogue.

    Attributes:
        name: stable, kebab-case.
        title: what a tile calls it.
        question: what a reader wants to know.
        formula: how it is counted, in words.
        unit: ``people``, ``share``, ``count``, ``hours`` or ``per_1000``.
        better: ``up``, ``down`` or ``none``: which direction is desirable.
        floor: the privacy floor that applies.
        shape: how rows become a number.
        estimate: where sums alone are not the figure: takes the rows and the columns they are
            grouped by and gives a function from a group's values to its figure. The sums then only
            serve the privacy floors.
        rows: gives a table with ``num`` and ``den`` (``hours`` for times), ``person_id`` where
            people stand behind the rows, and the columns to split by.
        splits: what it can be split by.
        window: the time a row is given or looks back, in words.
        caveats: what a reader must not conclude.
        needs: capabilities of a source without which there is no figure.
        needs_roster: whether a roster is needed.
        needs_usage: whether counts of mail and chat from a usage report are needed.
        interval: whether a Wilson interval makes sense.
        mix: whether a split by barrier, group or state divides the numerator only, as in "of all
            judged messages, how many were about this?".
        objectors: whether ``num`` counts messages that push back.
        parts: whether a count is shown with the count it is part of.
        default_split: the split used when none is asked for.

    """

    name: str
    title: str
    question: str
    formula: str
    unit: str
    better: str
    floor: Floor
    shape: Shape
    rows: Callable[[Scene], ir.Table]
    splits: tuple[str, ...]
    window: str = "the period"
    caveats: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    needs_roster: bool = False
    needs_usage: bool = False
    interval: bool = False
    mix: bool = False
    objectors: bool = False
    parts: bool = False
    default_split: str | None = None
    estimate: Callable[[ir.Table, Sequence[str]], Callable[[Key], Estimate]] | None = None
