"""Review: people check the detector, one comment at a time."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from adoption.errors import AdoptionError
from adoption.metrics.taxonomy import barrier_titles
from adoption.reports.page import marked
from adoption.review_quality import ReviewQuality
from adoption.reviews import REASONS, ReviewItem
from adoption.ui import empty, parts
from adoption.ui.quality import quality_panel
from adoption.ui.session import run_page, service
from adoption.ui.spreadsheet import QUEUE, spreadsheet_panel
from adoption.wording import plural

A_DAY = 40
BATCH = 20
DONE, TODAY, PROBLEM = "review_done", "review_today", "review_problem"
LONG_PARENT = 400


def draw() -> None:
    """Draw the page."""
    parts.page_title(
        "Review",
        "Check what the detector thinks. What you say counts at once and wins over it. "
        "Names are masked, and nobody is told who wrote what.",
    )
    if service().data_span() is None:
        empty.no_data()
        return
    quality = service().review_quality()
    st.session_state[TODAY] = quality.today
    left, right = st.columns([5, 3], gap="medium")
    with left:
        one_comment()
        guideline()
        spreadsheet_panel()
    with right:
        panel(quality)


def guideline() -> None:
    """What counts as pushback, in five lines."""
    with st.expander("What counts as pushback?", icon=":material/help:"):
        st.markdown(
            "- **Yes**: it objects to the network or to having to use it, mocks or rejects it, wants "
            "the old way instead, or tells of an obstacle that keeps people from using it. Politeness, "
            "irony and question form make no difference.\n"
            "- **No**: everything else, also complaints about something that is not the network, "
            "wishes, and plain questions on how to do something.\n"
            "- **No, it supports it**: it welcomes or defends the network, tells of a benefit, helps a "
            "colleague get going, or answers an objection.\n"
            "- Mixed: take the side of its conclusion or request; if still even, **yes**.\n"
            "- The reason is the one the writer leans on most; where none stands out, the first."
        )


def panel(quality: ReviewQuality) -> None:
    """How well the detector does; counted when the page is opened and on demand."""
    quality_panel(quality, service())
    st.button("Count again", icon=":material/refresh:", type="tertiary", key="review_count")


@st.fragment
def one_comment() -> None:
    """The next comment of the queue with its buttons; an answer redraws only this."""
    run_page(_draw_comment)


def _draw_comment() -> None:
    problem = st.session_state.pop(PROBLEM, None)
    if problem:
        st.error(problem, icon=":material/error:")
    waiting = _waiting()
    _progress()
    if not waiting:
        _nothing_waits()
        _undo_button()
        return
    item = waiting[0]
    with st.container(border=True):
        _comment(item)
    _buttons(item)


def _waiting() -> list[ReviewItem]:
    """What this session has still to review; taken from the service a batch at a time."""
    if not st.session_state.get(QUEUE):
        st.session_state[QUEUE] = service().review_queue(BATCH)
    waiting: list[ReviewItem] = st.session_state[QUEUE]
    return waiting


def _progress() -> None:
    today = st.session_state[TODAY]
    words = f"{today} of {A_DAY} today"
    if today >= A_DAY:
        words = f"{plural(today, 'comment')} today: enough for a day, and the queue goes on."
    st.progress(min(1.0, today / A_DAY), text=words)


def _comment(item: ReviewItem) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        colour = "orange" if item.reason == "uncertain" else "gray"
        st.badge(REASONS[item.reason].capitalize(), color=colour)  # type: ignore[arg-type]
        if item.community:
            st.caption(f"in {item.community}")
    if item.parent:
        st.html(_quoted(item.parent))
    st.html(_large(item))
    st.caption(f":material/psychology: **The detector:** {item.opinion}")


def _quoted(parent: str) -> str:
    """The text that is answered, smaller and set off by a bar."""
    shown = parent if len(parent) <= LONG_PARENT else parent[:LONG_PARENT].rpartition(" ")[0] + " …"
    return (
        '<div style="border-left:3px solid #8FA3A6;padding:2px 0 2px 12px;opacity:.8;'
        'font-size:.93rem;line-height:1.45;white-space:pre-wrap">'
        f"In answer to: {Markup.escape(shown)}</div>"
    )


def _large(item: ReviewItem) -> str:
    words = str(marked(item)).replace("<mark>", f'<mark style="{parts.MARK_STYLE}">')
    return (
        '<p style="margin:.2rem 0 .4rem;font-size:1.3rem;line-height:1.5;white-space:pre-wrap;'
        f'overflow-wrap:anywhere">{words}</p>'
    )


def _buttons(item: ReviewItem) -> None:
    titles = barrier_titles()
    codes = list(titles)
    st.markdown("**Does it push back against the network?**")
    reason = st.selectbox(
        "Reason, if it does",
        codes,
        index=codes.index(item.barrier) if item.barrier in codes else None,
        format_func=lambda code: titles.get(code, code),
        placeholder="Choose why",
        key=f"reason-{item.key}",
    )
    with st.container(horizontal=True):
        for label, key, verdict, ready in (
            ("Yes, for this reason", "Y", "pushback", reason is not None),
            ("No", "N", "neutral", True),
            ("No, it supports it", "S", "support", True),
            ("Not sure", "U", "unsure", True),
        ):
            st.button(
                label,
                shortcut=key,
                type="primary" if verdict == "pushback" else "secondary",
                disabled=not ready,
                help=None if ready else "Choose the reason first",
                on_click=_answer,
                args=(item, verdict, reason if verdict == "pushback" else None),
                key=f"answer-{verdict}",
            )
        _undo_button()


def _undo_button() -> None:
    if st.session_state.get(DONE):
        st.button(
            "Undo last",
            icon=":material/undo:",
            shortcut="Z",
            type="tertiary",
            on_click=_undo,
            key="answer-undo",
        )


def _answer(item: ReviewItem, verdict: str, barrier: str | None) -> None:
    try:
        service().review(item.key, verdict, barrier)
    except AdoptionError as problem:
        st.session_state[PROBLEM] = str(problem)
        return
    waiting = st.session_state.get(QUEUE, [])
    st.session_state[QUEUE] = [one for one in waiting if one.key != item.key]
    st.session_state.setdefault(DONE, []).append(item)
    st.session_state[TODAY] += 1


def _undo() -> None:
    item: ReviewItem = st.session_state[DONE][-1]
    try:
        service().undo_review(item.key)
    except AdoptionError as problem:
        st.session_state[PROBLEM] = str(problem)
        return
    st.session_state[DONE].pop()
    st.session_state[QUEUE] = [item, *st.session_state.get(QUEUE, [])]
    st.session_state[TODAY] -= 1


def _nothing_waits() -> None:
    with st.container(border=True):
        status = service().status()
        if status.unflagged and not st.session_state.get(DONE):
            st.subheader("Nothing has been judged yet", anchor=False)
            st.markdown(
                f"{plural(status.unflagged, 'message')} wait for the detector. Run `adoption flag`, "
                "or flag them on the **Connectors** page."
            )
            return
        st.subheader("Nothing waits for review", anchor=False)
        st.markdown(
            "All comments drawn at random and all uncertain ones have been reviewed. More come with "
            "the next messages."
        )
        st.caption(
            f"A network is reviewed from {service().floors.pushback_people} active people on."
        )


run_page(draw)
