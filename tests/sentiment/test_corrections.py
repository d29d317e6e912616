"""What reviewers said becomes something to learn from, and something to show."""

from __future__ import annotations

from adoption.sentiment import Comment
from adoption.sentiment.corrections import Correction, to_examples
from adoption.sentiment.likeness import ReviewedExamples


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
