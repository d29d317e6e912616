"""What every page needs first: the service of this data folder, and the filters bound to the URL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import streamlit as st

from adoption.errors import AdoptionError
from adoption.metrics import Selection
from adoption.period import WEEK, Period, monday, parse_week, week_name
from adoption.service import Service
from adoption.settings import default_home
from adoption.wording import period_words

LENGTHS = (4, 13, 26, 52)
DEFAULT_LENGTH = 13


@dataclass(frozen=True, slots=True)
class Filters:
    """What the page shows: a period, its comparison, and a selection."""

    period: Period
    selection: Selection


@st.cache_resource(show_spinner=False)
def _opened(home: str) -> Service:
    return Service(Path(home), create=True)


def service() -> Service:
    """The service of the data folder this dashboard was started for."""
    return _opened(str(default_home().absolute()))


def filters(*, communities: bool = False) -> Filters | None:
    """Draw the filter bar and return what was chosen; ``None`` where there is no data yet.

    Every choice stands in the URL, so a link opens the same view.
    """
    span = service().data_span()
    if span is None:
        return None
    groups = service().groups()
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
        length = st.selectbox(
            "Weeks",
            LENGTHS,
            index=LENGTHS.index(DEFAULT_LENGTH),
            key="weeks",
            bind="query-params",
            width=130,
        )
        weeks = _week_names(span)
        until = st.selectbox(
            "Up to and including",
            weeks,
            key="until",
            bind="query-params",
            width=170,
        )
        departments = _choice("Departments", groups["departments"], "department", 260)
        chosen = (
            _choice("Communities", groups["communities"], "community", 260) if communities else ()
        )
        networks = _choice("Networks", groups["networks"], "network", 200)
    end = parse_week(until or weeks[0]) + WEEK
    period = Period(end - (length or DEFAULT_LENGTH) * WEEK, end)
    return Filters(period, Selection(networks, chosen, departments))


def period_line(chosen: Filters) -> str:
    """The period in words, with the age of the data: stands under each page's title."""
    weeks = len(chosen.period)
    return f"{period_words(chosen.period)}, compared with the {weeks} weeks before"


def _choice(
    label: str, options: Sequence[tuple[str, str]], key: str, width: int
) -> tuple[str, ...]:
    if len(options) < 2:
        return ()
    names = dict(options)
    return tuple(
        st.multiselect(
            label,
            list(names),
            format_func=lambda item: names.get(item, item),
            key=key,
            bind="query-params",
            placeholder="All",
            width=width,
        )
    )


def _week_names(span: tuple[date, date]) -> list[str]:
    """All ISO weeks with data, newest whole week first."""
    newest = Period.last_weeks(span[1], 1).start
    oldest = min(monday(span[0]), newest)
    return [week_name(newest - number * WEEK) for number in range((newest - oldest) // WEEK + 1)]


def run_page(draw: Callable[[], None]) -> None:
    """Draw a page; an expected error becomes a calm message instead of a trace."""
    try:
        draw()
    except AdoptionError as problem:
        st.error(f"**{problem.what}**" + (f" ({problem.where})" if problem.where else ""))
        if problem.next_step:
            st.markdown(problem.next_step)
