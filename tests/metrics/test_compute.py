"""What a computed figure carries beside its number: reasons, notes, people, windows, groups."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adoption.connector import Capability
from adoption.errors import SettingsError
from adoption.metrics import CATALOGUE, SPLITS, Figures, Selection, compute
from adoption.metrics.figures import figures_from_dict
from adoption.period import Period
from tests.metrics.networks import FIRST, InMemory, Network, act_of, at, period, random_network

QUARTER = period()


@pytest.fixture(scope="module")
def snapshot() -> InMemory:
    return InMemory(random_network(11, people=60, messages=300))


class Kept:
    """A cache as the store has one."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str, int], str] = {}

    def cached_metric(self, metric: str, params: str, snapshot: int) -> str | None:
        return self.values.get((metric, params, snapshot))

    def cache_metric(self, metric: str, params: str, snapshot: int, value: str) -> None:
        self.values[metric, params, snapshot] = value


def test_every_metric_answers_for_every_split_it_names(snapshot: InMemory) -> None:
    for name, metric in CATALOGUE.items():
        assert set(metric.splits) <= set(SPLITS)
        figures = compute(snapshot, name, QUARTER, by=metric.splits[0])
        assert figures.snapshot == snapshot.id
        assert figures.rows
        assert all(row.label for row in figures.rows), name


def test_a_split_a_metric_does_not_have_is_refused_with_those_it_has(snapshot: InMemory) -> None:
    with pytest.raises(SettingsError, match=r"(?s)cannot be split by barrier.*department"):
        compute(snapshot, "posts", QUARTER, by="barrier")


@pytest.mark.parametrize(
    ("by", "across"),
    [("week", "week"), ("week", "four_weeks"), ("barrier", "group")],
)
def test_splits_that_say_the_same_are_refused(snapshot: InMemory, by: str, across: str) -> None:
    with pytest.raises(SettingsError, match="cannot be split"):
        compute(snapshot, "pushback-rate", QUARTER, by=by, across=across)


def test_an_unknown_metric_is_refused_with_all_names(snapshot: InMemory) -> None:
    with pytest.raises(SettingsError, match=r"(?s)'happiness'.*active-people"):
        compute(snapshot, "happiness", QUARTER)


def test_every_week_of_the_period_has_a_row(snapshot: InMemory) -> None:
    rows = compute(snapshot, "posts", QUARTER, by="week").rows
    assert [row.key for row in rows] == [f"2026-W{week:02d}" for week in range(2, 15)]


def test_weeks_come_in_blocks_of_four_as_well(snapshot: InMemory) -> None:
    rows = compute(snapshot, "posts", QUARTER, by="four_weeks").rows
    assert [row.key for row in rows] == ["2026-W02", "2026-W06", "2026-W10", "2026-W14"]
    weekly = compute(snapshot, "posts", QUARTER, by="week").rows
    assert rows[0].value == sum(row.value or 0 for row in weekly[:4])


def test_all_barriers_have_a_row_with_their_titles(snapshot: InMemory) -> None:
    rows = {row.key: row for row in compute(snapshot, "barriers", QUARTER).rows}
    assert len(rows) == 15
    assert rows["face_to_face"].value == 0
    assert rows["skills"].label == "Not knowing how"
    assert sum(row.value or 0 for row in rows.values()) == pytest.approx(1)


def test_a_table_with_two_splits_adds_up_to_both(snapshot: InMemory) -> None:
    figures = compute(snapshot, "posts", QUARTER, by="department", across="week")
    total = sum(row.value or 0 for row in figures.rows)
    assert total == figures.total.value
    assert total == sum(row.value or 0 for row in figures.row_totals)
    assert total == sum(row.value or 0 for row in figures.column_totals)
    assert len(figures.rows) == len(figures.row_totals) * len(figures.column_totals)


def test_a_mix_by_time_is_a_share_of_that_time(snapshot: InMemory) -> None:
    figures = compute(snapshot, "barriers", QUARTER, by="barrier", across="four_weeks")
    for block in {row.across for row in figures.rows}:
        mine = [row for row in figures.rows if row.across == block]
        assert sum(row.value or 0 for row in mine) == pytest.approx(1)
        assert len({row.denominator for row in mine}) == 1


def test_states_of_what_was_not_judged_have_plain_names(snapshot: InMemory) -> None:
    rows = compute(snapshot, "unscored-share", QUARTER, by="state").rows
    assert {row.label for row in rows} <= {"Another language", "Too short", "Not yet looked at"}
    assert "Too short" in {row.label for row in rows}


