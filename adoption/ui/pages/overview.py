"""Overview: how far adoption has come, where, and whether the talk is a dialogue."""

from __future__ import annotations

import streamlit as st

from adoption.overview import Headline
from adoption.reports import charts
from adoption.reports.points import points, ranked, ranking
from adoption.ui import empty, parts
from adoption.ui.session import Filters, filters, period_line, run_page, service
from adoption.ui.story import story


def draw() -> None:
    """Draw the page."""
    title = st.container()
    chosen = filters()
    if chosen is None:
        with title:
            parts.page_title("Overview")
        empty.no_data()
        return
    with title:
        parts.page_title("Overview", period_line(chosen))
    with st.spinner("Counting ...", show_time=False):
        headlines = service().overview(chosen.period, chosen.selection)
    by_name = {headline.now.metric: headline for headline in headlines}
    if by_name["active-people"].now.total.note and not by_name["active-people"].now.total.shown:
        st.info(by_name["active-people"].now.total.note, icon=":material/info:")
    newest = max((item.newest for item in service().connections.all() if item.newest), default=None)
    parts.stale_warning(newest)
    st.markdown(story(by_name))
    with st.grid(5, min_column_width=165):
        for headline in headlines:
            parts.headline_card(headline)
    parts.benchmark(by_name["active-share"].now)
    trends(chosen, by_name)
    departments(chosen)
    parts.notes_of(headline.now for headline in headlines)
    parts.how_counted(headline.now for headline in headlines)


def trends(chosen: Filters, by_name: dict[str, Headline]) -> None:
    """Two lines: people who take part, and pushback, with what was done about it."""
    events = service().events(chosen.period)
    left, right = st.columns(2)
    for place, name, colour in (
        (left, "active-people", charts.TEAL),
        (right, "pushback-rate", charts.AMBER),
    ):
        weekly = by_name[name].weekly
        if weekly is None:
            continue
        with place, st.container(border=True):
            unit = " per 1,000 messages" if weekly.unit == "per_1000" else ""
            st.subheader(f"{weekly.title}{unit}, by week", anchor=False)
            if any(cell.shown for cell in weekly):
                parts.chart(
                    charts.trend(points(weekly), title=weekly.title, colour=colour, events=events),
                    alt=f"{weekly.title} for each week of {weekly.period}",
                    key=f"trend-{name}",
                )
                parts.usual(weekly)
                parts.left_out(weekly)
            else:
                empty.nothing_to_draw(weekly)


def departments(chosen: Filters) -> None:
    """Where: the share of colleagues who take part, and pushback, by department."""
    left, right = st.columns(2)
    for place, name, colour in (
        (left, "active-share", charts.TEAL),
        (right, "pushback-rate", charts.AMBER),
    ):
        figures = service().metric(name, chosen.period, chosen.selection, "department")
        with place, st.container(border=True):
            st.subheader(f"{figures.title} by department", anchor=False)
            if ranking(figures).shown:
                parts.chart(
                    charts.bars(
                        ranked(figures),
                        title=figures.title,
                        percent=figures.unit == "share",
                        colour=colour,
                    ),
                    alt=f"{figures.title} for each department",
                    key=f"departments-{name}",
                )
                parts.left_out(figures)
            else:
                empty.nothing_to_draw(figures)


run_page(draw)
