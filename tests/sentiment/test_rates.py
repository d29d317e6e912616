"""Rates that hold although the detector is imperfect: shown on simulated networks."""

from __future__ import annotations

import numpy as np
import pytest

from adoption.sentiment.rates import corrected_rate, jeffreys

NETWORKS = 1_000


def network(
    chance: np.random.Generator, size: int, rate: float, precision: float, recall: float
) -> tuple[np.ndarray, np.ndarray]:
    """Truth and probabilities of one network, with a detector of given precision and recall."""
    truth = chance.random(size) < rate
    alarms = rate * recall * (1 - precision) / precision / (1 - rate)
    flagged = np.where(truth, chance.random(size) < recall, chance.random(size) < alarms)
    probability = np.where(flagged, chance.beta(6, 3, size), chance.beta(0.6, 12, size))
    return truth, probability


@pytest.mark.parametrize(
    ("rate", "precision", "size", "share"),
    [(0.02, 0.5, 5_000, 0.10), (0.10, 0.5, 10_000, 0.05), (0.05, 0.8, 5_000, 0.10)],
)
def test_intervals_cover_the_truth_as_often_as_they_say(
    rate: float, precision: float, size: int, share: float
) -> None:
    chance = np.random.default_rng(11)
    covered = 0
    for _ in range(NETWORKS):
        truth, probability = network(chance, size, rate, precision, recall=0.75)
        slice_ = chance.random(size) < share
        found = corrected_rate(
            probability, list(zip(probability[slice_], truth[slice_], strict=True))
        )
        assert found is not None
        covered += found.low <= truth.mean() <= found.high
    assert 0.93 <= covered / NETWORKS <= 0.97


def test_the_corrected_rate_is_right_on_average_where_raw_counts_are_far_off() -> None:
    chance = np.random.default_rng(5)
    corrected, raw, true = [], [], []
    for _ in range(200):
        truth, probability = network(chance, 5_000, 0.03, precision=0.5, recall=0.9)
        slice_ = chance.random(5_000) < 0.1
        found = corrected_rate(
            probability, list(zip(probability[slice_], truth[slice_], strict=True))
        )
        assert found is not None
        corrected.append(found.value)
        raw.append((probability >= 0.3).mean())
        true.append(truth.mean())
    assert np.mean(corrected) == pytest.approx(np.mean(true), abs=0.001)
    assert np.mean(raw) > 1.5 * np.mean(true)


def test_reviewing_everything_leaves_no_doubt() -> None:
    probability = np.linspace(0, 1, 200)
    truth = probability > 0.7
    found = corrected_rate(probability, list(zip(probability, truth, strict=True)))
    assert found is not None
    assert (found.low, found.value, found.high) == pytest.approx((truth.mean(),) * 3)


def test_too_few_reviews_give_no_corrected_rate() -> None:
    assert corrected_rate([0.1] * 100, [(0.1, False)] * 29) is None


def test_the_interval_is_of_use_when_the_slice_holds_no_pushback_at_all() -> None:
    found = corrected_rate([0.01] * 5_000, [(0.01, False)] * 250)
    assert found is not None
    assert found.value == 0.0
    assert found.low == 0.0
    assert 0.002 < found.high < 0.02


def test_jeffreys_limits_touch_the_ends_only_where_nothing_was_seen() -> None:
    assert jeffreys(0, 10)[0] == 0.0
    assert jeffreys(10, 10)[1] == 1.0
    low, high = jeffreys(5, 10)
    assert 0.2 < low < 0.5 < high < 0.8
