"""Control charts: published limits, each rule alone, and how often chance alone signals."""

from __future__ import annotations

import numpy as np
import pytest

from adoption.statistics.control_chart import Signal, control_chart

FLOW_RATE = (49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1)
STEADY = [10.0, 11.0, 9.0, 10.5, 9.5, 10.0, 11.0, 9.0, 10.5, 9.5, 10.2, 9.8]


def signals(values: list[float | None], index: int) -> set[Signal]:
    return {u.signal for u in control_chart(values).unusual if u.index == index}


def test_limits_are_those_of_the_nist_handbook() -> None:
    """NIST/SEMATECH e-Handbook of statistical methods, 6.3.2.2, flow rates of ten batches."""
    (limits,) = control_chart(FLOW_RATE).limits
    assert limits.centre == pytest.approx(50.81)
    assert limits.high == pytest.approx(55.8041, abs=0.002)
    assert limits.low == pytest.approx(45.8159, abs=0.002)
    assert limits.trial


def test_one_wild_jump_does_not_widen_the_limits() -> None:
    jumpy = [10.0, 11.0, 10.0, 11.0, 90.0, 11.0, 10.0, 11.0, 10.0, 11.0, 10.0, 11.0]
    (limits,) = control_chart(jumpy).limits
    assert limits.high - limits.low < 2 * 2.66 * 16
    assert Signal.OUTSIDE in signals(list(jumpy), 4)


def test_limits_stay_once_there_are_twelve_points() -> None:
    first = control_chart(STEADY).limits[0]
    later = control_chart([*STEADY, 50.0, 60.0]).limits[0]
    assert (first.centre, first.high, first.trial) == (later.centre, later.high, False)


def test_fewer_than_five_points_have_no_limits() -> None:
    chart = control_chart([1.0, 2.0, None, 3.0, 2.0])
    assert chart.limits == ()
    assert chart.unusual == ()
    assert "Not enough data" in chart.verdict()


def test_a_point_outside_the_limits_signals() -> None:
    assert Signal.OUTSIDE in signals([*STEADY, 30.0], 12)
    assert Signal.OUTSIDE in signals([*STEADY, -30.0], 12)


def test_seven_rising_points_signal() -> None:
    rising = [9.4, 9.5, 9.6, 9.7, 9.8, 9.9, 10.0]
    assert signals([*STEADY, *rising], 18) == {Signal.TREND}
    assert Signal.TREND not in signals([*STEADY, *rising], 17)


def test_seven_falling_points_signal_downwards() -> None:
    falling = [10.4, 10.3, 10.2, 10.1, 10.0, 9.9, 9.85]
    chart = control_chart([*STEADY, *falling])
    assert [u.side for u in chart.unusual if u.signal is Signal.TREND][-1] == -1
    assert chart.verdict().startswith("Falling")


def test_seven_points_on_one_side_signal() -> None:
    high = [10.4, 10.2, 10.5, 10.3, 10.4, 10.2, 10.5]
    assert Signal.SHIFT in signals([*STEADY, *high], 18)


def test_two_of_three_points_near_a_limit_signal() -> None:
    (limits,) = control_chart(STEADY).limits
    near = (limits.near_high + limits.high) / 2
    assert Signal.NEAR_LIMIT in signals([*STEADY, near, 9.9, near], 14)
    assert Signal.NEAR_LIMIT not in signals([*STEADY, near, 9.9, 10.1, near], 15)
    low = (limits.near_low + limits.low) / 2
    assert Signal.NEAR_LIMIT in signals([*STEADY, 10.0, low, low], 14)


def test_weeks_without_a_figure_are_passed_over() -> None:
    gaps: list[float | None] = []
    for value in (*STEADY, 30.0):
        gaps += [value, None]
    chart = control_chart(gaps)
    assert [u.index for u in chart.unusual if u.signal is Signal.OUTSIDE] == [24]
    assert chart.limits == control_chart([*STEADY, 30.0]).limits


def test_a_known_change_gets_limits_of_its_own() -> None:
    chart = control_chart([*STEADY, *(value + 40 for value in STEADY)], rebase_at=(12,))
    assert [limits.start for limits in chart.limits] == [0, 12]
    assert chart.unusual == ()


def test_the_verdict_is_about_the_newest_week() -> None:
    assert control_chart([*STEADY, 30.0]).verdict().startswith("Higher than usual")
    assert control_chart([*STEADY, -30.0]).verdict().startswith("Lower than usual")
    assert control_chart([*STEADY, 30.0, 10.0]).verdict().startswith("As usual")
    assert "provisional" in control_chart(STEADY[:8]).verdict()


def test_chance_alone_rarely_goes_outside_the_limits() -> None:
    """Limits at 3 sigma from 12 points: about one to two points in a hundred."""
    random = np.random.default_rng(2)
    outside = points = 0
    for _ in range(400):
        chart = control_chart(list(random.normal(100, 10, 36)))
        outside += sum(u.signal is Signal.OUTSIDE for u in chart.unusual)
        points += 36
    assert outside / points < 0.025
