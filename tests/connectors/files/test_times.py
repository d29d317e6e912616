from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adoption.times import from_iso, from_milliseconds, from_seconds

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATER = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))


@given(LATER)
def test_microseconds_survive_every_form(moment: datetime) -> None:
    micros = (moment - EPOCH) // timedelta(microseconds=1)
    assert from_iso(moment.isoformat()) == moment
    assert from_seconds(f"{micros // 10**6}.{micros % 10**6:06}") == moment
    assert from_milliseconds(micros // 1000) == moment - timedelta(microseconds=micros % 1000)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "02.03.2026", "1.6E+15", "null"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        from_iso(text)
    with pytest.raises(ValueError, match=r".+"):
        from_seconds(f"-{text}")


def test_times_beyond_the_calendar_are_refused() -> None:
    with pytest.raises(ValueError, match="range"):
        from_milliseconds(10**18)
    with pytest.raises(ValueError, match="range"):
        from_seconds("9" * 18)
