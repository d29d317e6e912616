"""What the gate shows and what it hides, at each floor and one step to either side of it."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from adoption.errors import SettingsError
from adoption.metrics import CATALOGUE, Rest, Selection
from adoption.privacy import Cell, Floors, Released, State, release, rounded
from tests.privacy.figures import WHEN, activity, figures, raw

DEPARTMENT = Selection(departments=("Pharmacy",))


def total_state(cell: Any, metric: str = "pushback-rate", **more: Any) -> State:
    return release(figures(total=cell, metric=metric, **more)).total.state


@pytest.mark.parametrize(("people", "state"), [(9, "suppressed"), (10, "shown"), (11, "shown")])
def test_activity_is_shown_from_ten_people(people: int, state: str) -> None:
    assert total_state(activity("", people, 40), "posts") == state


@pytest.mark.parametrize(("people", "state"), [(19, "suppressed"), (20, "shown"), (21, "shown")])
def test_pushback_is_shown_from_twenty_people(people: int, state: str) -> None:
    assert total_state(raw(people=people)) == state


@pytest.mark.parametrize(("authors", "state"), [(4, "suppressed"), (5, "shown"), (6, "shown")])
def test_pushback_is_shown_from_five_authors(authors: int, state: str) -> None:
    assert total_state(raw(authors=authors)) == state


@pytest.mark.parametrize(
    ("objectors", "state"), [(1, "suppressed"), (4, "suppressed"), (5, "shown")]
)
def test_in_a_group_of_colleagues_at_least_five_must_have_pushed_back(
    objectors: int, state: str
) -> None:
    assert total_state(raw(objectors=objectors), selection=DEPARTMENT) == state


def test_for_everybody_together_few_objectors_may_be_counted() -> None:
    assert total_state(raw(objectors=1, numerator=1)) is State.SHOWN


def test_that_nobody_pushed_back_may_be_told() -> None:
    shown = release(figures(total=raw(objectors=0, numerator=0), selection=DEPARTMENT)).total
    assert (shown.state, shown.value) == (State.SHOWN, 0.0)


@pytest.mark.parametrize(
    ("top_one", "top_two", "state"),
    [(0.4, 0.6, "shown"), (0.41, 0.5, "suppressed"), (0.31, 0.61, "suppressed")],
)
def test_one_or_two_talkative_people_do_not_make_a_figure(
    top_one: float, top_two: float, state: str
) -> None:
    assert total_state(raw(top_one=top_one, top_two=top_two)) == state


def test_a_hidden_figure_says_how_many_people_it_needs_and_no_number() -> None:
    hidden = release(figures(total=raw(people=19))).total
    assert hidden.note == "Fewer than 20 people."
    assert hidden == Cell("", "", State.SUPPRESSED, note=hidden.note)


def test_what_cannot_be_known_is_neither_hidden_nor_zero() -> None:
    missing = replace(raw(people=0, denominator=0, numerator=0), note="Likes are not in an export.")
    cell = release(figures(total=missing)).total
    assert (cell.state, cell.value, cell.note) == (
        State.NOT_AVAILABLE,
        None,
        "Likes are not in an export.",
    )


def test_a_small_group_is_hidden_even_when_nothing_happened_in_it() -> None:
    rows = [activity("estates", 3, 0), *(activity(f"ward {n}", 50, 40) for n in range(5))]
    cell = release(figures(rows, activity("", 253, 200), metric="posts")).rows[0]
    assert (cell.state, cell.note) == (State.SUPPRESSED, "Fewer than 10 people.")


def test_a_silent_department_is_a_row_and_not_a_gap() -> None:
    rows = [activity("estates", 140, 0), activity("theatres", 60, 12)]
    first = release(figures(rows, activity("", 200, 12), metric="posts")).rows[0]
    assert (first.state, first.value, first.people) == (State.SHOWN, 0, 140)


def test_one_hidden_row_takes_a_second_one_along() -> None:
    rows = [raw("a", people=19), raw("b", people=80, denominator=90), raw("c", denominator=400)]
    states = {row.key: row.state for row in release(figures(rows)).rows}
    assert states == {"a": "suppressed", "b": "suppressed", "c": "shown"}


def test_the_companion_says_why_it_is_hidden() -> None:
    rows = [raw("a", people=19), raw("b", denominator=90), raw("c", denominator=400)]
    assert "smaller group" in release(figures(rows)).rows[1].note


def test_a_selection_of_nearly_everybody_is_refused() -> None:
    for rest in (Rest(people=19, authors=9), Rest(people=30, authors=4)):
        cell = release(figures([raw("a"), raw("b")], selection=DEPARTMENT, rest=rest)).total
        assert cell.state is State.SUPPRESSED
        assert "left out" in cell.note


def test_a_selection_that_leaves_out_nobody_or_many_is_not() -> None:
    for rest in (Rest(0, 0), Rest(20, 5), None):
        assert release(figures(selection=DEPARTMENT, rest=rest)).total.shown


def test_a_small_group_cannot_hide_among_larger_ones_in_a_selection() -> None:
    parts = [raw("a", people=200), raw("b", people=3)]
    released = release(figures([raw("a"), raw("b")], selection=DEPARTMENT, parts=parts))
    assert {cell.state for cell in (*released.rows, released.total)} == {State.SUPPRESSED}


@pytest.mark.parametrize("name", ["activity_people", "pushback_people", "pushback_authors"])
def test_the_floor_of_the_floor_is_five(name: str) -> None:
    assert getattr(Floors(**{name: 5}), name) == 5
    with pytest.raises(SettingsError, match=rf"(?s){name}.*5 or more"):
        Floors(**{name: 4})


@pytest.mark.parametrize("share", [0.0, -1.0, 1.1])
def test_dominance_is_a_share(share: float) -> None:
    with pytest.raises(SettingsError, match="one_author"):
        Floors(one_author=share)


def test_only_the_gate_makes_released_figures() -> None:
    released = release(figures([raw("a"), raw("b")]))
    parts = {name: getattr(released, name) for name in Released.__slots__ if name != "key"}
    with pytest.raises(TypeError, match=r"release\(\)"):
        Released(**parts, key=object())
    with pytest.raises(ValueError, match="key"):
        replace(released, total=Cell("", "", State.SHOWN, 1.0))  # type: ignore[call-arg]


def test_released_figures_can_be_kept_in_a_cache_of_pages() -> None:
    released = release(figures([raw("a"), raw("b")]))
    assert copy.deepcopy(released) == released


def test_released_figures_name_period_snapshot_floor_and_counting() -> None:
    released = release(figures([raw("a"), raw("b")]))
    told = json.loads(json.dumps(released.as_dict()))
    assert told["period"] == str(WHEN)
    assert told["snapshot"] == 7
    assert told["floor"] == "Shown from 20 people in a group and 5 people who wrote."
    assert CATALOGUE["pushback-rate"].formula in told["how_counted"]
    assert told["suppressed"] == 0
    assert [row["key"] for row in told["rows"]] == ["a", "b"]


def test_nothing_released_speaks_of_authors() -> None:
    told = json.dumps(release(figures([raw("a"), raw("b")])).as_dict())
    assert "author" not in told
    assert "objector" not in told


def test_exports_are_rounded_and_pages_are_not() -> None:
    released = release(figures(total=raw(people=103, numerator=17, denominator=203)))
    assert released.total.value == pytest.approx(83.743842)
    blurred = rounded(released).total
    assert (blurred.value, blurred.numerator, blurred.denominator) == (83.7, 15.0, 205.0)
    assert blurred.people == 105


def test_shares_are_rounded_to_one_per_cent_and_counts_to_five() -> None:
    share = replace(raw(), value=0.4567, low=0.412, high=0.508)
    blurred = rounded(release(figures(total=share, metric="support-share"))).total
    assert (blurred.value, blurred.low, blurred.high) == (0.46, 0.41, 0.51)
    posts = rounded(release(figures(total=activity("", 52, 38), metric="posts"))).total
    assert (posts.value, posts.people) == (40.0, 50)


def test_rounding_leaves_what_is_hidden_hidden() -> None:
    released = release(figures(total=raw(people=3)))
    assert rounded(released).total == released.total
