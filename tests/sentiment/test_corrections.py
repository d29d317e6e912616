"""People have the last word: queue, display, training."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from adoption.errors import SourceError
from adoption.sentiment import Comment, Verdict
from adoption.sentiment.corrections import (
    Correction,
    displayed,
    in_random_slice,
    read_corrections,
    review_queue,
    to_examples,
    uncertainty,
)
from adoption.sentiment.detector import LocalDetector
from adoption.sentiment.drift import notices, reviewed_precision, stability_index
from adoption.sentiment.likeness import ReviewedExamples

IDS = [f"m{number}" for number in range(4_000)]


@pytest.fixture
def verdict(lite: LocalDetector) -> Verdict:
    return lite.judge([Comment("Why can't we use email?")])[0]


def test_the_random_slice_has_its_share_and_never_changes() -> None:
    chosen = {i for i in IDS if in_random_slice(i, 0.08, "salt")}
    assert 0.06 < len(chosen) / len(IDS) < 0.10
    assert chosen == {i for i in reversed(IDS) if in_random_slice(i, 0.08, "salt")}
    assert chosen != {i for i in IDS if in_random_slice(i, 0.08, "other")}


def test_the_random_slice_does_not_look_at_verdicts(verdict: Verdict) -> None:
    low, high = replace(verdict, pushback=0.01), replace(verdict, pushback=0.99)
    queues = [
        [i for i, why in review_queue([(i, v) for i in IDS], 100) if why == "random"]
        for v in (low, high)
    ]
    assert queues[0] == queues[1]
    assert len(queues[0]) == 50


def test_the_other_half_goes_to_the_least_certain(verdict: Verdict) -> None:
    messages = [(i, replace(verdict, pushback=(n % 100) / 100)) for n, i in enumerate(IDS)]
    queue = review_queue(messages, 100)
    known = dict(messages)
    doubtful = [known[i] for i, why in queue if why == "uncertain"]
    assert len(queue) == len({i for i, _ in queue}) == 100
    assert all(uncertainty(v) >= 0.95 for v in doubtful)


def test_unscored_messages_are_not_put_before_reviewers(lite: LocalDetector) -> None:
    foreign = lite.judge([Comment("Das ist doch alles Unsinn, wir haben E-Mail.")])[0]
    assert review_queue([(i, foreign) for i in IDS[:500]], 50) == []


def test_a_reviewers_word_wins_on_display(verdict: Verdict) -> None:
    comment = Comment("Why can't we use email?")
    said = {
        word: displayed(verdict, Correction(comment, word))
        for word in ("pushback", "support", "neutral", "undetermined")
    }
    assert said["neutral"].stance == "neutral"
    assert said["neutral"].barrier is None
    assert said["neutral"].flag == "pass"
    assert said["support"].stance == "support"
    assert said["undetermined"].state == "undetermined"
    assert said["pushback"].flag == "flag"
    other = displayed(verdict, Correction(comment, "pushback", "imposed"))
    assert other.barrier == other.barriers[0][0] == "imposed"
    assert other.pushback == verdict.pushback
    assert displayed(verdict, None) == verdict


def test_corrections_become_examples_except_undecided_ones() -> None:
    corrections = [
        Correction(Comment("No."), "pushback", "imposed"),
        Correction(Comment("Fine."), "neutral"),
        Correction(Comment("Hm."), "undetermined"),
        Correction(Comment("Own barrier."), "pushback", "union"),
    ]
    examples = to_examples(corrections)
    assert [(e.stance, e.barrier) for e in examples] == [
        ("pushback", "imposed"), ("neutral", None), ("pushback", None),
    ]  # fmt: skip
    assert all(e.weight > 1 for e in examples)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_corrections_are_read_from_a_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"reviews{suffix}"
    if suffix == ".csv":
        path.write_text("text,verdict,barrier\nNo thanks,Pushback,imposed\n", "utf-8")
    else:
        row = {"text": "No thanks", "verdict": "pushback", "barrier": "imposed"}
        path.write_text(json.dumps(row) + "\n", "utf-8")
    assert read_corrections(path) == [Correction(Comment("No thanks"), "pushback", "imposed")]


@pytest.mark.parametrize(
    "line", ['{"text": "a", "verdict": "maybe"}', '{"verdict": "neutral"}', "[]", "nonsense"]
)
def test_a_row_that_cannot_be_used_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "reviews.jsonl"
    path.write_text('{"text": "a", "verdict": "neutral"}\n' + line + "\n", "utf-8")
    with pytest.raises(SourceError, match=r"(row|line) 2"):
        read_corrections(path)


def test_precision_as_reviewed_is_given_by_period_with_its_interval() -> None:
    flags = [("2026-W01", n < 9) for n in range(10)] + [("2026-W02", n < 12) for n in range(30)]
    first, second = reviewed_precision(flags)
    assert (first.period, first.value, first.reviewed) == ("2026-W01", 0.9, 10)
    assert first.low < 0.9 < first.high
    assert second.value == 0.4


def test_a_notice_is_raised_when_flags_are_mostly_wrong_and_not_before() -> None:
    bad = reviewed_precision([("2026-W02", n < 12) for n in range(30)])
    few = reviewed_precision([("2026-W02", n < 4) for n in range(10)])
    good = reviewed_precision([("2026-W02", n < 27) for n in range(30)])
    assert len(notices(bad, [], [])) == 1
    assert notices(few, [], []) == notices(good, [], []) == []


def test_a_notice_is_raised_when_scores_shift() -> None:
    calm, shifted = [0.02] * 95 + [0.7] * 5, [0.02] * 60 + [0.7] * 40
    assert stability_index(calm, calm) == pytest.approx(0.0)
    assert notices([], calm, calm) == []
    assert len(notices([], calm, shifted)) == 1


def test_the_nearest_review_is_shown_beside_a_comment_and_none_where_nothing_is_alike() -> None:
    reviewed = [
        Correction(
            Comment("I don't have time to read all these channels"), "pushback", "time_overload"
        ),
        Correction(Comment("The canteen is closed on Friday"), "neutral"),
    ]
    found = ReviewedExamples(reviewed).nearest("No time to read so many channels, sorry")
    assert found is not None
    assert found[0] == reviewed[0]
    assert 0.2 < found[1] <= 1
    assert ReviewedExamples(reviewed).nearest("zzz qqq xxx") is None
    assert ReviewedExamples([]).nearest("anything") is None
