"""Pushing back: how much, why, by how many, and whether anybody answers."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from adoption.connector import Capability
from adoption.metrics.activity import EVERYWHERE
from adoption.metrics.dialogue import CENSORED, answered_rows, time_rows, with_answers
from adoption.metrics.metric import Floor, Metric, Scene, Shape

BY_REASON = (*EVERYWHERE, "barrier", "group")
JUDGED = "Messages that were not judged (another language, too short, undetermined) do not count."
IMPERFECT = "The detector errs both ways; docs/detector.md says how often."
WAITING = "waiting"


def _scored(scene: Scene) -> ir.Table:
    verdicts = scene.frames.verdicts()
    return verdicts.filter(verdicts.state == "scored")


def _flagged(scene: Scene) -> ir.Table:
    scored = _scored(scene)
    return scored.filter(scored.flag == "flag")


def _pushback_rate(scene: Scene) -> ir.Table:
    scored = _scored(scene)
    return scored.mutate(num=(scored.flag == "flag").cast("int64"), den=ibis.literal(1))


def _expected_pushback(scene: Scene) -> ir.Table:
    scored = _scored(scene)
    return scored.mutate(num=scored.pushback.fill_null(0.0), den=ibis.literal(1))


def _barriers(scene: Scene) -> ir.Table:
    return _flagged(scene).mutate(num=ibis.literal(1), den=ibis.literal(1))


def _answered_pushback(scene: Scene) -> ir.Table:
    return answered_rows(with_answers(scene.frames, _flagged(scene)))


def _time_to_answer(scene: Scene) -> ir.Table:
    return time_rows(with_answers(scene.frames, _flagged(scene)))


def _support_share(scene: Scene) -> ir.Table:
    scored = _scored(scene)
    return scored.mutate(num=(scored.stance == "support").cast("int64"), den=ibis.literal(1))


def _unscored_share(scene: Scene) -> ir.Table:
    frames = scene.frames
    judged = frames.verdicts().select("network", "message_id", "state")
    facts = frames.facts().left_join(judged, ["network", "message_id"])
    state = facts.state.fill_null(WAITING)
    return facts.mutate(state=state, num=(state != "scored").cast("int64"), den=ibis.literal(1))


PUSHBACK = (
    Metric(
        name="pushback-rate",
        title="Pushback rate",
        question="How often do people push back against the network?",
        formula="Flagged messages per 1,000 judged messages, with the 95 % Wilson interval.",
        unit="per_1000",
        better="down",
        floor=Floor.PUSHBACK,
        shape=Shape.SHARE,
        rows=_pushback_rate,
        splits=BY_REASON,
        interval=True,
        mix=True,
        objectors=True,
        caveats=(JUDGED, IMPERFECT, "The interval covers chance, not errors of the detector."),
    ),
    Metric(
        name="expected-pushback",
        title="Expected pushback",
        question="How many messages push back, counting doubt as doubt?",
        formula="The sum of the calibrated probabilities of pushback over judged messages.",
        unit="count",
        better="down",
        floor=Floor.PUSHBACK,
        shape=Shape.COUNT,
        rows=_expected_pushback,
        splits=EVERYWHERE,
        parts=True,
        caveats=(JUDGED, "As good as the calibration of the detector."),
    ),
    Metric(
        name="barriers",
        title="Barriers",
        question="What do people object to?",
        formula="Flagged messages by their main barrier, divided by all flagged messages.",
        unit="share",
        better="none",
        floor=Floor.PUSHBACK,
        shape=Shape.SHARE,
        rows=_barriers,
        splits=BY_REASON,
        interval=True,
        mix=True,
        objectors=True,
        default_split="barrier",
        caveats=(JUDGED, "Only the main barrier of a message counts, so shares add up to 100 %."),
    ),
    Metric(
        name="objectors-share",
        title="People who push back",
        question="Is it many people or a loud few?",
        formula="People with at least one flagged message, divided by the people with a judged one.",
        unit="share",
        better="down",
        floor=Floor.PUSHBACK,
        shape=Shape.PEOPLE_SHARE,
        rows=_pushback_rate,
        splits=EVERYWHERE,
        objectors=True,
        caveats=(JUDGED, "Grows with the length of the period."),
    ),
    Metric(
        name="answered-pushback",
        title="Answered pushback",
        question="Does anybody answer those who push back?",
        formula="Flagged messages answered by another person within 7 days, divided by flagged "
        "messages.",
        unit="share",
        better="up",
        floor=Floor.PUSHBACK,
        shape=Shape.SHARE,
        rows=_answered_pushback,
        splits=BY_REASON,
        window="the period, and 7 days for each message",
        needs=(Capability.THREADS,),
        interval=True,
        caveats=(CENSORED, "Answered does not mean persuaded."),
    ),
    Metric(
        name="time-to-answer",
        title="Time to answer",
        question="How long do those who push back wait for an answer?",
        formula="Hours from a flagged message to the first answer by another person: the median, "
        "and the time within which 90 % had come. Over those answered within 7 days.",
        unit="hours",
        better="down",
        floor=Floor.PUSHBACK,
        shape=Shape.TIME,
        rows=_time_to_answer,
        splits=BY_REASON,
        window="the period, and 7 days for each message",
        needs=(Capability.THREADS,),
        caveats=(CENSORED, "Read it beside answered pushback."),
    ),
    Metric(
        name="support-share",
        title="Support",
        question="How much speaks for the network?",
        formula="Judged messages that welcome or defend the network, divided by judged messages.",
        unit="share",
        better="up",
        floor=Floor.PUSHBACK,
        shape=Shape.SHARE,
        rows=_support_share,
        splits=EVERYWHERE,
        interval=True,
        caveats=(JUDGED, IMPERFECT),
    ),
    Metric(
        name="unscored-share",
        title="Not judged",
        question="How much of the talk could not be judged?",
        formula="Messages that were not judged (another language, too short, undetermined, or "
        "still waiting), divided by all messages.",
        unit="share",
        better="down",
        floor=Floor.ACTIVITY,
        shape=Shape.SHARE,
        rows=_unscored_share,
        splits=(*EVERYWHERE, "state"),
        mix=True,
        caveats=("What was not judged is unknown, not neutral.",),
    ),
)
