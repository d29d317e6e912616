"""How long to wait: every form in which servers say it, and bounds for those that do not."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adoption.http.retry import RetryPolicy, requested_wait
from adoption.limits import Limiter, Rate
from tests.live.clock import SteppedClock

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("30", 30.0),
        ("24.208813428878784", 24.208813428878784),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0.0),
        ("-3", None),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("inf", None),
        ("1e400", None),
    ],
)
def test_retry_after_is_read_in_each_of_its_forms(header: str, seconds: float | None) -> None:
    assert requested_wait({"Retry-After": header}, NOW) == seconds


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3.0),
        (str(int(NOW.timestamp()) + 20), 20.0),
        (str((int(NOW.timestamp()) + 20) * 1000), 20.0),
        (str(int(NOW.timestamp()) - 20), 0.0),
        ("later", None),
    ],
)
def test_a_reset_is_read_as_seconds_or_either_epoch(header: str, seconds: float | None) -> None:
    assert requested_wait({"X-RateLimit-Reset": header}, NOW) == seconds


@given(st.text(max_size=40))
def test_no_header_breaks_anything(text: str) -> None:
    for name in ("Retry-After", "X-RateLimit-Reset"):
        wait = requested_wait({name: text}, NOW)
        assert wait is None or wait >= 0


@given(st.integers(0, 50), st.integers())
def test_the_backoff_stays_within_its_bounds(attempt: int, seed: int) -> None:
    policy = RetryPolicy()
    wait = policy.backoff(attempt, random.Random(seed))
    assert 0 <= wait <= min(policy.cap_seconds, policy.base_seconds * 2**attempt)


@given(
    st.integers(1, 5),
    st.floats(0.5, 30),
    st.lists(st.floats(0, 40), max_size=40),
)
def test_no_window_ever_holds_more_than_the_rate(
    requests: int, seconds: float, pauses: list[float]
) -> None:
    import threading

    clock = SteppedClock()
    limiter = Limiter(Rate(requests, seconds), clock)
    never = threading.Event()
    times = []
    for pause in pauses:
        limiter.acquire(never)
        times.append(clock.monotonic())
        clock.advance(pause)
    for index in range(len(times) - requests):
        assert times[index + requests] - times[index] >= seconds - 1e-6
