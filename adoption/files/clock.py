"""Work out how a table writes its times, and read them.

A format is chosen by trying all known ones on a sample. Where day and month cannot be told apart,
the order that makes the table run forward in time decides; if that does not help either, the user
is asked. Nothing is guessed silently: :attr:`Clock.how` says what was understood.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from adoption.errors import SettingsError
from adoption.files.tabular import Cell
from adoption.times import from_milliseconds, from_seconds

DAY_FIRST, MONTH_FIRST = "day-first", "month-first"
NEEDED_SHARE = 0.9
"""Share of a column's values that must be times for it to count as a time column."""

_EXCEL_EPOCH = datetime(1899, 12, 30)
_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_CLOCKS = ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%I:%M:%S %p", "%I:%M %p", "")
_TIME_ONLY = tuple(one for one in _CLOCKS if one)
_NAMED_DATES = ("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y")
_DAY_DATES = ("%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%y", "%d.%m.%y")
_MONTH_DATES = ("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y")
_WHOLE = ("%a %b %d %H:%M:%S %z %Y", "%a, %d %b %Y %H:%M:%S %z", "%Y/%m/%d %H:%M:%S %z")
_YEAR_DATES = ("%Y/%m/%d", "%Y.%m.%d")
_SECONDS_DIGITS, _MILLIS_DIGITS, _MICROS_DIGITS = 10, 13, 16
"""Digits of a number since 1970 in each unit, from 2001 to 2286."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Reads the times of one column, or of a date and a time column joined by a blank.

    ``how`` describes the format in words; ``is_zoned`` tells whether times carry their zone;
    ``is_time_only`` whether the day is missing; ``is_day_only`` whether the time is.
    """

    how: str
    parse: Callable[[Cell], datetime]
    is_zoned: bool = False
    is_time_only: bool = False
    is_day_only: bool = False

    def read(self, cell: Cell, zone: ZoneInfo, day: date | None) -> datetime:
        """The point in time in UTC.

        Args:
            cell: the value.
            zone: the zone of times that carry none.
            day: the day of times that have none.

        Raises:
            ValueError: it is no time of this kind, or a day is needed.

        """
        moment = self.parse(cell)
        if self.is_time_only:
            if day is None:
                raise ValueError("a time without a day")
            moment = datetime.combine(day, moment.time())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        return moment.astimezone(UTC)


