"""The parts pages are made of: figures on cards, explanations, charts, designed empty states."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import streamlit as st

from adoption.metrics.taxonomy import group_titles
from adoption.overview import Headline
from adoption.period import Period, parse_week
from adoption.privacy import Cell, Released, ReleasedComment, State
from adoption.reports.charts import Event, Point
from adoption.wording import (
    Change,
    Tone,
    age,
    change,
    counted_from,
    figure,
    interval,
    short_figure,
)

STALE_DAYS = 8
INTENSITY = {1: "mild", 2: "clear", 3: "strong"}
KIND = {"objection": "won't", "obstacle": "can't"}


def page_title(title: str, caption: str = "") -> None:
    """The head of a page."""
    st.title(title, anchor=False)
    if caption:
        st.caption(caption)


def headline_card(headline: Headline, comparison: str) -> None:
    """One headline figure with its change, coloured by whether the change is welcome."""
    now = headline.now
    moved = change(now, headline.before)
    cell = now.total
    st.metric(
        now.title,
        short_figure(cell, now.unit) if not cell.shown else figure(cell, now.unit),
        moved.text if moved else None,
        delta_color=_colour(moved),
        delta_description=comparison if moved else None,
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


def points(released: Released) -> list[Point]:
    """The rows of a figure as points of a chart; hidden ones stay, without a value."""
    time = released.by in ("week", "four_weeks")
    return [
        Point(
            at=parse_week(cell.key).isoformat() if time else cell.label,
            value=cell.value if cell.shown else None,
            shown=short_figure(cell, released.unit),
            low=cell.low,
            high=cell.high,
            series=cell.across or "",
            note=counted_from(cell) or cell.note,
        )
        for cell in released.rows
    ]


def ranked(released: Released, limit: int = 20) -> list[Point]:
    """The rows that have a figure as bars, largest first; :func:`hidden_note` names the others."""
    shown = [point for point in points(released) if point.value is not None]
    return sorted(shown, key=lambda point: (-(point.value or 0.0), point.at))[:limit]


def named_series(released: Released) -> list[Point]:
    """Points of a figure split twice, with the second split's groups by their titles."""
    titles = group_titles()
    return [
        replace(point, series=titles.get(point.series, point.series)) for point in points(released)
    ]


def chart(spec: dict[str, object], alt: str, key: str) -> None:
    """Draw a chart with a text for those who cannot see it."""
    st.vega_lite_chart(spec, width="stretch", alt=alt, key=key)


def events_in(period: Period, enablers: Sequence[object]) -> list[Event]:
    """The enablers that began within a period, as rules of a chart."""
    return [
        Event(enabler.on.isoformat(), enabler.title)  # type: ignore[attr-defined]
        for enabler in enablers
        if period.start <= enabler.on < period.end  # type: ignore[attr-defined]
    ]


def hidden_note(released: Released) -> None:
    """What the chart above leaves out, by name, and why: said once under the chart."""
    hidden = [cell.label for cell in released if cell.state is State.SUPPRESSED]
    silent = [cell.label for cell in released if cell.state is State.NOT_AVAILABLE]
    if hidden:
        which = ", ".join(dict.fromkeys(hidden))
        st.caption(f":material/visibility_off: Hidden for privacy: {which}. {released.floor}")
    if silent and released.by not in ("week", "four_weeks"):
        st.caption(f":material/remove: Nothing to count: {', '.join(dict.fromkeys(silent))}.")


def comment_card(comment: ReleasedComment) -> None:
    """One masked comment with the words that decided marked, and its reason in plain words."""
    with st.container(border=True):
        st.html(f'<p style="margin:0;line-height:1.55">{marked_up(comment)}</p>')
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


def marked_up(comment: ReleasedComment) -> str:
    """The comment as HTML, escaped, with its evidence in ``<mark>``."""
    pieces: list[str] = []
    last = 0
    for start, end, _ in sorted(comment.evidence):
        start = max(start, last)
        if end <= start:
            continue
        pieces.append(html.escape(comment.text[last:start]))
        pieces.append(
            '<mark style="background:#F0A35B55;color:inherit;border-radius:3px;padding:0 2px">'
            f"{html.escape(comment.text[start:end])}</mark>"
        )
        last = end
    pieces.append(html.escape(comment.text[last:]))
    return "".join(pieces).replace("\n", "<br>")


def stale_warning(newest: datetime | None) -> None:
    """Say so when the newest message is older than a week."""
    if newest is not None and (datetime.now(UTC) - newest).days >= STALE_DAYS:
        st.warning(
            f"The newest message is from {age(newest)}. Sync the network or import a newer export "
            "on the Connectors page.",
            icon=":material/schedule:",
        )


def cell_text(cell: Cell, unit: str) -> str:
    """A figure for a table."""
    return short_figure(cell, unit)


def _colour(moved: Change | None) -> str:
    if moved is None or moved.tone is Tone.FLAT:
        return "off"
    return "normal" if (moved.sign > 0) == (moved.tone is Tone.GOOD) else "inverse"
