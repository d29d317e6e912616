"""Effects of enablers: the estimate, its interval in simulation, and the verdict in words."""

from __future__ import annotations

import numpy as np
import pytest

from adoption.statistics.effects import (
    Effect,
    Verdict,
    effect_of,
    newey_west,
    ordinary_covariance,
    segmented_fit,
)


def line(weeks: int, start: int, *, jump: float = 0, slope: float = 0) -> np.ndarray:
    week = np.arange(weeks, dtype=float)
    after = (week >= start).astype(float)
    return 50 + 0.3 * week + after * (jump + slope * (week - start))


def noisy(
    seed: int, *, weeks: int = 40, start: int = 20, jump: float = 0, rho: float = 0.3
) -> list[float]:
    """A line with a jump and errors of which each keeps a part of the one before."""
    random = np.random.default_rng(seed)
    errors = [0.0]
    for _ in range(weeks - 1):
        errors.append(rho * errors[-1] + random.normal(0, 2))
    return list(line(weeks, start, jump=jump) + errors)


def test_exact_lines_are_found_exactly() -> None:
    weeks = np.arange(30, dtype=float)
    fit = segmented_fit(weeks, line(30, 12, jump=-7, slope=0.5), 12)
    assert fit.coefficients == pytest.approx((50, 0.3, -7, 0.5))
    assert fit.effect == pytest.approx(-7 + 0.5 * np.mean(np.arange(18)))
    found = effect_of(list(line(30, 12, jump=-7, slope=0.5)), 12, better="up")
    assert found.expected == pytest.approx(np.mean(50 + 0.3 * weeks[12:]))


def test_without_lags_newey_west_is_the_estimator_of_white() -> None:
    """H. White, Econometrica 48 (1980): sum of x x' e^2 between two inverses."""
    random = np.random.default_rng(3)
    design = np.column_stack([np.ones(50), random.normal(size=50)])
    residuals = random.normal(size=50)
    inverse = np.linalg.inv(design.T @ design)
    meat = sum(e**2 * np.outer(x, x) for x, e in zip(design, residuals, strict=True))
    expected = inverse @ meat @ inverse * 50 / 48
    assert newey_west(design, residuals, lags=0) == pytest.approx(expected)


def test_newey_west_is_the_weighted_sum_of_the_definition() -> None:
    random = np.random.default_rng(4)
    design = np.column_stack([np.ones(40), np.arange(40.0)])
    residuals = random.normal(size=40)
    meat = np.zeros((2, 2))
    for i in range(40):
        for j in range(40):
            weight = max(0.0, 1 - abs(i - j) / 4)
            meat += weight * residuals[i] * residuals[j] * np.outer(design[i], design[j])
    inverse = np.linalg.inv(design.T @ design)
    expected = inverse @ meat @ inverse * 40 / 38
    assert newey_west(design, residuals, lags=3) == pytest.approx(expected)


def test_the_ordinary_variance_is_that_of_the_norris_data_of_nist() -> None:
    """NIST Statistical Reference Datasets, Norris: slope 1.00211681802045, s.e. 0.000429796848199937."""
    x = np.array(NORRIS_X)
    design = np.column_stack([np.ones_like(x), x])
    coefficients, *_ = np.linalg.lstsq(design, np.array(NORRIS_Y), rcond=None)
    covariance = ordinary_covariance(design, np.array(NORRIS_Y) - design @ coefficients)
    assert coefficients[1] == pytest.approx(1.00211681802045, rel=1e-10)
    assert np.sqrt(covariance[1, 1]) == pytest.approx(0.000429796848199937, rel=1e-8)


def test_the_interval_covers_the_true_effect_in_most_simulations() -> None:
    """Nominal 95 %; with related errors and 20 + 20 weeks somewhat less, as the module says."""
    for rho, fewest in ((0.0, 0.92), (0.3, 0.85)):
        covered = []
        for seed in range(300):
            found = effect_of(noisy(seed, jump=5, rho=rho), 20, better="up")
            assert found.low is not None
            assert found.high is not None
            covered.append(found.low <= 5 <= found.high)
        assert np.mean(covered) >= fewest


def test_without_an_effect_one_is_rarely_claimed() -> None:
    claimed = [
        effect_of(noisy(seed), 20, better="up").verdict in (Verdict.WORKED, Verdict.BACKFIRED)
        for seed in range(300)
    ]
    assert np.mean(claimed) <= 0.15


def test_a_large_change_in_the_desired_direction_worked() -> None:
    assert effect_of(noisy(1, jump=20), 20, better="up").verdict is Verdict.WORKED
    assert effect_of(noisy(1, jump=-20), 20, better="down").verdict is Verdict.WORKED


