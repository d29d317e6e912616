"""Every metric counted again in pandas, from its description in docs/metrics.md and not from the code."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from adoption.metrics import Selection
from adoption.period import Period, monday, week_name
from tests.metrics.networks import Network

SEVEN_DAYS = timedelta(days=7)
GROUPS = {
    "existing_channel": "habit",
    "legal_risk": "risk",
    "skills": "ability",
    "imposed": "process",
}
Result = tuple[float | None, float | None, float | None]


@dataclass
class Recount:
    """One network, period and selection."""

    network: Network
    period: Period
    selection: Selection

    def table(self, name: str) -> pd.DataFrame:
        frame = self.network.frame(name)
        if "community_id" in frame:
            frame["community"] = frame.network + "/" + frame.community_id.fillna("")
        for column in ("department", "location", "job_family"):
            if column in frame:
                frame[column] = frame[column].fillna("")
        if "barrier" in frame:
            frame["group"] = frame.barrier.map(GROUPS)
        return frame

    def chosen(self, frame: pd.DataFrame, *, departments: bool = True) -> pd.DataFrame:
        if self.selection.networks:
            frame = frame[frame.network.isin(self.selection.networks)]
        if self.selection.communities:
            frame = frame[frame.community.isin(self.selection.communities)]
        if self.selection.departments and departments:
            frame = frame[frame.department.isin(self.selection.departments)]
        return frame

    def between(self, frame: pd.DataFrame, start: date, end: date) -> pd.DataFrame:
        return frame[(frame.week >= start) & (frame.week < end)]

    def here(self, name: str) -> pd.DataFrame:
        frame = self.chosen(self.table(name))
        return self.between(frame, self.period.start, self.period.end)

    def key(self, frame: pd.DataFrame, by: str | None) -> pd.Series:
        """The group of each row, as text."""
        if by is None:
            return pd.Series("", index=frame.index, dtype=object)
        if by == "week":
            return frame.week.map(week_name).astype(object)
        if by == "four_weeks":
            start = self.period.start
            return frame.week.map(
                lambda w: week_name(start + timedelta(weeks=4 * ((w - start).days // 28)))
            ).astype(object)
        return frame[by]

    def count(self, name: str, by: str | None) -> dict[str, Result]:
        return METRICS[name](self, by)

    # shapes

    def counts(self, frame: pd.DataFrame, by: str | None) -> dict[str, Result]:
        sizes = frame.groupby(self.key(frame, by)).size()
        return {key: (float(n), None, None) for key, n in sizes.items()}

    def people(self, frame: pd.DataFrame, by: str | None) -> dict[str, Result]:
        found = frame.groupby(self.key(frame, by)).person_id.nunique()
        return {key: (float(n), None, None) for key, n in found.items()}

    def share(
        self, frame: pd.DataFrame, by: str | None, hit: pd.Series, scale: float = 1.0
    ) -> dict[str, Result]:
        keys = self.key(frame, by)
        hits, sizes = hit.astype(float).groupby(keys).sum(), frame.groupby(keys).size()
        return {k: (scale * hits[k] / n, float(hits[k]), float(n)) for k, n in sizes.items()}

    def people_share(
        self, frame: pd.DataFrame, by: str | None, hit: pd.Series
    ) -> dict[str, Result]:
        keys = self.key(frame, by)
        result: dict[str, Result] = {}
        for key in keys.unique():
            mine = frame[keys == key]
            whole = mine.person_id.nunique()
            part = mine[hit[keys == key]].person_id.nunique()
            result[key] = (part / whole, float(part), float(whole))
        return result

    def times(self, frame: pd.DataFrame, by: str | None) -> dict[str, Result]:
        frame = frame[frame.hours.notna()]
        keys = self.key(frame, by)
        return {
            key: (float(np.median(hours)), float(len(hours)), None)
            for key, hours in frame.hours.groupby(keys)
        }

    # material

    def roster(self) -> pd.DataFrame:
        persons = self.table("persons")
        if self.selection.networks:
            persons = persons[persons.network.isin(self.selection.networks)]
        end, start = _moment(self.period.end), _moment(self.period.start)
        rows = []
        for _, accounts in persons.groupby("person_id"):
            known = [
                row
                for row in accounts.to_dict("records")
                if pd.isna(row["valid_from"]) or row["valid_from"] < end
            ]
            known.sort(key=lambda row: (_order(row["valid_from"]), row["network"]))
            rows.append(known[0])
        rows = [row for row in rows if _employed(row, start, end)]
        roster = pd.DataFrame(rows, columns=persons.columns)
        if self.selection.departments:
            roster = roster[roster.department.isin(self.selection.departments)]
        return roster

    def roster_with_acts(self, by: str | None) -> pd.DataFrame:
        roster = self.roster()
        acts = self.between(self.table("acts"), self.period.start, self.period.end)
        if self.selection.networks:
            acts = acts[acts.network.isin(self.selection.networks)]
        if by not in ("week", "four_weeks"):
            return roster.assign(acted=roster.person_id.isin(set(acts.person_id)))
        weeks = self.period.weeks()[:: 1 if by == "week" else 4]
        length = timedelta(weeks=1 if by == "week" else 4)
        parts = []
        for week in weeks:
            inside = [
                _employed(r, _moment(week), _moment(week + length))
                for r in roster.to_dict("records")
            ]
            active = set(acts[(acts.week >= week) & (acts.week < week + length)].person_id)
            mine = roster[pd.Series(inside, index=roster.index, dtype=bool)]
            parts.append(mine.assign(week=week, acted=mine.person_id.isin(active)))
        return pd.concat(parts)

    def answered(self, targets: pd.DataFrame) -> pd.DataFrame:
        """Hours until the first answer, for targets whose seven days are over."""
        acts = self.table("acts")
        ends = acts.groupby("network").acted_at.max()
        targets = targets[targets.created_at + SEVEN_DAYS <= targets.network.map(ends)]
        facts = self.table("facts")
        replies = facts[facts.kind == "reply"]
        threads = dict(iter(replies.groupby(["network", "conversation_id"])))
        hours = [
            _first_answer(row, threads.get((row.network, row.conversation_id)))
            for row in targets.itertuples()
        ]
        return targets.assign(hours=pd.Series(hours, index=targets.index, dtype=float))

    def scored(self) -> pd.DataFrame:
        verdicts = self.here("verdicts")
        return verdicts[verdicts.state == "scored"]

    def mix(
        self, frame: pd.DataFrame, hit: pd.Series, by: str | None, scale: float
    ) -> dict[str, Result]:
        """Shares of all rows; a split by label divides the hits only."""
        if by not in ("barrier", "group", "state"):
            return self.share(frame, by, hit, scale)
        hits = frame[hit]
        return {
            key: (scale * n / len(frame), float(n), float(len(frame)))
            for key, n in hits.groupby(by).size().items()
        }


def _moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _order(valid_from: Any) -> float:
    return math.inf if pd.isna(valid_from) else -valid_from.timestamp()


def _employed(row: dict[str, Any], start: datetime, end: datetime) -> bool:
    began = pd.isna(row["employed_from"]) or row["employed_from"] < end
    return bool(began and (pd.isna(row["employed_to"]) or row["employed_to"] > start))


def _first_answer(asked: Any, thread: pd.DataFrame | None) -> float:
    waits = []
    for reply in () if thread is None else thread.itertuples():
        if reply.person_id == asked.person_id or reply.message_id == asked.message_id:
            continue
        if not asked.created_at <= reply.created_at <= asked.created_at + SEVEN_DAYS:
            continue
        parent = reply.conversation_id if pd.isna(reply.parent_id) else reply.parent_id
        starter = asked.message_id == asked.conversation_id
        if starter or parent in (asked.message_id, asked.conversation_id):
            waits.append((reply.created_at - asked.created_at).total_seconds() / 3600)
    return min(waits, default=math.nan)


def _active_share(recount: Recount, by: str | None) -> dict[str, Result]:
    people = recount.roster_with_acts(by)
    return recount.people_share(people, by, people.acted.astype(bool))


def _silent(recount: Recount, by: str | None) -> dict[str, Result]:
    people = recount.roster_with_acts(by)
    found = recount.share(people, by, ~people.acted.astype(bool))
    return {key: (part, part, whole) for key, (_, part, whole) in found.items()}


def _of_kind(kind: str) -> Callable[[Recount, str | None], dict[str, Result]]:
    def count(recount: Recount, by: str | None) -> dict[str, Result]:
        acts = recount.here("acts")
        return recount.counts(acts[acts.act == kind], by)

    return count


def _reactions(recount: Recount, by: str | None) -> dict[str, Result]:
    acts = recount.here("acts")
    acts = acts[acts.act == "reaction"].assign(number=1)
    likes = recount.table("reactions")
    likes = likes[likes.person_id.isna() & likes.removed_at.isna()]
    places = recount.table("facts")[["network", "message_id", "community_id", "community"]]
    likes = likes.merge(places, on=["network", "message_id"])
    moments = likes.reacted_at.fillna(likes.message_at)
    likes = likes.assign(week=[monday(moment.date()) for moment in moments])
    likes = likes.assign(department="", location="", job_family="")
    likes = recount.between(recount.chosen(likes), recount.period.start, recount.period.end)
    both = pd.concat([acts, likes])
    sums = both.number.groupby(recount.key(both, by).to_numpy()).sum()
    return {key: (float(n), None, None) for key, n in sums.items()}


def _channel_shift(recount: Recount, by: str | None) -> dict[str, Result]:
    here = recount.here("facts").assign(number=1, ours=1)
    usage = recount.table("activity")
    kinds = ["email_sent", "chat_sent", "channel_sent"]
    usage = usage[usage.kind.isin(kinds) & (usage.window_days == 1)]
    named = set(zip(*(usage[usage.person_id.notna()][c] for c in ("day", "kind")), strict=True))
    kept = [
        row
        for row in usage.to_dict("records")
        if isinstance(row["person_id"], str) or (row["day"], row["kind"]) not in named
    ]
    persons = recount.table("persons")
    newest = persons[persons.valid_to.isna()].set_index("account_id")
    for row in kept:
        account = row["person_id"]
        known = newest.loc[account] if isinstance(account, str) else {}
        row.update({name: known.get(name, "") for name in ("department", "location", "job_family")})
        row["week"] = monday(row["day"])
    others = pd.DataFrame(kept).assign(ours=0)
    others = recount.between(others, recount.period.start, recount.period.end)
    if recount.selection.departments:
        others = others[others.department.isin(recount.selection.departments)]
    both = pd.concat([here, others])
    keys = recount.key(both, by).to_numpy()
    ours, every = (both.ours * both.number).groupby(keys).sum(), both.number.groupby(keys).sum()
    return {k: (ours[k] / n, float(ours[k]), float(n)) for k, n in every.items() if n}


def _new(recount: Recount, by: str | None) -> dict[str, Result]:
    ever = recount.table("facts")
    if recount.selection.networks:
        ever = ever[ever.network.isin(recount.selection.networks)]
    first = ever.groupby("person_id").week.min()
    facts = recount.here("facts")
    return recount.people(facts[facts.person_id.map(first) == facts.week], by)


def _returning(recount: Recount, by: str | None) -> dict[str, Result]:
    before = recount.period.previous()
    acts = recount.chosen(recount.table("acts"))
    earlier = set(recount.between(acts, before.start, before.end).person_id)
    now = recount.here("acts")
    return recount.people_share(now, by, now.person_id.isin(earlier))


def _habitual(recount: Recount, by: str | None) -> dict[str, Result]:
    end = recount.period.end
    acts = recount.between(recount.chosen(recount.table("acts")), end - timedelta(weeks=12), end)
    weeks = acts.groupby("person_id").week.nunique()
    return recount.people_share(acts, by, acts.person_id.map(weeks) >= 9)


def _top_ten(recount: Recount, by: str | None) -> dict[str, Result]:
    facts = recount.here("facts")
    result: dict[str, Result] = {}
    for key, mine in facts.groupby(recount.key(facts, by)):
        busiest = mine.person_id.value_counts().head(10).sum()
        result[key] = (busiest / len(mine), float(busiest), float(len(mine)))
    return result


def _health(recount: Recount, by: str | None) -> dict[str, Result]:
    end = recount.period.end
    acts = recount.between(recount.chosen(recount.table("acts")), end - timedelta(weeks=52), end)
    return recount.people_share(acts, by, acts.week >= recount.period.start)


def _everybodys_facts(recount: Recount) -> pd.DataFrame:
    facts = recount.chosen(recount.table("facts"), departments=False)
    return recount.between(facts, recount.period.start, recount.period.end)


def _dialogue(recount: Recount, by: str | None) -> dict[str, Result]:
    facts = _everybodys_facts(recount)
    departments = recount.selection.departments
    rows = []
    keys = recount.key(facts, by)
    for (network, _, key), mine in facts.groupby(["network", "conversation_id", keys]):
        if departments and not mine.department.isin(departments).any():
            continue
        rows.append({"key": key, "network": network, "hit": mine.person_id.nunique() > 1})
    frame = pd.DataFrame(rows, columns=["key", "network", "hit"])
    hits, sizes = frame.groupby("key").hit.sum(), frame.groupby("key").size()
    return {k: (hits[k] / n, float(hits[k]), float(n)) for k, n in sizes.items()}


def _two_way(recount: Recount, by: str | None) -> dict[str, Result]:
    facts = _everybodys_facts(recount)
    every = recount.table("facts")
    author = dict(
        zip(zip(every.network, every.message_id, strict=True), every.person_id, strict=True)
    )
    departments = recount.selection.departments
    turned: dict[tuple[str, frozenset[str]], set[str]] = {}
    chosen: set[tuple[str, frozenset[str]]] = set()
    for row in facts[facts.kind == "reply"].itertuples():
        asked = row.conversation_id if pd.isna(row.parent_id) else row.parent_id
        other = author[(row.network, asked)]
        if other == row.person_id:
            continue
        pair = (row.network, frozenset((row.person_id, other)))
        turned.setdefault(pair, set()).add(row.person_id)
        if not departments or row.department in departments:
            chosen.add(pair)
    result: dict[str, Result] = {}
    for name in {"" if by is None else network for network, _ in chosen}:
        mine = [pair for pair in chosen if by is None or pair[0] == name]
        both = sum(len(turned[pair]) == 2 for pair in mine)
        result[name] = (both / len(mine), float(both), float(len(mine)))
    return result


def _response(recount: Recount) -> pd.DataFrame:
    facts = recount.here("facts")
    return recount.answered(facts[facts.kind == "post"])


def _flagged(recount: Recount) -> pd.DataFrame:
    scored = recount.scored()
    return scored[scored.flag == "flag"]


def _rate(recount: Recount, by: str | None) -> dict[str, Result]:
    scored = recount.scored()
    return recount.mix(scored, scored.flag == "flag", by, 1000.0)


def _expected(recount: Recount, by: str | None) -> dict[str, Result]:
    scored = recount.scored()
    keys = recount.key(scored, by)
    sums, sizes = scored.pushback.groupby(keys).sum(), scored.groupby(keys).size()
    return {k: (sums[k], sums[k], float(n)) for k, n in sizes.items()}


def _barriers(recount: Recount, by: str | None) -> dict[str, Result]:
    flagged = _flagged(recount)
    return recount.mix(flagged, flagged.flag == "flag", by, 1.0)


def _objectors(recount: Recount, by: str | None) -> dict[str, Result]:
    scored = recount.scored()
    return recount.people_share(scored, by, scored.flag == "flag")


def _answered(recount: Recount, by: str | None) -> dict[str, Result]:
    answered = recount.answered(_flagged(recount))
    return recount.share(answered, by, answered.hours.notna())


def _support(recount: Recount, by: str | None) -> dict[str, Result]:
    scored = recount.scored()
    return recount.share(scored, by, scored.stance == "support")


def _unscored(recount: Recount, by: str | None) -> dict[str, Result]:
    verdicts = recount.table("verdicts")
    state = dict(
        zip(zip(verdicts.network, verdicts.message_id, strict=True), verdicts.state, strict=True)
    )
    facts = recount.here("facts")
    keys = zip(facts.network, facts.message_id, strict=True)
    facts = facts.assign(state=[state.get(key, "waiting") for key in keys])
    return recount.mix(facts, facts.state != "scored", by, 1.0)


def _corrected(recount: Recount, by: str | None) -> dict[str, Result]:
    scored = recount.scored()
    scored = scored[scored.model_state == "scored"]
    keys = recount.key(scored, by)
    result: dict[str, Result] = {}
    for key in keys.unique():
        mine = scored[keys == key]
        rate = _by_strata(mine, mine[mine.drawn.astype(bool)])
        found = (None, None, None) if rate is None else (1000 * rate, rate * len(mine), len(mine))
        result[key] = found
    return result


def _by_strata(everything: pd.DataFrame, checked: pd.DataFrame) -> float | None:
    """Pushback among the checked of each stratum, weighed by the stratum's share of everything."""
    if len(checked) < 50:
        return None
    edges = [0.0, 0.05, 0.3, 0.6, 1.01]
    for place in (3, 2, 1):
        if checked.model_pushback.between(edges[place], edges[place + 1], "left").sum() < 5:
            del edges[place]
    if len(edges) > 2 and (checked.model_pushback < edges[1]).sum() < 5:
        del edges[1]
    rate = 0.0
    for low, high in itertools.pairwise(edges):
        here = checked[checked.model_pushback.between(low, high, "left")]
        size = everything.model_pushback.between(low, high, "left").sum()
        rate += size / len(everything) * (here.stance == "pushback").mean()
    return rate


def _response_rate(recount: Recount, by: str | None) -> dict[str, Result]:
    posts = _response(recount)
    return recount.share(posts, by, posts.hours.notna())


METRICS: dict[str, Callable[[Recount, str | None], dict[str, Result]]] = {
    "active-people": lambda r, by: r.people(r.here("acts"), by),
    "active-share": _active_share,
    "silent-people": _silent,
    "posts": _of_kind("post"),
    "replies": _of_kind("reply"),
    "reactions": _reactions,
    "channel-shift": _channel_shift,
    "new-contributors": _new,
    "returning-share": _returning,
    "habitual-share": _habitual,
    "top-10-share": _top_ten,
    "community-health": _health,
    "dialogue-share": _dialogue,
    "response-rate": _response_rate,
    "response-time": lambda r, by: r.times(_response(r), by),
    "two-way-share": _two_way,
    "pushback-rate": _rate,
    "expected-pushback": _expected,
    "barriers": _barriers,
    "objectors-share": _objectors,
    "answered-pushback": _answered,
    "time-to-answer": lambda r, by: r.times(r.answered(_flagged(r)), by),
    "support-share": _support,
    "unscored-share": _unscored,
    "pushback-corrected": _corrected,
}
