"""Taking part: who acts, how much, and who comes back."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from adoption.connector import Capability
from adoption.metrics.figures import Selection
from adoption.metrics.frames import Frames
from adoption.metrics.metric import Floor, Metric, Scene, Shape
from adoption.period import WEEK

EVERYWHERE = (
    "week",
    "four_weeks",
    "department",
    "location",
    "job_family",
    "community",
    "network",
)
ROSTERED = ("week", "four_weeks", "department", "location", "job_family")
WHOLE_PERIOD = ("department", "location", "job_family", "community", "network")
HABIT_WEEKS = 12
HABIT_ACTIVE_WEEKS = 9
YEAR = 52 * WEEK


def _one_each(table: ir.Table) -> ir.Table:
    return table.mutate(num=ibis.literal(1), den=ibis.literal(1))


def _active_people(scene: Scene) -> ir.Table:
    return _one_each(scene.frames.acts())


def _active_share(scene: Scene) -> ir.Table:
    people = scene.roster.with_acts(scene.splits)
    return people.mutate(num=people.acted.cast("int64"), den=ibis.literal(1))


def _silent_people(scene: Scene) -> ir.Table:
    people = scene.roster.with_acts(scene.splits)
    return people.mutate(num=(~people.acted).cast("int64"), den=ibis.literal(1))


def _posts(scene: Scene) -> ir.Table:
    facts = scene.frames.facts()
    return _one_each(facts.filter(facts.kind == "post"))


def _replies(scene: Scene) -> ir.Table:
    facts = scene.frames.facts()
    return _one_each(facts.filter(facts.kind == "reply"))


def _reactions(scene: Scene) -> ir.Table:
    """Reactions of known people, and the bare numbers of networks that do not tell who reacted."""
    acts = scene.frames.acts()
    columns = (
        "person_id",
        "department",
        "location",
        "job_family",
        "network",
        "community_id",
        "week",
    )
    named = acts.filter(acts.act == "reaction").select(*columns, num=ibis.literal(1, "int64"))
    table = scene.frames.snapshot.table("reactions")
    table = table.filter(table.person_id.isnull(), table.removed_at.isnull())
    places = scene.frames.snapshot.table("facts").select("network", "message_id", "community_id")
    table = table.join(places, ["network", "message_id"])
    unknown = {name: ibis.null("string") for name in columns[:4]}
    when = table.reacted_at.coalesce(table.message_at)
    table = table.mutate(**unknown, week=when.truncate("W").date(), num=table.number.cast("int64"))
    period = scene.frames.period
    unnamed = table.filter(table.week >= period.start, table.week < period.end)
    unnamed = scene.frames.select(unnamed).select(*columns, "num")
    both = named.union(unnamed)
    return both.mutate(den=both.num)


def _new_contributors(scene: Scene) -> ir.Table:
    frames = scene.frames
    everywhere = Frames(
        frames.snapshot, frames.period, Selection(frames.selection.networks), frames.without
    )
    ever = everywhere.in_networks(frames.snapshot.table("facts"))
    ever = ever.filter(ever.week < frames.period.end)
    firsts = ever.group_by("person_id").aggregate(first_week=ever.week.min())
    facts = frames.facts()
    joined = facts.join(firsts, "person_id")
    return _one_each(joined.filter(joined.first_week == joined.week)).filter(
        ibis._.first_week >= frames.period.start
    )


def _returning_share(scene: Scene) -> ir.Table:
    frames = scene.frames
    before = frames.period.previous()
    earlier = frames.acts(before.start, before.end).select("person_id").distinct()
    acts = frames.split(frames.acts(), scene.splits)
    joined = acts.left_join(earlier.mutate(before=True), "person_id")
    return joined.mutate(num=joined.before.fill_null(False).cast("int64"), den=ibis.literal(1))


def _habitual_share(scene: Scene) -> ir.Table:
    frames = scene.frames
    acts = frames.acts(frames.period.end - HABIT_WEEKS * WEEK)
    active_weeks = acts.group_by("person_id").aggregate(weeks=acts.week.nunique())
    joined = acts.join(active_weeks, "person_id")
    return joined.mutate(
        num=(joined.weeks >= HABIT_ACTIVE_WEEKS).cast("int64"), den=ibis.literal(1)
    )


def _top_ten_share(scene: Scene) -> ir.Table:
    return _one_each(scene.frames.facts())


def _community_health(scene: Scene) -> ir.Table:
    frames = scene.frames
    acts = frames.acts(frames.period.end - YEAR)
    return acts.mutate(num=(acts.week >= frames.period.start).cast("int64"), den=ibis.literal(1))


ACTIVITY = (
    Metric(
        name="active-people",
        title="Active people",
        question="How many people take part?",
        formula="People who posted, replied or reacted at least once.",
        unit="people",
        better="up",
        floor=Floor.ACTIVITY,
        shape=Shape.PEOPLE,
        rows=_active_people,
        splits=EVERYWHERE,
        caveats=(
            "Reading does not count, because most networks do not tell who read.",
            "A shorter period gives a lower figure; compare periods of equal length only.",
            "Somebody active in two weeks counts in both, so weeks do not add up to the period.",
        ),
    ),
    Metric(
        name="active-share",
        title="Active share",
        question="How large a part of the staff takes part?",
        formula="People on the roster who posted, replied or reacted at least once, divided by "
        "the people on the roster who were employed in the period.",
        unit="share",
        better="up",
        floor=Floor.ACTIVITY,
        shape=Shape.PEOPLE_SHARE,
        rows=_active_share,
        splits=ROSTERED,
        needs_roster=True,
        caveats=(
            "The roster is the people file, or else the members the network names.",
            "Departments are those at the end of the period.",
            "Reading does not count.",
        ),
    ),
    Metric(
        name="silent-people",
        title="Silent people",
        question="How many people have not said or liked anything?",
        formula="People on the roster who were employed in the period and neither posted, replied "
        "nor reacted.",
        unit="people",
        better="down",
        floor=Floor.ACTIVITY,
        shape=Shape.COUNT,
        rows=_silent_people,
        splits=ROSTERED,
        needs_roster=True,
        parts=True,
        caveats=(
            "Silent people may read; silence alone is no pushback.",
            "A department without a single act is listed with all its people.",
        ),
    ),
    Metric(
        name="posts",
        title="Posts",
        question="How much is started?",
        formula="Messages that open a conversation, written by people in public communities.",
        unit="count",
        better="up",
        floor=Floor.ACTIVITY,
        shape=Shape.COUNT,
        rows=_posts,
        splits=EVERYWHERE,
        caveats=("Deleted messages, bots and system messages do not count.",),
    ),
    Metric(
        name="replies",
        title="Replies",
        question="How much is answered?",
        formula="Messages that answer in a conversation, written by people in public communities.",
        unit="count",
        better="up",
        floor=Floor.ACTIVITY,
        shape=Shape.COUNT,
        rows=_replies,
        splits=EVERYWHERE,
        needs=(Capability.REPLIES,),
        caveats=("Deleted messages, bots and system messages do not count.",),
    ),
    Metric(
        name="reactions",
        title="Reactions",
        question="How often do people react with a click?",
        formula="Likes and their relatives given by people to public messages and not taken back.",
        unit="count",
        better="up",
        floor=Floor.ACTIVITY,
        shape=Shape.COUNT,
        rows=_reactions,
        splits=EVERYWHERE,
        needs=(Capability.REACTIONS,),
        caveats=(
            "Where the network does not tell when somebody reacted, the message's date counts.",
            "Networks that do not tell reactions are left out, never counted as 0.",
            "Where the network tells only how many reacted, their departments are not known.",
        ),
    ),
    Metric(
        name="new-contributors",
        title="New contributors",
        question="Is the network still winning people?",
        formula="People whose first message ever falls in the period.",
        unit="people",
        better="up",
        floor=Floor.ACTIVITY,
        shape=Shape.PEOPLE,
        rows=_new_contributors,
        splits=EVERYWHERE,
        window="all data up to the end of the period",
        caveats=(
            "Ever means since the first message that was collected; the first weeks of the data "
            "make everybody look new.",
        ),
    ),
    Metric(
        name="returning-share",
        title="Returning people",
        question="Do people come back?",
        formula="People active in the period and in the preceding period of equal length, divided "
        "by the people active in the period.",
        unit="share",
        better="up",
        floor=Floor.ACTIVITY,
        shape=Shape.PEOPLE_SHARE,
        rows=_returning_share,
        splits=WHOLE_PERIOD,
        window="the period and the one before",
        caveats=("The share depends on the length of the period.",),
    ),
    Metric(
        name="habitual-share",
        title="Habitual people",
        question="For how many has it become a habit?",
        formula="People active in at least 9 of the last 12 weeks of the period, divided by the "
        "people active in any of them.",
        unit="share",
        better="up",
        floor=Floor.ACTIVITY,
        shape=Shape.PEOPLE_SHARE,
        rows=_habitual_share,
        splits=WHOLE_PERIOD,
        window="the 12 weeks up to the end of the period",
        caveats=("Always 12 weeks, whatever the length of the period.",),
    ),
    Metric(
        name="top-10-share",
        title="Share of the ten busiest",
        question="Does the talk hang on a few people?",
        formula="Messages by the ten people who wrote most, divided by all messages.",
        unit="share",
        better="down",
        floor=Floor.ACTIVITY,
        shape=Shape.TOP_TEN,
        rows=_top_ten_share,
        splits=("week", "four_weeks", "community", "network"),
        caveats=("In a small community ten people are nearly everybody.",),
    ),
    Metric(
        name="community-health",
        title="Community health",
        question="Are communities alive?",
        formula="People active in the period, divided by the people active at least once in the "
        "52 weeks up to its end.",
        unit="share",
        better="up",
        floor=Floor.ACTIVITY,
        shape=Shape.PEOPLE_SHARE,
        rows=_community_health,
        splits=("community", "network"),
        window="the 52 weeks up to the end of the period",
        caveats=("A community younger than a year looks healthier than it is.",),
    ),
)
