"""Days, holidays and hours."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adoption.demo.calendar import bank_holidays, day_factor, make_timeline, ramp, summer_time, wave

DAYS = st.dates(date(2010, 1, 1), date(2050, 12, 31))


@pytest.mark.parametrize(
    "holiday",
    [
        date(2024, 3, 29),
        date(2024, 4, 1),
        date(2025, 4, 18),
        date(2025, 5, 5),
        date(2025, 5, 26),
        date(2025, 8, 25),
        date(2026, 4, 6),
        date(2026, 12, 25),
    ],
)
def test_bank_holidays_of_england(holiday: date) -> None:
    assert holiday in bank_holidays(holiday.year)


@pytest.mark.parametrize(
    ("day", "ahead"),
    [
        (date(2026, 3, 28), False),
        (date(2026, 3, 29), True),
        (date(2026, 10, 24), True),
        (date(2026, 10, 25), False),
    ],
)
def test_clocks_change_on_the_last_sundays(day: date, ahead: bool) -> None:
    assert summer_time(day) is ahead


def test_offices_close_at_the_weekend_and_wards_do_not() -> None:
    saturday = date(2026, 6, 13)
    assert day_factor(saturday, clinical=True) > 5 * day_factor(saturday, clinical=False)
    christmas = date(2026, 12, 25)
    assert day_factor(christmas, clinical=True) < 0.5


@given(st.integers(3, 60), DAYS)
def test_the_story_keeps_its_order(months: int, until: date) -> None:
    line = make_timeline(months, until)
    assert line.start < line.launch < line.training < line.incident < line.policy
    assert line.policy < line.champions <= line.until
    assert abs(line.days - months * 30.44) < 5


@given(DAYS, st.integers(-400, 400))
def test_waves_and_ramps_stay_between_nothing_and_all(begins: date, offset: int) -> None:
    day = begins + timedelta(days=offset)
    height = wave(day, begins, rise_days=10, fall_days=30)
    assert 0 <= height <= 1
    assert (height == 0) == (offset < 0)
    assert 0 <= ramp(day, begins, 21) <= 1
