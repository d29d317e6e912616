"""The panel that says how well the detector does by the word of its reviewers."""

from __future__ import annotations

import streamlit as st

from adoption.privacy import Released
from adoption.reports import charts
from adoption.review_quality import FEWEST, ReviewQuality, Share
from adoption.service import Service
from adoption.ui import parts
from adoption.wording import amount, interval, period_words, plural, short_figure

WEEKS = 26


def quality_panel(quality: ReviewQuality, service: Service) -> None:
    """Precision and recall as reviewed, then the pushback rate raw and corrected."""
    if quality.notice:
        st.warning(quality.notice, icon=":material/trending_down:")
    with st.container(border=True):
        st.subheader("Is the detector right?", anchor=False)
        _share(
            "Flags that were right",
            quality.precision,
            quality.flags_checked,
            "flags checked at random",
            "Of the flags that were checked at random, how many are pushback (precision).",
        )
        _by_month(quality)
        _share(
            "Pushback that was found",
            quality.recall,
            quality.pushback_found,
            "random checks that push back",
            "Of the comments that push back by the word of a random check, how many were flagged "
            "(recall).",
        )
        unsure = f", {quality.unsure} of them unsure" if quality.unsure else ""
        st.caption(
            f"{plural(quality.reviewed, 'comment')} reviewed{unsure}. The figures above count only "
            f"what chance drew, {plural(quality.checks, 'comment')} from all and "
            f"{plural(quality.flags_checked, 'flag')}; uncertain comments say nothing about others."
        )
    _rates(service)


def _share(title: str, share: Share | None, checked: int, what: str, help_: str) -> None:
    if share is None:
        st.markdown(f"**{title}**: not known yet", help=help_)
        st.caption(f"This needs {FEWEST} {what}; there are {checked}.")
        return
    st.metric(title, amount(share.value, "share"), help=help_)
    st.caption(
        f"{share.hits} of {share.tries} {what}, 95 % interval {amount(share.low, 'share')} to "
        f"{amount(share.high, 'share')}"
    )


def _by_month(quality: ReviewQuality) -> None:
    if len(quality.months) < 2:
        return
    found = [
        charts.Point(
            at=month.isoformat(),
            value=share.value,
            shown=amount(share.value, "share"),
            low=share.low,
            high=share.high,
            note=f"{share.hits} of {share.tries}",
        )
        for month, share in quality.months
    ]
    parts.chart(
        charts.trend(found, title="Flags that were right", percent=True, height=150, months=True),
        alt="The share of flags that were right, by month of the comment, with its 95 % interval",
        key="review-months",
    )


def _rates(service: Service) -> None:
    period = service.latest_period(WEEKS)
    corrected, raw, unjudged = (
        service.metric(name, period)
        for name in ("pushback-corrected", "pushback-rate", "unscored-share")
    )
    with st.container(border=True):
        st.subheader("Pushback per 1,000 messages", anchor=False)
        with st.container(horizontal=True, gap="large"):
            if corrected.total.shown:
                _rate("Corrected", corrected)
            _rate("Raw, as flagged", raw)
        sentences = [
            f"Corrected: {bounds}."
            if (bounds := interval(corrected.total, corrected.unit))
            else "",
            corrected.total.note,
            f"Not judged: {short_figure(unjudged.total, unjudged.unit)} of all messages.",
        ]
        st.caption(" ".join(sentence for sentence in sentences if sentence))
        st.caption(period_words(period))
    parts.how_counted((corrected, raw, unjudged))


def _rate(title: str, released: Released) -> None:
    st.metric(title, short_figure(released.total, released.unit), width="content")