def zone_called(name: str) -> ZoneInfo:
    """A time zone by its IANA name.

    Raises:
        SettingsError: there is none of this name.

    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsError(
            f"There is no time zone called {name[:40]!r}",
            where="setting zone",
            next_step="Use a name such as Europe/Berlin, Europe/London or America/New_York",
        ) from error


def clock_for(sample: Sequence[Cell], order: str | None = None) -> Clock | None:
    """The clock that reads a column, or ``None`` if it holds no times.

    Args:
        sample: values of the column, not empty.
        order: ``day-first`` or ``month-first`` where the user has said so.

    Raises:
        SettingsError: day and month cannot be told apart.

    """
    if not sample:
        return None
    if (
        sum(isinstance(cell, date | time | timedelta) for cell in sample)
        >= len(sample) * NEEDED_SHARE
    ):
        return Clock(
            "dates of the file",
            _native,
            is_time_only=all(isinstance(cell, time) for cell in sample),
            is_day_only=all(_is_day(cell) for cell in sample),
        )
    plain = [clock for clock in _plain_clocks() if _fits(clock, sample)]
    if plain:
        return plain[0]
    by_day = _first_fit(_DAY_DATES, sample)
    by_month = _first_fit(_MONTH_DATES, sample)
    if by_day and by_month:
        return _settle(by_day, by_month, sample, order)
    return by_day or by_month or _first_time_only(sample)


def _fits(clock: Clock, sample: Sequence[Cell]) -> bool:
    misses = len(sample) * (1 - NEEDED_SHARE)
    for cell in sample:
        try:
            clock.parse(cell)
        except ValueError:
            misses -= 1
            if misses < 0:
                return False
    return True


def _plain_clocks() -> Sequence[Clock]:
    """Formats in which nothing is ambiguous, the most common first."""
    return (
        Clock("ISO dates with a zone", _iso_zoned, is_zoned=True),
        Clock("ISO dates", _iso),
        Clock("numbers since 1970", _since_1970, is_zoned=True),
        *(Clock(f"times like {_shown(one)}", _strict(one), is_zoned=True) for one in _WHOLE),
        *(_clock_of(day, clock) for day in (*_YEAR_DATES, *_NAMED_DATES) for clock in _CLOCKS),
    )


def _first_fit(days: Sequence[str], sample: Sequence[Cell]) -> Clock | None:
    candidates = (_clock_of(day, clock) for day in days for clock in _CLOCKS)
    return next((clock for clock in candidates if _fits(clock, sample)), None)


def _first_time_only(sample: Sequence[Cell]) -> Clock | None:
    candidates = (
        Clock(f"times of day like {_shown(one)}", _strict(one), is_time_only=True)
        for one in _TIME_ONLY
    )
    return next((clock for clock in candidates if _fits(clock, sample)), None)


def _settle(by_day: Clock, by_month: Clock, sample: Sequence[Cell], order: str | None) -> Clock:
    if order:
        return by_day if order == DAY_FIRST else by_month
    readings = [
        [clock.parse(cell) for cell in sample if _can(clock, cell)] for clock in (by_day, by_month)
    ]
    if readings[0] == readings[1]:
        return by_day
    runs_on = [reading == sorted(reading) for reading in readings]
    if runs_on[0] == runs_on[1]:
        raise SettingsError(
            "Day and month cannot be told apart in the dates of this table",
            where="setting date_order",
            next_step=f"Set it to {DAY_FIRST} (31/12/2026) or {MONTH_FIRST} (12/31/2026)",
        )
    return by_day if runs_on[0] else by_month


def _can(clock: Clock, cell: Cell) -> bool:
    try:
        clock.parse(cell)
    except ValueError:
        return False
    return True


def _clock_of(day: str, clock: str) -> Clock:
    form = f"{day} {clock}".strip()
    return Clock(f"dates like {_shown(form)}", _strict(form), is_day_only=not clock)


def _shown(form: str) -> str:
    return datetime(2026, 12, 31, 21, 30, tzinfo=UTC).strftime(form)


def _is_day(cell: Cell) -> bool:
    """Whether a cell is a date; workbooks give dates as midnight."""
    if isinstance(cell, datetime):
        return cell.time() == time()
    return isinstance(cell, date)


def _native(cell: Cell) -> datetime:
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, date):
        return datetime(cell.year, cell.month, cell.day)
    if isinstance(cell, time):
        return datetime.combine(_EXCEL_EPOCH, cell)
    raise ValueError("no date")


def _iso(cell: Cell) -> datetime:
    if isinstance(cell, datetime | date):
        return _native(cell)
    if not isinstance(cell, str) or cell[:4].isdigit() is False or "-" not in cell[4:8]:
        raise ValueError("no ISO date")
    return datetime.fromisoformat(cell.strip().removesuffix(" UTC"))


def _iso_zoned(cell: Cell) -> datetime:
    moment = _iso(cell)
    if moment.tzinfo is None:
        if isinstance(cell, str) and cell.endswith(" UTC"):
            return moment.replace(tzinfo=UTC)
        raise ValueError("no zone")
    return moment


def _since_1970(cell: Cell) -> datetime:
    text = str(cell).strip()
    whole = text.partition(".")[0]
    if not whole.isdecimal():
        raise ValueError("no number since 1970")
    if len(whole) == _SECONDS_DIGITS:
        moment = from_seconds(text)
    elif len(whole) == _MILLIS_DIGITS:
        moment = from_milliseconds(int(whole))
    elif len(whole) == _MICROS_DIGITS:
        moment = from_milliseconds(int(whole) // 1000) + timedelta(microseconds=int(whole) % 1000)
    else:
        raise ValueError("no number since 1970")
    if not _EARLIEST <= moment < _LATEST:
        raise ValueError("out of range")
    return moment


@lru_cache(maxsize=64)
def _strict(form: str) -> Callable[[Cell], datetime]:
    """A reader for one format. Text tables repeat dates and minutes, so results are kept."""

    @lru_cache(maxsize=50_000)
    def parse(text: str) -> datetime:
        return datetime.strptime(text.strip(), form)

    def read(cell: Cell) -> datetime:
        if not isinstance(cell, str):
            return _native(cell)
        return parse(cell)

    return read
