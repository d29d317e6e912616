"""Periods: whole ISO weeks, Monday to Sunday, UTC.

Every figure of the product belongs to one period. Weeks are whole because half a week beside a
whole one looks like a fall; the comparison is the preceding period of equal length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from adoption.errors import SettingsError

WEEK = timedelta(days=7)
_WEEK_PATTERN = re.compile(r"(\d{4})-?W(\d{2})", re.IGNORECASE)


def monday(day: date) -> date:
    """The Monday of the ISO week that ``day`` lies in."""
    return day - timedelta(days=day.weekday())


def week_name(day: date) -> str:
    """The ISO name of the week that ``day`` lies in, such as ``2026-W05``."""
    year, week, _ = day.isocalendar()
    return f"{year:04d}-W{week:02d}"


def parse_week(text: str) -> date:
    """The Monday of a week written as ``2026-W05``.

    Raises:
        SettingsError: the text is no ISO week, or the year has no such week.

    """
    match = _WEEK_PATTERN.fullmatch(text.strip())
    try:
        if match is None:
            raise ValueError(text)
        return date.fromisocalendar(int(match[1]), int(match[2]), 1)
    except ValueError as error:
        raise SettingsError(
            f"{text.strip()!r} is not a week",
            where="period",
            next_step="Write an ISO week such as 2026-W05, or two of them: 2026-W01:2026-W13",
        ) from error


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Whole ISO weeks from ``start`` (a Monday, included) to ``end`` (a Monday, not included).

    Raises:
        SettingsError: a bound is no Monday, or there is no week between them.

    """

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.start.weekday() or self.end.weekday() or self.start >= self.end:
            raise SettingsError(
                f"{self.start} to {self.end} is not a period of whole weeks",
                where="period",
                next_step="Begin on a Monday and end on a later Monday, as in 2026-W01:2026-W13",
            )

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read ``2026-W01:2026-W13`` (both weeks included) or one week, ``2026-W05``.

        Raises:
            SettingsError: a part is no ISO week, or the second week comes before the first.

        """
        first, _, last = text.partition(":")
        start = parse_week(first)
        return cls(start, (parse_week(last) if last else start) + WEEK)

    @classmethod
    def last_weeks(cls, last: date, weeks: int) -> Period:
        """The ``weeks`` whole weeks up to the last one that was complete on ``last`` (included)."""
        end = monday(last + timedelta(days=1))
        return cls(end - weeks * WEEK, end)

    def __str__(self) -> str:
        first, last = week_name(self.start), week_name(self.end - WEEK)
        return first if first == last else f"{first}:{last}"

    def __len__(self) -> int:
        return (self.end - self.start) // WEEK

    def previous(self) -> Period:
        """The period of equal length that ends where this one begins."""
        return Period(self.start - len(self) * WEEK, self.start)

    def weeks(self) -> tuple[date, ...]:
        """The Mondays of this period, oldest first."""
        return tuple(self.start + number * WEEK for number in range(len(self)))

    @property
    def start_at(self) -> datetime:
        """The first moment of the period."""
        return datetime(self.start.year, self.start.month, self.start.day, tzinfo=UTC)

    @property
    def end_at(self) -> datetime:
        """The first moment after the period."""
        return datetime(self.end.year, self.end.month, self.end.day, tzinfo=UTC)
