"""Actions: what was done about barriers, and whether it worked."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from adoption.enabling import KINDS, EnablerReport, MeasuredEffect, departments_of, new_enabler
from adoption.errors import AdoptionError
from adoption.reports import charts
from adoption.reports.charts import Event, Point
from adoption.reports.points import points
from adoption.statistics.effects import Effect, Verdict
from adoption.ui import empty, parts
from adoption.ui.session import run_page, service
from adoption.wording import amount, day


def draw() -> None:
    """Draw the page."""
    parts.page_title(
        "Actions",
        "What was done about barriers, and whether it worked: the departments it was for against "
        "those it was not for, half a year before and after.",
    )
    if service().data_span() is None:
        empty.no_data()
        return
    add_form()
    with st.spinner("Comparing ...", show_time=False):
        reports = service().enabler_effects()
    if not reports:
        with st.container(border=True):
            st.subheader("Nothing is registered yet", anchor=False)
            st.markdown(
                "Register what you did - a training, a policy, champions, better access - with its "
                "date and the departments it was for. Charts then show it, and this page says "
                "whether it worked."
            )
    for report in reports:
        action(report)


def action(report: EnablerReport) -> None:
    """One enabler: what it was, and its effect on each figure."""
    enabler = report.enabler
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(enabler.title, anchor=False)
            st.badge(KINDS.get(enabler.kind, enabler.kind), color="gray")
        whom = ", ".join(departments_of(enabler)) or "everybody"
        st.caption(f"From {day(enabler.on)}, for {whom}.")
        if not report.effects:
            st.caption("There is no data on both sides of this date.")
        for place, measured in zip(st.columns(2), report.effects, strict=False):
            with place:
                effect(measured, enabler.title, enabler.on.isoformat(), f"{enabler.id}")
        if st.button("Remove", key=f"remove-{enabler.id}", type="tertiary"):
            service().remove_enabler(enabler.id)
            st.rerun()


def effect(measured: MeasuredEffect, title: str, on: str, key: str) -> None:
    """The effect on one figure: verdict, size with interval, and the weeks it was read from."""
    released = measured.effect
    found = released.effect
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{released.title}**", help=f"{released.how_counted} {released.floor}")
        if found is not None:
            st.badge(found.verdict.value, color=_colour(found))
    if found is not None and found.effect is not None:
        size, low, high = (
            _signed(value, released.unit) for value in (found.effect, found.low, found.high)
        )
        st.markdown(f"{size} a week (95 % interval {low} to {high})")
    st.caption(released.words)
    spec = charts.lines(
        _weeks(measured),
        title=released.title,
        percent=released.unit == "share",
        events=[Event(on, title)],
    )
    parts.chart(
        spec,
        alt=f"{released.title} by week, before and after",
        key=f"effect-{key}-{released.metric}",
    )


def _colour(found: Effect) -> Literal["green", "red", "gray"]:
    """Green or red only where there was a group to compare with: a trend alone proves nothing."""
    if not found.compared:
        return "gray"
    if found.verdict is Verdict.WORKED:
        return "green"
    return "red" if found.verdict is Verdict.BACKFIRED else "gray"


def add_form() -> None:
    """Register what was done."""
    with st.popover("Register an action", icon=":material/add:", type="primary"), st.form("action"):
        kind = st.selectbox("Kind", list(KINDS), format_func=lambda code: KINDS[code])
        title = st.text_input("What was done", max_chars=80)
        on = st.date_input("From", value="today")
        names = [name for name, _ in service().groups()["departments"]]
        chosen = st.multiselect("For these departments", names, placeholder="Everybody")
        if st.form_submit_button("Register") and kind:
            try:
                service().add_enabler(new_enabler(kind, title, on, chosen))
            except AdoptionError as problem:
                st.error(str(problem))
            else:
                st.rerun()


def _weeks(measured: MeasuredEffect) -> list[Point]:
    treated = charts.as_series(points(measured.treated), "For whom it was")
    if measured.untreated is None:
        return treated
    return treated + charts.as_series(points(measured.untreated), "All others")


def _signed(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    if unit == "share":
        return f"{value * 100:+.1f} points"
    return f"{'+' if value >= 0 else '-'}{amount(abs(value), unit)}"


run_page(draw)
