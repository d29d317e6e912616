"""Where people write: on the network, or by mail and chat."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from adoption.metrics.frames import Frames, records
from adoption.metrics.metric import Floor, Metric, Scene, Shape

SENT = ("email_sent", "chat_sent", "channel_sent")
_COLUMNS = ("person_id", "department", "location", "job_family", "week")


def has_usage(frames: Frames) -> bool:
    """Whether there are daily counts of mail or chat in the period."""
    sent = _sent(frames)
    return bool(records(sent.aggregate(rows=sent.count()))[0]["rows"])


def _sent(frames: Frames) -> ir.Table:
    """Daily counts of the period; totals for everybody only where no single people are counted."""
    activity = frames.snapshot.table("activity")
    activity = activity.filter(activity.kind.isin(SENT), activity.window_days == 1)
    activity = activity.mutate(week=activity.day.truncate("W").cast("date"))
    activity = activity.filter(
        activity.week >= frames.period.start, activity.week < frames.period.end
    )
    named = activity.person_id.notnull()
    same_day = ibis.window(group_by=["network", "day", "kind"])
    activity = activity.mutate(named=named, some_named=named.cast("int64").max().over(same_day))
    return activity.filter(activity.named | (activity.some_named == 0))


def _channel_shift(scene: Scene) -> ir.Table:
    frames = scene.frames
    ours = frames.facts().select(
        *_COLUMNS, num=ibis.literal(1, "int64"), den=ibis.literal(1, "int64")
    )
    persons = frames.snapshot.table("persons")
    persons = persons.filter(persons.valid_to.isnull()).select(
        "network",
        "department",
        "location",
        "job_family",
        account=persons.account_id,
        human=persons.person_id,
    )
    sent = _sent(frames)
    joined = sent.left_join(
        persons, [sent.network == persons.network, sent.person_id == persons.account]
    )
    theirs = frames.in_departments(joined).select(
        "department",
        "location",
        "job_family",
        "week",
        person_id=joined.human,
        num=ibis.literal(0, "int64"),
        den=joined.number.cast("int64"),
    )
    return ours.union(theirs.select(*_COLUMNS, "num", "den"))


CHANNELS = (
    Metric(
        name="channel-shift",
        title="Share of the network in all writing",
        question="Does the network replace mail and chat?",
        formula="Messages on the network, divided by those messages plus mails, chat messages and "
        "channel messages sent, as a usage report counts them by day.",
        unit="share",
        better="up",
        floor=Floor.ACTIVITY,
        shape=Shape.SHARE,
        rows=_channel_shift,
        splits=("week", "four_weeks", "department", "location", "job_family"),
        needs_usage=True,
        caveats=(
            "Reports over longer windows than a day cannot be added up and are left out.",
            "Departments of mail and chat are those of today.",
        ),
    ),
)
