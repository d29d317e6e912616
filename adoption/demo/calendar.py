"""When things happen in the sample network: the programme, the working week, the hours of a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate
from math import exp

LAUNCH_AT = 1 / 3
TRAINING_AT = 0.55
INCIDENT_AT = 0.68
POLICY_AT = 0.75
CHAMPIONS_AT = 0.86

SHIFT_HOURS = (2, 1, 1, 1, 1, 2, 5, 9, 8, 7, 7, 7, 10, 11, 9, 6, 6, 6, 7, 8, 7, 6, 5, 3)
OFFICE_HOURS = (0, 0, 0, 0, 0, 0, 1, 4, 11, 15, 14, 11, 9, 10, 12, 11, 9, 5, 2, 1, 1, 1, 0, 0)
SHIFT_EDGES = tuple(accumulate(SHIFT_HOURS))
OFFICE_EDGES = tuple(accumulate(OFFICE_HOURS))

SHIFT_WEEK = (1.1, 1.12, 1.1, 1.05, 1.0, 0.55, 0.5)
OFFICE_WEEK = (1.2, 1.25, 1.2, 1.15, 0.95, 0.07, 0.06)


@dataclass(frozen=True, slots=True)
class Timeline:
    """The days that matter; ``until`` is the last day with messages."""

    start: date
    launch: date
    training: date
    incident: date
    policy: date
    champions: date
    until: date

    @property
    def days(self) -> int:
        """How many days the sample covers."""
        return (self.until - self.start).days + 1


def make_timeline(months: int, until: date) -> Timeline:
    """A programme over ``months`` months; with 18, the launch comes six months after the pilot."""
    start = _months_before(until, months) + timedelta(days=1)
    days = (until - start).days

    def on(share: float, weekday: int) -> date:
        day = start + timedelta(days=round(days * share))
        return day + timedelta(days=(weekday - day.weekday()) % 7)

    return Timeline(
        start=start,
        launch=on(LAUNCH_AT, 0),
        training=on(TRAINING_AT, 0),
        incident=on(INCIDENT_AT, 3),
        policy=on(POLICY_AT, 0),
        champions=on(CHAMPIONS_AT, 0),
        until=until,
    )


def _months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or the 28th where that month is too short."""
    index = day.year * 12 + day.month - 1 - months
    return date(index // 12, index % 12 + 1, min(day.day, 28))


def day_factor(day: date, *, clinical: bool) -> float:
    """How busy the network is on a day, relative to an ordinary working day."""
    week = SHIFT_WEEK if clinical else OFFICE_WEEK
    factor = week[day.weekday()]
    if day in bank_holidays(day.year):
        factor = min(factor, 0.45 if clinical else 0.05)
    if (day.month, day.day) >= (12, 22) or (day.month, day.day) <= (1, 2):
        factor *= 0.6 if clinical else 0.3
    elif day.month == 8:
        factor *= 0.82
    return factor


@lru_cache(maxsize=64)
def bank_holidays(year: int) -> frozenset[date]:
    """Bank holidays of England: fixed days, Easter, and the Mondays in May and August."""
    easter = _easter(year)
    return frozenset(
        {
            date(year, 1, 1),
            easter - timedelta(days=2),
            easter + timedelta(days=1),
            _monday_on_or_after(date(year, 5, 1)),
            _monday_on_or_after(date(year, 5, 25)),
            _monday_on_or_after(date(year, 8, 25)),
            date(year, 12, 25),
            date(year, 12, 26),
        }
    )


def _monday_on_or_after(day: date) -> date:
    return day + timedelta(days=-day.weekday() % 7)


def _easter(year: int) -> date:
    """Easter Sunday by the anonymous Gregorian computus (Meeus, Astronomical Algorithms, ch. 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    (d, e), f = divmod(b, 4), (b + 8) // 25
    g = (b - f + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def summer_time(day: date) -> bool:
    """Whether clocks in the United Kingdom are an hour ahead of UTC on that day."""
    begins = _last_sunday(day.year, 3)
    ends = _last_sunday(day.year, 10)
    return begins <= day < ends


@lru_cache(maxsize=64)
def _last_sunday(year: int, month: int) -> date:
    last = date(year, month, 31)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def wave(day: date, begins: date, *, rise_days: float, fall_days: float) -> float:
    """A wave that starts at 0, reaches 1 after ``rise_days`` and then decays by ``exp``."""
    passed = (day - begins).days
    if passed < 0:
        return 0.0
    if passed < rise_days:
        return (passed + 1) / (rise_days + 1)
    return exp(-(passed - rise_days) / fall_days)


def ramp(day: date, begins: date, days: float) -> float:
    """0 before ``begins``, 1 from ``days`` later on, a straight line between."""
    return min(max((day - begins).days / days, 0.0), 1.0)
