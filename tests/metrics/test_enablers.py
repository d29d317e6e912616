"""From an enabler in the list to a verdict that may be shown."""

from __future__ import annotations

import json
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from adoption.errors import SettingsError
from adoption.metrics import enabler_effect, weeks_around
from adoption.metrics.enablers import RawEffect
from adoption.period import Period
from adoption.privacy import ReleasedEffect, State, release_effect
from adoption.statistics.effects import Verdict
from tests.metrics.networks import FIRST, InMemory, Network, act_of, at, period

WEEKS = 30
START = FIRST + timedelta(weeks=15, days=2)
WHEN = period(WEEKS)


def training_network(
    lift: float, *, trained: int = 40, others: int = 40, dip: bool = False
) -> InMemory:
    """Two departments that post alike until one is trained; ``dip``: everybody posts less then."""
    random = Random(3)
    network = Network()
    staff = [("Theatres", n) for n in range(trained)] + [("Estates", n) for n in range(others)]
    for number, (department, _) in enumerate(staff):
        network.tables["persons"].append(_member(f"p{number}", department))
    for week in range(WEEKS):
        after = week >= 15
        for number, (department, _) in enumerate(staff):
            chance = 0.4 + (lift if after and department == "Theatres" else 0)
            if random.random() < chance * (0.6 if dip and after else 1):
                _post(network, f"{week}-{number}", f"p{number}", department, week * 7 + 1.5)
    return InMemory(network)


def _member(person: str, department: str) -> dict[str, Any]:
    known = {"network": "net0", "account_id": person, "person_id": person}
    return {**known, "author_kind": "person", "department": department, "job_family": "Nursing"}


def _post(network: Network, message_id: str, person: str, department: str, days: float) -> None:
    when = at(days)
    fact = {
        "network": "net0",
        "message_id": message_id,
        "community_id": "1",
        "conversation_id": message_id,
        "kind": "post",
        "created_at": when,
        "week": (when - timedelta(days=when.weekday())).date(),
        "person_id": person,
        "department": department,
    }
    network.tables["facts"].append(fact)
    network.tables["acts"].append(act_of(fact, "post"))


def effect(snapshot: InMemory, metric: str = "active-share", **more: Any) -> RawEffect:
    return enabler_effect(snapshot, metric, WHEN, START, **{"departments": ("Theatres",), **more})


def released(snapshot: InMemory) -> ReleasedEffect:
    return release_effect(effect(snapshot))


def test_training_that_lifts_activity_worked() -> None:
    found = released(training_network(0.3))
    assert found.effect is not None
    assert found.effect.verdict is Verdict.WORKED
    assert found.effect.low is not None
    assert found.effect.high is not None
    assert found.effect.low < 0.3 < found.effect.high
    assert found.effect.compared


def test_training_without_effect_is_not_said_to_have_worked() -> None:
    found = released(training_network(0.0))
    assert found.effect is not None
    assert found.effect.verdict is not Verdict.WORKED


def test_what_happened_to_everybody_is_taken_off() -> None:
    found = released(training_network(0.0, dip=True))
    assert found.effect is not None
    assert found.effect.verdict is not Verdict.BACKFIRED
    everybody = release_effect(effect(training_network(0.0, dip=True), departments=()))
    assert everybody.effect is not None
    assert everybody.effect.verdict is Verdict.BACKFIRED
    assert not everybody.effect.compared
    assert "something else may be the cause" in everybody.words


@pytest.mark.parametrize(("trained", "others"), [(9, 40), (40, 9)])
def test_both_sides_need_enough_people(trained: int, others: int) -> None:
    found = released(training_network(0.3, trained=trained, others=others))
    assert (found.state, found.effect) == (State.SUPPRESSED, None)
    assert found.words == "Fewer than 10 people."


def test_too_early_is_not_available_and_says_how_long_to_wait() -> None:
    snapshot = training_network(0.3)
    soon = enabler_effect(snapshot, "posts", period(18), START, ("Theatres",))
    found = release_effect(soon)
    assert found.state is State.NOT_AVAILABLE
    assert "3 more weeks" in found.words


def test_a_released_effect_is_json_with_floor_and_method() -> None:
    told = json.loads(json.dumps(released(training_network(0.3)).as_dict()))
    assert told["floor"] == "Shown from 10 people in a group."
    assert "Newey-West" in told["how_counted"]
    assert told["period"] == str(WHEN)


def test_an_enabler_is_judged_by_half_a_year_to_either_side() -> None:
    assert str(weeks_around(date(2026, 2, 4), date(2026, 12, 31))) == "2025-W32:2026-W31"
    assert str(weeks_around(date(2026, 2, 4), date(2026, 3, 1))) == "2025-W32:2026-W09"
    assert str(weeks_around(date(2026, 2, 4), date(2026, 2, 4))) == "2025-W32:2026-W06"


def test_a_figure_without_direction_cannot_have_improved() -> None:
    with pytest.raises(SettingsError, match="direction"):
        effect(training_network(0.1), "barriers")


@pytest.mark.parametrize("start", [date(2025, 1, 1), date(2027, 1, 1)])
def test_the_enabler_must_begin_inside_the_weeks(start: date) -> None:
    with pytest.raises(SettingsError, match="outside the weeks"):
        enabler_effect(training_network(0.1), "posts", Period(WHEN.start, WHEN.end), start)
