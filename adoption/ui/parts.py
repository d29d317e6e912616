"""The parts pages are made of: figures on cards, explanations, charts, designed empty states."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

import streamlit as st

from adoption.metrics.benchmarks import benchmark_for
from adoption.metrics.taxonomy import group_titles
from adoption.overview import Headline
from adoption.privacy import Released, ReleasedComment
from adoption.reports.charts import Point, inked
from adoption.reports.page import marked
from adoption.reports.points import TIME_SPLITS, points, ranking
from adoption.statistics.control_chart import control_chart
from adoption.wording import (
    Change,
    Tone,
    age,
    change,
    counted_from,
    interval,
    short_figure,
)

STALE_DAYS = 8
INTENSITY = {1: "mild", 2: "clear", 3: "strong"}
LIGHT_INK = "#1B2B2E"
DARK_INK = "#E6EEEE"
MARK_STYLE = "background:#F0A35B55;color:inherit;border-radius:3px;padding:0 2px"
KIND = {"objection": "won't", "obstacle": "can't"}


def page_title(title: str, caption: str = "") -> None:
    """The head of a page."""
    st.title(title, anchor=False)
    if caption:
        st.caption(caption)


def headline_card(headline: Headline) -> None:
    """One headline figure with its change, coloured by whether the change is welcome."""
    now = headline.now
    moved = change(now, headline.before)
    cell = now.total
    st.metric(
        f"{now.title} per 1,000" if now.unit == "per_1000" else now.title,
        short_figure(cell, now.unit),
        moved.text if moved else None,
        delta_color=_colour(moved),
        delta_arrow="off" if moved and not moved.sign else "auto",
        delta_description="vs before" if moved and moved.sign else None,
        help=explanation(now),
        border=True,
        height="stretch",
    )


def explanation(released: Released) -> str:
    """How a figure was counted, for its tooltip: counts, interval, formula, window, floor."""
    cell = released.total
    lines = [
        counted_from(cell),
        interval(cell, released.unit),
        cell.note,
        released.how_counted,
        released.floor,
    ]
    return "\n\n".join(line for line in lines if line)


def how_counted(figures: Iterable[Released]) -> None:
    """The panel at the end of a page: each figure's definition, window and floor."""
    with st.expander("How these figures are counted"):
        for released in figures:
            st.markdown(f"**{released.title}.** {released.how_counted} {released.floor}")
            st.caption(
                f"Period {released.period}, snapshot {released.snapshot}. "
                f"Command: `adoption metrics {released.metric} --period {released.period} --json`"
            )


def notes_of(figures: Iterable[Released]) -> None:
    """Notes that several figures share, each once."""
    for note in dict.fromkeys(note for released in figures for note in released.notes):
        st.caption(f":material/info: {note}")


def named_series(released: Released) -> list[Point]:
    """Points of a figure split twice, with the second split's groups by their titles."""
    titles = group_titles()
    return [
        replace(point, series=titles.get(point.series, point.series)) for point in points(released)
    ]


def chart(spec: dict[str, Any], alt: str, key: str) -> None:
    """Draw a chart with a text for those who cannot see it."""
    ink = DARK_INK if st.context.theme.type == "dark" else LIGHT_INK
    st.vega_lite_chart(inked(spec, ink), width="stretch", alt=alt, key=key)


def usual(weekly: Released) -> None:
    """Whether the newest week is within what chance explains (an XmR control chart)."""
    values = [cell.value if cell.shown else None for cell in weekly.rows]
    if any(value is not None for value in values):
        st.caption(f":material/query_stats: {control_chart(values).verdict()}")


def benchmark(released: Released) -> None:
    """What other organisations reach, where a published figure fits metric, window and size."""
    size = released.total.denominator
    found = benchmark_for(released.metric, released.period, int(size) if size else None)
    if found is not None and released.total.shown:
        st.caption(
            f":material/flag: {released.title} elsewhere: {found.label}.",
            help=f"{found.basis}. Source: {found.source}.",
        )


def left_out(released: Released) -> None:
    """What the chart above leaves out, by name, and why: said once under the chart."""
    if released.across or released.by in TIME_SPLITS:
        if released.suppressed:
            st.caption(
                f":material/visibility_off: {released.suppressed} of {len(released.rows)} figures "
                f"are hidden for privacy. {released.floor}"
            )
        return
    found = ranking(released)
    if found.nothing:
        st.caption(f"None: {', '.join(found.nothing)}.")
    if found.silent:
        st.caption(f"Nothing to count: {', '.join(found.silent)}.")
    if found.hidden:
        st.caption(
            f":material/visibility_off: Hidden for privacy: {', '.join(found.hidden)}. "
            f"{released.floor}"
        )


def comment_card(comment: ReleasedComment) -> None:
    """One masked comment with the words that decided marked, and its reason in plain words."""
    with st.container(border=True):
        words = str(marked(comment)).replace("<mark>", f'<mark style="{MARK_STYLE}">')
        st.html(f'<p style="margin:0;line-height:1.55;white-space:pre-wrap">{words}</p>')
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(comment.barrier_title, color="orange")
            if comment.kind:
                st.badge(f"{comment.kind} ({KIND[comment.kind]})", color="gray")
            parts = [
                INTENSITY.get(comment.intensity or 0, ""),
                comment.confidence,
                comment.community or "",
                comment.week,
            ]
            st.caption(" · ".join(part for part in parts if part))


def stale_warning(newest: datetime | None) -> None:
    """Say so when the newest message is older than a week."""
    if newest is not None and (datetime.now(UTC) - newest).days >= STALE_DAYS:
        st.warning(
            f"The newest message is from {age(newest)}. Sync the network or import a newer export "
            "on the Connectors page.",
            icon=":material/schedule:",
        )


def _colour(moved: Change | None) -> Literal["normal", "inverse", "off"]:
    if moved is None or moved.tone is Tone.FLAT:
        return "off"
    return "normal" if (moved.sign > 0) == (moved.tone is Tone.GOOD) else "inverse"
