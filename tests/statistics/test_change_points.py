"""Change points: a published series, simulations, and series without any."""

from __future__ import annotations

import numpy as np

from adoption.statistics.change_points import change_points

NILE = (
    1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180,
    799, 958, 1140, 1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701,
    916, 692, 1020, 1050, 969, 831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862,
    698, 845, 744, 796, 1040, 759, 781, 865, 845, 944, 984, 897, 822, 1010, 771, 676, 649, 846, 812,
    742, 801, 1040, 860, 874, 848, 890, 744, 749, 838, 1050, 918, 986, 797, 923, 975, 815, 1020, 906,
    901, 1170, 912, 746, 919, 718, 714, 740,
)  # fmt: skip


def test_the_nile_changed_after_1898() -> None:
    """G. W. Cobb, Biometrika 65 (1978): annual flow at Aswan 1871 to 1970, change at 1898."""
    assert [1871 + index for index in change_points(NILE)] == [1899]


def test_levels_are_found_where_they_change() -> None:
    random = np.random.default_rng(1)
    levels = np.repeat([10.0, 30.0, 18.0], 15) + random.normal(0, 1.5, 45)
    assert change_points(list(levels)) == (15, 30)


def test_weeks_without_a_figure_keep_the_places_right() -> None:
    random = np.random.default_rng(1)
    levels: list[float | None] = list(np.repeat([10.0, 30.0], 15) + random.normal(0, 1.5, 30))
    levels[3:6] = [None] * 3
    assert change_points(levels) == (15,)


def test_noise_alone_seldom_looks_like_a_change() -> None:
    random = np.random.default_rng(2)
    found = [bool(change_points(list(random.normal(50, 5, 52)))) for _ in range(200)]
    assert np.mean(found) <= 0.1


def test_short_and_constant_series_have_no_change() -> None:
    assert change_points([1.0, 9.0, 1.0, 9.0, 1.0]) == ()
    assert change_points([]) == ()
    assert change_points([4.0] * 30) == ()
