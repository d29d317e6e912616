"""Talking with each other: conversations, answers, and who answers whom."""

from __future__ import annotations

from datetime import timedelta

import ibis
import ibis.expr.types as ir

from adoption.connector import Capability
from adoption.metrics.activity import EVERYWHERE
from adoption.metrics.frames import TIME_SPLITS, Frames
from adoption.metrics.metric import Floor, Metric, Scene, Shape

ANSWER_WINDOW = timedelta(days=7)
MICROSECONDS_PER_HOUR = 3_600_000_000
CENSORED = (
    "Messages younger than 7 days at the end of the data are left out: their time is not over."
)


def with_answers(frames: Frames, targets: ir.Table) -> ir.Table:
    """Add ``hours`` until another person answered within 7 days; null where nobody did.

    A reply in the conversation answers its starter. It answers another message when it names that
    message as its parent, or names only the conversation (networks without nested replies).

    Targets need network, message_id, conversation_id, person_id and created_at; those whose
    7 days were not over when the data ends are left out.
    """
    targets = frames.old_enough(targets, "created_at", ANSWER_WINDOW)
    asked = targets.select(
        "network",
        "conversation_id",
        asked_id=targets.message_id,
        asked_by=targets.person_id,
        asked_at=targets.created_at,
    )
    end = frames.period.end + ANSWER_WINDOW
    table = frames.in_networks(frames.snapshot.table("facts"))
    replies = table.filter(
        table.week >= frames.period.start, table.week < end, table.kind == "reply"
    ).select("network", "conversation_id", "message_id", "parent_id", "person_id", "created_at")
    pairs = asked.join(replies, ["network", "conversation_id"])
    parent = pairs.parent_id.fill_null(pairs.conversation_id)
    pairs = pairs.filter(
        pairs.person_id != pairs.asked_by,
        pairs.message_id != pairs.asked_id,
        pairs.created_at >= pairs.asked_at,
        pairs.created_at <= pairs.asked_at + ibis.interval(days=ANSWER_WINDOW.days),
        (pairs.asked_id == pairs.conversation_id)
        | (parent == pairs.asked_id)
        | (parent == pairs.conversation_id),
    )
    first = pairs.group_by(["network", "asked_id"]).aggregate(answered_at=pairs.created_at.min())
    joined = targets.left_join(
        first, [targets.network == first.network, targets.message_id == first.asked_id]
    )
    waited = joined.answered_at.delta(joined.created_at, unit="microsecond")
    return joined.mutate(hours=waited.cast("float64") / MICROSECONDS_PER_HOUR)


def answered_rows(answered: ir.Table) -> ir.Table:
    """Rows for a share of answered messages."""
    return answered.mutate(num=answered.hours.notnull().cast("int64"), den=ibis.literal(1))


def time_rows(answered: ir.Table) -> ir.Table:
    """Rows for a time until the answer, over answered messages only."""
    return answered_rows(answered.filter(answered.hours.notnull()))


def _posts_with_answers(scene: Scene) -> ir.Table:
    facts = scene.frames.facts()
    return with_answers(scene.frames, facts.filter(facts.kind == "post"))


def _response_rate(scene: Scene) -> ir.Table:
    return answered_rows(_posts_with_answers(scene))


def _response_time(scene: Scene) -> ir.Table:
    return time_rows(_posts_with_answers(scene))


def _dialogue_share(scene: Scene) -> ir.Table:
    facts = scene.frames.split(scene.frames.facts_of_everybody(), scene.splits)
    times = [split for split in scene.splits if split in TIME_SPLITS]
    facts = facts.mutate(community_id=facts.community_id.fill_null(""))
    conversations = facts.group_by(
        ["network", "community_id", "conversation_id", *times]
    ).aggregate(several=facts.person_id.min() != facts.person_id.max(), chosen=facts.chosen.any())
    conversations = conversations.filter(conversations.chosen)
    return conversations.mutate(num=conversations.several.cast("int64"), den=ibis.literal(1))


def _two_way_share(scene: Scene) -> ir.Table:
    """One row per pair of people who met; ``num`` is 1 where both turned to the other."""
    frames = scene.frames
    facts = frames.facts_of_everybody()
    replies = facts.filter(facts.kind == "reply")
    replies = replies.mutate(asked_id=replies.parent_id.fill_null(replies.conversation_id))
    written = frames.in_networks(frames.snapshot.table("facts"))
    asked = written.select("network", asked_id=written.message_id, asked_by=written.person_id)
    turned = replies.join(asked, ["network", "asked_id"])
    turned = turned.filter(turned.person_id != turned.asked_by)
    pairs = turned.group_by(
        network=turned.network,
        one=ibis.least(turned.person_id, turned.asked_by),
        other=ibis.greatest(turned.person_id, turned.asked_by),
    ).aggregate(both=turned.person_id.min() != turned.person_id.max(), chosen=turned.chosen.any())
    pairs = pairs.filter(pairs.chosen)
    return pairs.mutate(num=pairs.both.cast("int64"), den=ibis.literal(1))


DIALOGUE = (
    Metric(
        name="dialogue-share",
        title="Dialogue share",
        question="Is it a dialogue or a broadcast?",
        formula="Conversations in which at least two people wrote, divided by all conversations "
        "with a message in the period.",
        unit="share",
        better="up",
        floor=Floor.ACTIVITY,
        shape=Shape.SHARE,
        rows=_dialogue_share,
        splits=("week", "four_weeks", "community", "network"),
        needs=(Capability.THREADS,),
        caveats=(
            "Only messages written in the period count; reactions do not.",
            "For selected departments: conversations in which they wrote, whoever else did.",
        ),
    ),
    Metric(
        name="response-rate",
        title="Response rate",
        question="Does a post get an answer?",
        formula="Posts with a reply by another person within 7 days, divided by posts.",
        unit="share",
        better="up",
        floor=Floor.ACTIVITY,
        shape=Shape.SHARE,
        rows=_response_rate,
        splits=EVERYWHERE,
        window="the period, and 7 days for each post",
        needs=(Capability.THREADS,),
        caveats=(CENSORED, "Replies by bots and by the author do not count."),
    ),
    Metric(
        name="response-time",
        title="Response time",
        question="How long does an answer take?",
        formula="Hours from a post to the first reply by another person: the median, and the time "
        "within which 90 % had come. Over posts answered within 7 days.",
        unit="hours",
        better="down",
        floor=Floor.ACTIVITY,
        shape=Shape.TIME,
        rows=_response_time,
        splits=EVERYWHERE,
        window="the period, and 7 days for each post",
        needs=(Capability.THREADS,),
        caveats=(
            CENSORED,
            "Read it beside the response rate: posts without an answer have no time.",
        ),
    ),
    Metric(
        name="two-way-share",
        title="Two-way contact",
        question="Do people turn to each other, or only one way?",
        formula="Pairs of people who each replied to the other, divided by the pairs of whom at "
        "least one replied to the other.",
        unit="share",
        better="up",
        floor=Floor.ACTIVITY,
        shape=Shape.SHARE,
        rows=_two_way_share,
        splits=("network",),
        needs=(Capability.THREADS,),
        caveats=(
            "Reactions and mentions do not count.",
            "Where a network has no nested replies, a reply turns to whoever started.",
        ),
    ),
)