@pytest.mark.parametrize("name", ["Robert'); DROP TABLE facts;--", 'say "no"', "100 %_", "a/b", ""])
def test_names_are_values_and_never_part_of_a_query(name: str) -> None:
    network = random_network(15, people=20, messages=40)
    for table in ("facts", "acts", "persons"):
        for row in network.tables[table]:
            row["department"] = name
            row["community_id"] = name
    snapshot = InMemory(network)
    chosen = Selection(departments=(name,), communities=(f"net0/{name}",))
    whole = compute(snapshot, "posts", QUARTER, Selection(networks=("net0",))).total
    assert compute(snapshot, "posts", QUARTER, chosen).total.value == whole.value


def test_communities_are_told_by_name_and_network(snapshot: InMemory) -> None:
    rows = compute(snapshot, "posts", QUARTER, by="community").rows
    assert {(row.key, row.label) for row in rows} >= {
        ("net0/1", "Community 1"),
        ("net1/1", "Community 1"),
        ("net0/", "Not known"),
    }


def test_without_messages_there_is_nothing_to_show() -> None:
    total = compute(InMemory(Network()), "posts", QUARTER).total
    assert (total.value, total.note) == (None, "There are no messages yet.")


def test_a_period_before_the_data_has_no_figures(snapshot: InMemory) -> None:
    total = compute(snapshot, "posts", QUARTER.previous()).total
    assert total.value is None
    assert total.note.startswith("The data begins on 2026-01-0")


def test_notes_say_where_the_data_begins_and_ends(snapshot: InMemory) -> None:
    wide = Period(FIRST - timedelta(weeks=2), FIRST + timedelta(weeks=60))
    notes = compute(snapshot, "posts", wide).notes
    assert any("begins on" in note for note in notes)
    assert any("ends on" in note for note in notes)
    assert compute(snapshot, "posts", period(3, FIRST + timedelta(weeks=2))).notes == ()


def test_what_a_network_lacks_is_not_available_and_never_zero(snapshot: InMemory) -> None:
    said = "Likes are not in the export; connect by API for them."
    lacks = {name: {Capability.REACTIONS.value: said} for name in ("net0", "net1")}
    total = compute(snapshot, "reactions", QUARTER, lacks=lacks).total
    assert (total.value, total.note) == (None, said)


def test_a_network_that_lacks_something_is_left_out_with_a_note(snapshot: InMemory) -> None:
    said = "Likes are not in the export."
    figures = compute(
        snapshot,
        "reactions",
        QUARTER,
        by="network",
        lacks={"net0": {Capability.REACTIONS.value: said}},
    )
    assert [row.key for row in figures.rows] == ["net1"]
    assert f"Without net0: {said}" in figures.notes


def test_other_metrics_do_not_mind(snapshot: InMemory) -> None:
    lacks = {"net0": {Capability.REACTIONS.value: "No likes."}}
    assert compute(snapshot, "posts", QUARTER, lacks=lacks) == compute(snapshot, "posts", QUARTER)


def test_without_a_roster_the_active_share_is_not_available(snapshot: InMemory) -> None:
    lacks = {
        name: {Capability.ROSTER.value: "Only authors are known."} for name in ("net0", "net1")
    }
    total = compute(snapshot, "active-share", QUARTER, lacks=lacks).total
    assert total.value is None
    assert "people file" in total.note


def test_without_a_roster_the_people_behind_a_figure_are_those_who_acted(
    snapshot: InMemory,
) -> None:
    lacks = {
        name: {Capability.ROSTER.value: "Only authors are known."} for name in ("net0", "net1")
    }
    active = compute(snapshot, "active-people", QUARTER, lacks=lacks).total
    assert active.people == active.value


def test_a_people_file_is_the_roster_where_there_is_one() -> None:
    network = random_network(12, people=30)
    staff = [
        replaced(row, network="people", department="Ward", person_id=f"staff{number}")
        for number, row in enumerate(network.tables["persons"][:25])
    ]
    network.tables["persons"] += staff
    figures = compute(InMemory(network), "active-share", QUARTER)
    assert figures.total.denominator == sum(_employed_in(row, QUARTER) for row in staff)
    assert figures.total.numerator == 0