def test_a_large_change_in_the_other_direction_went_wrong() -> None:
    assert effect_of(noisy(1, jump=20), 20, better="down").verdict is Verdict.BACKFIRED


def test_little_noise_and_no_change_is_no_clear_effect() -> None:
    found = effect_of(noisy(5, rho=0.0), 20, better="up", meaningful=10)
    assert found.verdict is Verdict.NO_CLEAR_EFFECT
    assert found.weeks_needed is None


def test_much_noise_is_under_powered_and_says_how_many_weeks_are_missing() -> None:
    found = effect_of(noisy(5, rho=0.0), 20, better="up", meaningful=2.2)
    assert found.verdict is Verdict.UNDER_POWERED
    assert found.weeks_needed is not None
    assert f"{found.weeks_needed} more weeks" in found.in_words()


def test_what_a_year_more_would_not_settle_is_said_like_that() -> None:
    words = Effect(Verdict.UNDER_POWERED, weeks_needed=300).in_words()
    assert "300" not in words
    assert "A year more would not be enough" in words


def test_too_early_says_how_many_weeks_are_missing() -> None:
    found = effect_of(noisy(1)[:23], 20, better="up")
    assert (found.verdict, found.weeks_needed, found.effect) == (Verdict.TOO_EARLY, 3, None)


def test_hidden_and_missing_weeks_do_not_count() -> None:
    values: list[float | None] = list(noisy(1))
    values[:13] = [None] * 13
    found = effect_of(values, 20, better="up")
    assert (found.verdict, found.weeks_before) == (Verdict.NOT_ENOUGH_DATA, 7)


def test_what_happened_to_everybody_is_no_effect() -> None:
    values = noisy(6, jump=20)
    others = [value + random for value, random in zip(values, noisy(7, rho=0), strict=True)]
    found = effect_of(values, 20, better="up", untreated=others)
    assert found.compared
    assert found.verdict is not Verdict.WORKED
    assert "compare" not in found.in_words()


def test_a_comparison_of_counts_does_not_depend_on_the_size_of_the_other_groups() -> None:
    """Others ten times as large lose a fifth, and so do the treated: that is no effect."""
    random = np.random.default_rng(8)
    fall = np.where(np.arange(40) < 20, 1.0, 0.8)
    small = list(100 * fall + random.normal(0, 2, 40))
    large: list[float | None] = list(1000 * fall + random.normal(0, 20, 40))
    absolute = effect_of(small, 20, better="up", untreated=large)
    relative = effect_of(small, 20, better="up", untreated=large, relative=True)
    assert absolute.verdict is Verdict.WORKED
    assert relative.verdict is Verdict.NO_CLEAR_EFFECT
    assert relative.expected == pytest.approx(80, abs=3)


def test_others_without_any_figure_before_are_taken_as_they_are() -> None:
    others: list[float | None] = [0.0] * 40
    found = effect_of(noisy(1, jump=20), 20, better="up", untreated=others, relative=True)
    assert found.verdict is Verdict.WORKED


def test_without_a_comparison_the_words_say_so() -> None:
    assert "something else may be the cause" in effect_of(noisy(1), 20, better="up").in_words()


def test_every_verdict_has_words() -> None:
    assert all(Effect(verdict).in_words() for verdict in Verdict)


def test_a_direction_is_needed() -> None:
    with pytest.raises(ValueError, match="direction"):
        effect_of(noisy(1), 20, better="none")


NORRIS_Y = (
    0.1, 338.8, 118.1, 888.0, 9.2, 228.1, 668.5, 998.5, 449.1, 778.9, 559.2, 0.3, 0.1, 778.1, 668.8,
    339.3, 448.9, 10.8, 557.7, 228.3, 998.0, 888.8, 119.6, 0.3, 0.6, 557.6, 339.3, 888.0, 998.5,
    778.9, 10.2, 117.6, 228.9, 668.4, 449.2, 0.2,
)  # fmt: skip
NORRIS_X = (
    0.2, 337.4, 118.2, 884.6, 10.1, 226.5, 666.3, 996.3, 448.6, 777.0, 558.2, 0.4, 0.6, 775.5, 666.9,
    338.0, 447.5, 11.6, 556.0, 228.1, 995.8, 887.6, 120.2, 0.3, 0.3, 556.8, 339.1, 887.2, 999.0,
    779.0, 11.1, 118.3, 229.2, 669.1, 448.9, 0.5,
)  # fmt: skip
