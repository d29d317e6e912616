"""Precision and recall as reviewed: from what chance drew, with intervals, and a notice of drift."""

from __future__ import annotations

from datetime import date, timedelta

from adoption.review_quality import Share, drift_notice, review_quality
from adoption.reviews import RANDOM, RANDOM_FLAG, UNCERTAIN
from adoption.store import Store
from adoption.store.records import now
from tests.reviews.build import FLAGGED, PASSED, fill, numbers, word
from tests.store.build import put_scores


def test_nothing_reviewed_gives_no_figures(store: Store) -> None:
    quality = review_quality(store)
    assert (quality.reviewed, quality.checks, quality.precision, quality.recall) == (
        0,
        0,
        None,
        None,
    )
    assert quality.notice == ""


def test_precision_counts_random_flags_and_recall_random_checks_only(store: Store) -> None:
    flagged, passed = numbers(30), numbers(40, start=100)
    fill(store, dict.fromkeys(flagged, FLAGGED) | dict.fromkeys(passed, PASSED))
    store.control.add_reviews(
        [word(n, "pushback", RANDOM) for n in flagged[:8]]
        + [word(n, "neutral", RANDOM) for n in flagged[8:12]]
        + [word(n, "pushback", RANDOM_FLAG) for n in flagged[12:18]]
        + [word(n, "neutral", UNCERTAIN) for n in flagged[18:]]
        + [word(n, "pushback", RANDOM) for n in passed[:4]]
        + [word(n, "support", RANDOM) for n in passed[4:20]]
        + [word(n, "pushback", UNCERTAIN) for n in passed[20:30]]
        + [word(n, "undetermined", RANDOM) for n in passed[30:33]]
    )
    quality = review_quality(store)
    assert quality.reviewed == quality.today == 63
    assert (quality.checks, quality.unsure) == (32, 3)
    assert (quality.flags_checked, quality.pushback_found) == (18, 12)
    assert quality.precision == Share.of(14, 18)
    assert quality.recall == Share.of(8, 12)


def test_an_interval_holds_its_share_and_few_checks_give_none() -> None:
    share = Share.of(14, 18)
    assert share is not None
    assert share.value == 14 / 18
    assert 0 < share.low < share.value < share.high < 1
    assert Share.of(9, 9) is None


def test_flags_of_an_earlier_detector_are_no_sample_of_this_ones(store: Store) -> None:
    flagged = numbers(24)
    fill(store, dict.fromkeys(flagged, FLAGGED))
    store.control.add_reviews(
        [word(n, "pushback", RANDOM_FLAG) for n in flagged[:12]]
        + [word(n, "pushback", RANDOM) for n in flagged[12:]]
    )
    later = [
        FLAGGED._replace(message_id=n, model="v2", scored_at=now() + timedelta(hours=1))
        for n in flagged
    ]
    assert review_quality(store).flags_checked == 24
    put_scores(store, later, model="v2")
    assert review_quality(store).flags_checked == 12


def test_precision_is_given_by_month_of_the_message(store: Store) -> None:
    flagged = numbers(12)
    fill(store, dict.fromkeys(flagged, FLAGGED), days=5)
    store.control.add_reviews([word(n, "pushback") for n in flagged[:5]])
    store.control.add_reviews([word(n, "neutral") for n in flagged[5:]])
    months = review_quality(store).months
    assert months[0] == (date(2026, 1, 1), Share.of(5, 6, fewest=5))
    assert months[1] == (date(2026, 2, 1), Share.of(0, 5, fewest=5))
    assert len(months) == 2


STEADY = [(f"2026-{month:02}", (9, 10)) for month in range(1, 7)]


def test_a_steady_detector_gives_no_notice() -> None:
    assert drift_notice(STEADY) == ""


def test_a_fall_that_chance_explains_gives_no_notice() -> None:
    assert drift_notice([*STEADY[:3], *[(month, (8, 10)) for month, _ in STEADY[3:]]]) == ""


def test_a_significant_fall_is_told_with_its_counts() -> None:
    notice = drift_notice([*STEADY[:3], *[(month, (5, 10)) for month, _ in STEADY[3:]]])
    assert "Since 2026-04 reviewers agreed with 15 of 30" in notice
    assert "before that with 27 of 30" in notice


def test_too_few_checks_give_no_notice() -> None:
    assert drift_notice([("2026-01", (9, 9)), *[(f"2026-0{m}", (0, 9)) for m in (2, 3, 4)]]) == ""
    assert drift_notice([]) == ""
