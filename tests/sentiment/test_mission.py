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


@pytest.fixture(params=["lite", "full"])
def detector(request: pytest.FixtureRequest) -> LocalDetector:
    found: LocalDetector = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize(("text", "barrier"), SENTENCES)
def test_the_three_sentences_of_the_mission_are_pushback(
    detector: LocalDetector, text: str, barrier: str
) -> None:
    [verdict] = detector.judge([Comment(text)])
    assert (verdict.state, verdict.stance, verdict.barrier) == ("scored", "pushback", barrier)
    assert verdict.evidence


GUIDELINE = [
    ("Great, yet another place to check", "pushback", "tool_sprawl"),
    ("I've no idea how this works and nobody has shown us", "pushback", "skills"),
    ("where do I post this? the guide doesn't say, I've looked everywhere", "pushback", "skills"),
    ("messages have gone", "pushback", "usability"),
    ("I can't turn it off", "pushback", "usability"),
    ("we are told not to have it on the phone", "pushback", "access"),
    ("we made a WhatsApp group instead", "pushback", "existing_channel"),
    ("third tool in five years", "pushback", "imposed"),
    ("Would love to, but it is blocked on the ward", "pushback", "access"),
    ("How do I mute a group?", "neutral", None),
    ("please email me the invoice", "neutral", None),
    ("only approved apps can go on", "neutral", None),
    ("The coffee machine is broken again", "neutral", None),
]


@pytest.mark.parametrize(("text", "stance", "barrier"), GUIDELINE)
def test_the_rulings_of_the_labelling_guideline_are_kept(
    full: LocalDetector, text: str, stance: str, barrier: str | None
) -> None:
    [verdict] = full.judge([Comment(text)])
    assert (verdict.stance, verdict.barrier) == (stance, barrier)


def test_an_obstacle_told_by_a_supporter_is_no_objection(full: LocalDetector) -> None:
    [verdict] = full.judge([Comment("Would love to, but it is blocked on the ward")])
    assert verdict.kind == "obstacle"
