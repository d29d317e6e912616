"""A period is whole ISO weeks; its comparison is the period of equal length before it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adoption.errors import SettingsError
from adoption.period import Period, monday, week_name

days = st.dates(date(1990, 1, 1), date(2100, 1, 1))
periods = st.builds(
    lambda day, weeks: Period(monday(day), monday(day) + timedelta(weeks=weeks)),
    days,
    st.integers(1, 200),
)


def test_a_quarter_is_written_with_its_first_and_last_week() -> None:
    quarter = Period.parse("2026-W01:2026-W13")
    assert quarter.start == date(2025, 12, 29)
    assert quarter.end == date(2026, 3, 30)
    assert len(quarter) == 13
    assert str(quarter) == "2026-W01:2026-W13"


def test_one_week_is_written_alone() -> None:
    week = Period.parse(" 2026-w05 ")
    assert (len(week), str(week)) == (1, "2026-W05")


def test_a_year_may_have_53_weeks() -> None:
    assert Period.parse("2026-W53").end == date(2027, 1, 4)
    with pytest.raises(SettingsError, match="2025-W53"):
        Period.parse("2025-W53")


@pytest.mark.parametrize("text", ["", "2026", "2026-W00", "W05", "2026-W1", "2026-W13:", "now"])
def test_what_is_no_week_is_refused_with_an_example(text: str) -> None:
    if text == "2026-W13:":
        assert Period.parse(text) == Period.parse("2026-W13")
        return
    with pytest.raises(SettingsError, match="2026-W01:2026-W13"):
        Period.parse(text)


def test_a_period_does_not_run_backwards() -> None:
    with pytest.raises(SettingsError, match="whole weeks"):
        Period.parse("2026-W05:2026-W01")


def test_a_period_begins_and_ends_on_mondays() -> None:
    with pytest.raises(SettingsError, match="Monday"):
        Period(date(2026, 1, 6), date(2026, 1, 12))
    with pytest.raises(SettingsError, match="Monday"):
        Period(date(2026, 1, 5), date(2026, 1, 13))


def test_the_last_weeks_are_complete() -> None:
    sunday, saturday = date(2026, 1, 11), date(2026, 1, 10)
    assert str(Period.last_weeks(sunday, 1)) == "2026-W02"
    assert str(Period.last_weeks(saturday, 1)) == "2026-W01"


def test_bounds_are_moments_in_utc() -> None:
    week = Period.parse("2026-W02")
    assert week.start_at == datetime(2026, 1, 5, tzinfo=UTC)
    assert week.end_at - week.start_at == timedelta(days=7)


@given(periods)
def test_what_is_written_is_read_back(when: Period) -> None:
    assert Period.parse(str(when)) == when


@given(periods)
def test_the_comparison_is_as_long_and_touches(when: Period) -> None:
    before = when.previous()
    assert before.end == when.start
    assert len(before) == len(when) == len(when.weeks())


@given(periods, days)
def test_every_week_of_a_period_lies_in_it(when: Period, day: date) -> None:
    assert all(when.start <= week < when.end and week.weekday() == 0 for week in when.weeks())
    assert week_name(day) == week_name(monday(day))
