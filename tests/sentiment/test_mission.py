"""The sentences the product exists for."""

from __future__ import annotations

import pytest

from adoption.sentiment import Comment
from adoption.sentiment.detector import LocalDetector

SENTENCES = [
    ("Why can't we use email?", "existing_channel"),
    ("Why can’t we use email?", "existing_channel"),
    ("Seriously, what happened to talking?", "face_to_face"),
    ("I'm not interested in social media, it's stupid", "dismissal"),
    ("I’m not interested in social media, it’s stupid.", "dismissal"),
]


@pytest.mark.parametrize(("text", "barrier"), SENTENCES)
def test_the_three_sentences_of_the_mission_are_pushback(
    lite: LocalDetector, text: str, barrier: str
) -> None:
    [verdict] = lite.judge([Comment(text)])
    assert (verdict.state, verdict.stance, verdict.barrier) == ("scored", "pushback", barrier)
    assert verdict.evidence