def replaced(row: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {**row, **values}


def _employed_in(row: dict[str, Any], when: Period) -> bool:
    begins, ends = row["employed_from"], row["employed_to"]
    return (begins is None or begins < when.end_at) and (ends is None or ends > when.start_at)


def test_a_department_nobody_of_acts_is_listed_with_its_people() -> None:
    network = random_network(13, people=30)
    quiet = {"department": "Archive", "person_id": "q", "employed_from": None, "employed_to": None}
    network.tables["persons"].append(
        replaced(network.tables["persons"][0], **quiet, account_id="q", valid_to=None)
    )
    snapshot = InMemory(network)
    rows = {row.key: row for row in compute(snapshot, "posts", QUARTER, by="department").rows}
    assert (rows["Archive"].value, rows["Archive"].people) == (0, 1)
    silent = compute(snapshot, "silent-people", QUARTER, by="department").rows
    assert [(row.value, row.denominator) for row in silent if row.key == "Archive"] == [(1, 1)]


def test_members_of_a_community_are_not_known(snapshot: InMemory) -> None:
    selection = Selection(communities=("net0/1",))
    assert "not known" in compute(snapshot, "active-share", QUARTER, selection).total.note
    assert "no community" in compute(snapshot, "channel-shift", QUARTER, selection).total.note


def test_without_a_usage_report_channel_shift_is_not_available() -> None:
    network = random_network(14)
    network.tables["activity"] = []
    assert "usage report" in compute(InMemory(network), "channel-shift", QUARTER).total.note


def test_a_post_younger_than_seven_days_at_the_end_of_the_data_does_not_count_yet() -> None:
    network = Network()
    for number, days in enumerate((1.0, 20.0, 26.9, 27.0)):
        fact = _post(f"m{number}", at(days))
        network.tables["facts"].append(fact)
        network.tables["acts"].append(act_of(fact, "post"))
    late = replaced(network.tables["acts"][0], acted_at=at(34.0), week=FIRST + timedelta(weeks=4))
    network.tables["acts"].append(late)
    total = compute(InMemory(network), "response-rate", QUARTER).total
    assert (total.value, total.denominator) == (0, 4)
    network.tables["acts"][-1] = replaced(late, acted_at=at(33.95))
    assert compute(InMemory(network), "response-rate", QUARTER).total.denominator == 3


def _post(message_id: str, when: datetime) -> dict[str, Any]:
    return {
        "network": "net0",
        "message_id": message_id,
        "community_id": "1",
        "conversation_id": message_id,
        "parent_id": None,
        "kind": "post",
        "created_at": when,
        "person_id": "p1",
        "week": (when - timedelta(days=when.weekday())).date(),
    }


def test_a_selection_carries_its_parts_and_what_it_leaves_out(snapshot: InMemory) -> None:
    everybody = compute(snapshot, "pushback-rate", QUARTER)
    chosen = compute(
        snapshot, "pushback-rate", QUARTER, Selection(departments=("Pharmacy", "Estates"))
    )
    assert everybody.rest is None
    assert everybody.parts == ()
    assert {part.key for part in chosen.parts} == {"Pharmacy", "Estates"}
    assert chosen.rest is not None
    assert chosen.rest.people + chosen.total.people == everybody.total.people


def test_a_selection_does_not_depend_on_order_or_repetition() -> None:
    assert Selection(departments=("b", "a", "a")) == Selection(departments=("a", "b"))


def test_the_second_time_the_cache_answers(snapshot: InMemory) -> None:
    kept = Kept()
    first = compute(snapshot, "pushback-rate", QUARTER, by="department", cache=kept)
    before = snapshot.queries
    assert compute(snapshot, "pushback-rate", QUARTER, by="department", cache=kept) == first
    assert snapshot.queries == before


def test_the_cache_tells_questions_apart(snapshot: InMemory) -> None:
    kept = Kept()
    asked = [
        compute(snapshot, "posts", QUARTER, cache=kept),
        compute(snapshot, "replies", QUARTER, cache=kept),
        compute(snapshot, "posts", period(4), cache=kept),
        compute(snapshot, "posts", QUARTER, Selection(networks=("net0",)), cache=kept),
        compute(snapshot, "posts", QUARTER, by="week", cache=kept),
    ]
    assert len({(f.total.value, len(f.rows)) for f in asked}) == len(asked)


def test_figures_survive_the_cache_unchanged(snapshot: InMemory) -> None:
    selection = Selection(departments=("Pharmacy",))
    for name in ("pushback-rate", "response-time", "active-share"):
        figures = compute(snapshot, name, QUARTER, selection, by="week")
        assert figures_from_dict(figures.as_dict()) == figures
    bare = compute(snapshot, "posts", QUARTER.previous())
    assert figures_from_dict(bare.as_dict()) == bare
    assert isinstance(replace(bare, snapshot=8), Figures)


def test_moments_of_the_snapshot_are_utc(snapshot: InMemory) -> None:
    """A message of Sunday 23:59 UTC belongs to that week, wherever the machine stands."""
    network = Network()
    fact = _post("m", datetime(2026, 1, 11, 23, 59, tzinfo=UTC))
    network.tables["facts"].append(fact)
    network.tables["acts"].append(act_of(fact, "post"))
    rows = compute(InMemory(network), "posts", QUARTER, by="week").rows
    assert [row.key for row in rows if row.value] == ["2026-W02"]
