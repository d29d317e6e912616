"""Formats of time that a table may hold, and what is done where they are not clear."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from adoption.errors import SettingsError
from adoption.files.clock import clock_for, zone_called
from adoption.files.tabular import Cell

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        (datetime(2026, 7, 1, 12), datetime(2026, 7, 1, 10, tzinfo=UTC)),
        (datetime(2026, 7, 1, 12, tzinfo=UTC), datetime(2026, 7, 1, 12, tzinfo=UTC)),
        (date(2026, 7, 1), datetime(2026, 6, 30, 22, tzinfo=UTC)),
        ("2026-07-01 12:00:00 UTC", datetime(2026, 7, 1, 12, tzinfo=UTC)),
        ("2026-07-01 12:00", datetime(2026, 7, 1, 10, tzinfo=UTC)),
        ("2026-12-01 12:00", datetime(2026, 12, 1, 11, tzinfo=UTC)),
        ("1782900000.5", datetime(2026, 7, 1, 10, 0, 0, 500000, tzinfo=UTC)),
        (1782900000, datetime(2026, 7, 1, 10, tzinfo=UTC)),
    ],
)
def test_a_time_without_zone_is_of_the_declared_zone(cell: Cell, moment: datetime) -> None:
    clock = clock_for([cell])
    assert clock is not None
    assert clock.read(cell, BERLIN, None) == moment


def test_a_column_of_a_workbook_may_mix_dates_and_text() -> None:
    column: list[Cell] = [datetime(2026, 7, 1, 12), "2026-07-02 12:00", "2026-07-03 12:00"]
    clock = clock_for(column)
    assert clock is not None
    assert [clock.read(cell, BERLIN, None).day for cell in column] == [1, 2, 3]


@pytest.mark.parametrize("cell", [time(9, 30), "09:30"])
def test_a_time_of_day_needs_a_day(cell: Cell) -> None:
    clock = clock_for([cell])
    assert clock is not None
    assert clock.is_time_only
    with pytest.raises(ValueError, match="without a day"):
        clock.read(cell, BERLIN, None)
    assert clock.read(cell, BERLIN, date(2026, 7, 1)) == datetime(2026, 7, 1, 7, 30, tzinfo=UTC)


def test_one_broken_value_in_ten_does_not_hide_the_format() -> None:
    column = ["3/4/26"] * 5 + ["13/4/26"] * 14 + ["soon"]
    clock = clock_for(column)
    assert clock is not None
    assert clock.read("13/4/26", BERLIN, None) == datetime(2026, 4, 12, 22, tzinfo=UTC)


def test_days_that_read_alike_either_way_need_no_answer() -> None:
    clock = clock_for(["03/03/2026", "05/05/2026"])
    assert clock is not None
    assert clock.read("05/05/2026", BERLIN, None).month == 5


def test_the_order_that_runs_forward_decides() -> None:
    forward = clock_for(["01/03/2026", "02/03/2026", "01/04/2026"])
    assert forward is not None
    assert forward.read("02/01/2026", ZoneInfo("UTC"), None).month == 1
    with pytest.raises(SettingsError, match="date_order"):
        clock_for(["03/02/2026", "02/01/2026", "04/03/2026"])


@pytest.mark.parametrize(
    "column", [[], ["soon"], ["12345"], ["9" * 13], [True], [3.5], ["2026"], ["31/31/2026"]]
)
def test_what_is_no_time_gives_no_clock(column: list[Cell]) -> None:
    assert clock_for(column) is None


def test_a_zone_that_does_not_exist_is_refused_with_examples() -> None:
    for name in ("Mars/Olympus", "../../etc/passwd", ""):
        with pytest.raises(SettingsError, match="Europe/Berlin"):
            zone_called(name)
