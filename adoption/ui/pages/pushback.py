"""Pushback: what people object to, why, where, and in which words."""

from __future__ import annotations

import streamlit as st

from adoption.metrics.taxonomy import barrier_titles
from adoption.overview import Headline
from adoption.reports import charts
from adoption.reports.points import ranked, ranking
from adoption.ui import empty, parts
from adoption.ui.export import export_button
from adoption.ui.session import Filters, filters, period_line, run_page, service

HEADLINES = ("pushback-rate", "objectors-share", "answered-pushback", "time-to-answer")
PAGE_OF_COMMENTS = 10


def draw() -> None:
    """Draw the page."""
    title = st.container()
    chosen = filters(communities=True)
    if chosen is None:
        with title:
            parts.page_title("Pushback")
        empty.no_data()
        return
    with title, st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container():
            parts.page_title("Pushback", period_line(chosen))
        export_button(chosen)
    waiting = service().status().unflagged
    if waiting:
        st.info(
            f"{waiting:,} messages have not been looked at by the detector yet. "
            "They are in no figure on this page; run `adoption flag`.",
            icon=":material/hourglass:",
        )
    headlines = [
        Headline(
            service().metric(name, chosen.period, chosen.selection),
            service().metric(name, chosen.period.previous(), chosen.selection),
        )
        for name in HEADLINES
    ]
    with st.grid(4, min_column_width=165):
        for headline in headlines:
            parts.headline_card(headline)
    reasons(chosen)
    places(chosen)
    comments(chosen)
    parts.notes_of(headline.now for headline in headlines)
    parts.how_counted(headline.now for headline in headlines)


def reasons(chosen: Filters) -> None:
    """Why: the mix of barriers, and how the groups of barriers moved."""
    left, right = st.columns(2)
    with left, st.container(border=True):
        st.subheader("Reasons people give", anchor=False)
        mix = service().metric("barriers", chosen.period, chosen.selection, "barrier")
        if any(cell.shown and cell.value for cell in mix):
            parts.chart(
                charts.bars(
                    ranked(mix), title="Share of pushback", percent=True, colour=charts.AMBER
                ),
                alt="Share of pushback for each reason",
                key="reasons",
            )
            parts.left_out(mix)
        else:
            empty.nothing_to_draw(mix)
    with right, st.container(border=True):
        st.subheader("Reasons over time", anchor=False)
        weekly = service().metric(
            "pushback-rate", chosen.period, chosen.selection, "four_weeks", "group"
        )
        if any(cell.shown and cell.value for cell in weekly):
            parts.chart(
                charts.stacked(parts.named_series(weekly), title="Per 1,000 messages"),
                alt="Pushback per 1,000 messages for each group of reasons, in steps of four weeks",
                key="reasons-over-time",
            )
            parts.left_out(weekly)
        else:
            empty.nothing_to_draw(weekly)


def places(chosen: Filters) -> None:
    """Where: pushback by department and by community."""
    left, right = st.columns(2)
    for place, split, words in (
        (left, "department", "By department"),
        (right, "community", "By community"),
    ):
        figures = service().metric("pushback-rate", chosen.period, chosen.selection, split)
        with place, st.container(border=True):
            st.subheader(words, anchor=False)
            if ranking(figures).shown:
                parts.chart(
                    charts.bars(
                        ranked(figures, 14), title="Per 1,000 messages", colour=charts.AMBER
                    ),
                    alt=f"Pushback per 1,000 messages, {words.lower()}",
                    key=f"places-{split}",
                )
                parts.left_out(figures)
            else:
                empty.nothing_to_draw(figures)


def comments(chosen: Filters) -> None:
    """In which words: flagged comments, masked, with the words that decided marked."""
    st.subheader("What people wrote", anchor=False)
    titles = dict(barrier_titles())
    barrier = st.selectbox(
        "Reason",
        list(titles),
        index=None,
        format_func=lambda code: titles.get(code, code),
        placeholder="All reasons",
        key="barrier",
        bind="query-params",
        width=320,
    )
    shown = st.session_state.setdefault("comments_shown", PAGE_OF_COMMENTS)
    found = service().comments(chosen.period, chosen.selection, barrier, limit=shown + 1)
    if not found.comments:
        st.caption(found.note or "No message was flagged for this choice.")
        return
    st.caption(
        "Names, addresses and numbers are masked, and nobody is told who wrote what. "
        "The marked words decided; the detector can be wrong."
    )
    for comment in found.comments[:shown]:
        parts.comment_card(comment)
    if len(found.comments) > shown and st.button("Show more"):
        st.session_state["comments_shown"] = shown + 2 * PAGE_OF_COMMENTS
        st.rerun()


run_page(draw)
