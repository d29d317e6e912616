"""The shipped detector keeps its figures, on the development set and on plain work talk."""

from __future__ import annotations

import random

import pytest

from adoption.sentiment import Comment, load_detector
from adoption.sentiment.artefacts import models_dir
from adoption.sentiment.detector import LocalDetector
from adoption.sentiment.evaluation import Evaluation
from adoption.sentiment.examples import Example, corpus_files, read_examples
from adoption.sentiment.training.run import is_held_out, measure

FALSE_FLAGS = 0.003
SAMPLE = 150


@pytest.fixture(scope="module")
def figures() -> Evaluation:
    return measure(models_dir(), "full")


@pytest.mark.parametrize(
    ("figure", "floor"),
    [
        ("precision", 0.75),
        ("f1", 0.75),
        ("average_precision", 0.82),
        ("macro_f1", 0.65),
        ("barrier", 0.60),
        ("group", 0.75),
        ("intensity", 0.95),
    ],
)
def test_the_floor_is_kept_on_the_development_set(
    figures: Evaluation, figure: str, floor: float
) -> None:
    assert getattr(figures, figure) >= floor


def test_probabilities_are_honest_within_what_195_messages_can_show(figures: Evaluation) -> None:
    assert figures.calibration_error is not None
    assert figures.calibration_error <= 0.09


def plain_work_talk() -> list[Example]:
    """Neutral messages of sources that the encoder has not seen, in which no network is meant."""
    return [
        e
        for e in read_examples(corpus_files())
        if is_held_out(e) and e.stance == "neutral" and e.target in (None, "absent")
    ]


def test_plain_work_talk_of_unseen_sources_is_hardly_ever_flagged(lite: LocalDetector) -> None:
    comments = [e.comment for e in plain_work_talk()]
    flags = sum(v.flag == "flag" for v in lite.judge(comments))
    assert flags <= max(1, FALSE_FLAGS * len(comments))


def test_sparing_the_encoder_loses_no_flag(full: LocalDetector) -> None:
    chance = random.Random(8)
    corpus = read_examples(corpus_files())
    pushback = [e.comment for e in corpus if e.stance == "pushback" and e.target == "named"]
    plain = [e.comment for e in corpus if e.stance == "neutral"]
    stream: list[Comment] = chance.sample(pushback, 50) + chance.sample(plain, SAMPLE)
    asking = load_detector("full")
    asking.gating = False
    with_all = asking.judge(stream)
    spared = full.judge(stream)
    flags = [i for i, v in enumerate(with_all) if v.flag == "flag"]
    assert len(flags) > 10
    assert sum(spared[i].flag != "flag" for i in flags) <= 0.005 * len(flags)


def test_the_encoder_is_not_asked_twice_about_the_same_words(full: LocalDetector) -> None:
    comments = [Comment(f"I don't see the point of Slack for team {n % 3}.") for n in range(30)]
    full.judge(comments)
    assert full.encoder is not None
    before = full.encoder.runs
    full.judge(comments)
    assert full.encoder.runs == before
