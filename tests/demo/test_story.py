"""The sample tells the story of docs/sample-network.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from datetime import date, timedelta

from adoption.demo.people import BY_KEY, PILOT, SILENT
from tests.demo.conftest import World

WEEKS = timedelta(weeks=11)


def share(world: World, start: date, days: int) -> float:
    rows = list(world.between(start, start + timedelta(days)))
    return len(world.barriers(start, days)) / len(rows)


def growth(
    world: World,
    day: date,
    chosen: Callable[[str], bool],
    counts: Callable[[dict[str, str]], bool] = lambda row: True,
) -> float:
    """Messages in the weeks after an enabler took hold, per message in as many weeks before."""
    settled = day + timedelta(weeks=3)
    end = min(settled + WEEKS, world.timeline.until)
    before, after = (
        sum(chosen(world.department(row)) and counts(row) for row in world.between(*span))
        for span in ((day - (end - settled), day), (settled, end))
    )
    return after / before


def of(names: Collection[str]) -> Callable[[str], bool]:
    return lambda department: department in names


def not_of(names: Collection[str]) -> Callable[[str], bool]:
    return lambda department: department not in names


def test_sample_has_a_believable_size(world: World) -> None:
    assert 25_000 <= len(world.messages) <= 40_000
    departments = {row["department"] for row in world.people}
    assert len(departments) == 16
    assert len({row["location"] for row in world.people}) == 5
    assert 25 <= len({row["group_name"] for row in world.messages}) <= 42


def test_pilot_comes_half_a_year_before_the_launch(world: World) -> None:
    pilot = world.timeline.launch - world.timeline.start
    assert timedelta(days=175) < pilot < timedelta(days=195)
    early = Counter(
        map(world.department, world.between(world.timeline.start, world.timeline.launch))
    )
    assert early.most_common(1)[0][0] == BY_KEY[PILOT].name
    assert len(early) == 3


def test_one_department_stays_silent(world: World) -> None:
    name = BY_KEY[SILENT].name
    assert sum(row["department"] == name for row in world.people) > 40
    assert any(row["department"] == name for row in world.users.values())
    assert name not in set(map(world.department, world.messages))


def test_adoption_grows_after_the_launch(world: World) -> None:
    def writers(start: date) -> int:
        return len({row["sender_id"] for row in world.between(start, start + timedelta(28))})

    launch = world.timeline.launch
    staff = len(world.people)
    assert writers(launch - timedelta(28)) < 0.06 * staff
    assert 0.25 * staff < writers(launch + timedelta(weeks=24)) < 0.5 * staff


def test_weekends_and_nights_are_quiet(world: World) -> None:
    weekdays = Counter(date.fromisoformat(r["created_at"][:10]).weekday() for r in world.messages)
    hours = Counter(int(row["created_at"][11:13]) for row in world.messages)
    assert max(weekdays[5], weekdays[6]) < 0.6 * min(weekdays[day] for day in range(5))
    assert hours[3] < 0.15 * hours[12]
    assert hours[3] > 0


def test_pushback_is_rare_but_rises_in_two_waves(world: World) -> None:
    line = world.timeline
    total = len(world.barriers(line.start, line.days))
    assert 0.01 < total / len(world.messages) < 0.02
    quiet = share(world, line.incident - timedelta(weeks=8), 49)
    for begins in (line.launch, line.incident):
        peak = max(share(world, begins + timedelta(weeks=n), 14) for n in range(4))
        assert 2 * quiet < peak < 0.07


def test_the_waves_have_different_barriers(world: World) -> None:
    line = world.timeline
    first = Counter(world.barriers(line.launch, 56))
    second = Counter(world.barriers(line.incident, 28))
    at_launch = {"existing_channel", "imposed", "time_overload"}
    after_incident = {"legal_risk", "culture_trust", "policy"}
    assert sum(first[b] for b in at_launch) > 2 * sum(first[b] for b in after_incident)
    assert sum(second[b] for b in after_incident) > 2 * sum(second[b] for b in at_launch)


def test_training_works_where_it_was_given(world: World) -> None:
    day = date.fromisoformat(world.enablers["training"]["on"])
    targets = world.enablers["training"]["target"]["department"]

    def ability(row: dict[str, str]) -> bool:
        return world.truth.get(row["id"], {}).get("barrier") in {"skills", "usability"}

    more = growth(world, day, of(targets)) / growth(world, day, not_of(targets))
    assert 1.25 < more < 1.9
    assert growth(world, day, of(targets), ability) < 0.6


def test_champions_change_nothing(world: World) -> None:
    day = date.fromisoformat(world.enablers["champions"]["on"])
    targets = world.enablers["champions"]["target"]["department"]
    more = growth(world, day, of(targets)) / growth(world, day, not_of(targets))
    assert 0.85 < more < 1.18


def test_policy_is_meant_for_everybody(world: World) -> None:
    assert world.enablers["policy"]["target"] == {}
    assert world.enablers["policy"]["on"] == world.timeline.policy.isoformat()


def test_pushback_is_sometimes_answered(world: World) -> None:
    pushback = {i for i, label in world.truth.items() if label["stance"] == "pushback"}
    answered = {row["replied_to_id"] for row in world.messages} & pushback
    assert 0.25 < len(answered) / len(pushback) < 0.8
